// SPDX-License-Identifier: Apache-2.0
import Files
package import Foundation

/// Arrays of NumPy's `.npz` archives, which nnU-Net keeps probabilities in.
package enum NumPyArchive {
  /// A real array, its last axis fastest.
  package struct Array: Sendable {
    /// The lengths of the axes.
    package let shape: [Int]
    /// The values.
    package let values: [Float]
  }

  /// Reads one array of real numbers; float16 and float64 become float32.
  ///
  /// Nothing is unpickled: an array of objects is refused, and so is a part that would unpack to
  /// more than its shape says.
  package static func read(_ name: String, from url: URL) throws -> Array {
    func wrong(_ detail: String) -> TorchError {
      TorchError(.file, subject: url.path, detail: detail)
    }
    guard Folder.isFile(url) else { throw wrong("no such file") }
    guard let zip = ZipReader(url) else { throw wrong("is no .npz archive, or is cut off") }
    guard let bytes = try zip.unpacked("\(name).npy") else {
      throw wrong("holds no array \"\(name)\"")
    }
    guard bytes.count >= 12, bytes.starts(with: [0x93] + "NUMPY".utf8), bytes[6] <= 3 else {
      throw wrong("its array \"\(name)\" is not in NumPy's format")
    }
    // Format 1.0 counts the header in two bytes, later ones in four.
    let width = bytes[6] == 1 ? 2 : 4
    let length = bytes[8..<8 + width].reversed().reduce(0) { $0 << 8 | Int($1) }
    let start = 8 + width + length
    guard start <= bytes.count else { throw wrong("its array \"\(name)\" is cut off") }
    let header = String(decoding: bytes[(8 + width)..<start], as: UTF8.self)
    guard let kind = header.firstMatch(of: /'descr': *'([<|=]f[248])'/)?.1,
      header.firstMatch(of: /'fortran_order': *False/) != nil,
      let axes = header.firstMatch(of: /'shape': *\(([0-9, ]*)\)/)?.1
    else {
      throw wrong("its array \"\(name)\" holds no real numbers in C order: \(header.shown())")
    }
    let shape = axes.split(separator: ",").compactMap {
      Int($0.trimmingCharacters(in: .whitespaces))
    }
    let size = Int(kind.suffix(1)) ?? 4
    var count = 1
    for length in shape {
      let (product, overflows) = count.multipliedReportingOverflow(by: length)
      guard !overflows, product <= bytes.count else {
        throw wrong("its array \"\(name)\" of the shape \(shape) is cut off")
      }
      count = product
    }
    guard bytes.count == start + count * size else {
      throw wrong("its array \"\(name)\" has not the bytes that its shape \(shape) needs")
    }
    return Array(
      shape: shape,
      values: bytes.withUnsafeBytes { all in
        let raw = UnsafeRawBufferPointer(rebasing: all[start...])
        return (0..<count).map { i in
          switch size {
          case 2:
            Float(Float16(bitPattern: raw.loadUnaligned(fromByteOffset: 2 * i, as: UInt16.self)))
          case 8: Float(raw.loadUnaligned(fromByteOffset: 8 * i, as: Double.self))
          default: raw.loadUnaligned(fromByteOffset: 4 * i, as: Float.self)
          }
        }
      })
  }
}
