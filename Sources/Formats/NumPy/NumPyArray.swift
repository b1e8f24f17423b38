// SPDX-License-Identifier: Apache-2.0
import Files
package import Foundation
import Text
import Zip

/// An array of a file of `numpy.savez` (`.npz`), as single precision.
///
/// ```swift
/// let array = try NumPyArray(named: "probabilities", in: url, most: 1 << 28)
/// // array.shape is [classes, slices, rows, columns]
/// ```
package struct NumPyArray: Sendable {
  /// The number of elements along each axis.
  package let shape: [Int]
  /// The elements, the last axis fastest.
  package let values: [Float]

  /// Reads an array of floating-point numbers by its name, such as "probabilities".
  ///
  /// The format is NumPy's NPY 1.0 to 3.0 in a zip archive, of half, single or double precision.
  ///
  /// - Parameters:
  ///   - name: the name of the array in the archive.
  ///   - url: the `.npz` file.
  ///   - most: The most elements that are read, for a small file can unpack to a large array.
  /// - Throws: `FileError` where there is no file, or none that holds such an array.
  package init(named name: String, in url: URL, most: Int) throws {
    func wrong(_ detail: String) -> FileError {
      FileError(.invalid, path: url.path, detail: detail)
    }
    guard Folder.isFile(url) else {
      throw FileError(.missing, path: url.path, detail: "no such file")
    }
    guard let archive = try? ZipReader(url) else {
      throw wrong("is no file of numpy.savez, or is cut off; make it again")
    }
    guard let part = try? archive.part(named: "\(name).npy"),
      let stream = try? archive.open(part)
    else { throw wrong("holds no array called \"\(name)\"") }
    func read(_ count: Int, atEnd: Bool = false) throws -> [UInt8] {
      // Only as much memory as the part has bytes is taken.
      guard count <= part.size else { throw wrong("its array is damaged; make it again") }
      var bytes = [UInt8](repeating: 0, count: count)
      do {
        try bytes.withUnsafeMutableBytes {
          atEnd ? try stream.finish(into: $0) : try stream.read(into: $0)
        }
      } catch {
        throw wrong("its array is damaged; make it again")
      }
      return bytes
    }
    let start = try read(8)
    guard start.starts(with: NumPyHeader.magic), (1...3).contains(start[6]) else {
      throw wrong("its array is none of numpy's")
    }
    let size = try read(start[6] == 1 ? 2 : 4).reversed().reduce(0) { $0 << 8 | Int($1) }
    guard size <= NumPyHeader.longestText else {
      throw wrong("its array has a header of \(counted(size, "byte"))")
    }
    guard let header = NumPyHeader(text: String(decoding: try read(size), as: UTF8.self)) else {
      throw wrong("its array has a header that cannot be read")
    }
    var count = 1
    for extent in header.shape {
      let (product, overflows) = count.multipliedReportingOverflow(by: extent)
      guard !overflows, product <= most else {
        throw wrong(
          "its array of the shape \(crossed(header.shape)) has more than \(most) elements")
      }
      count = product
    }
    guard !header.isFortranOrder || header.shape.count < 2 else {
      throw wrong("its array lies in Fortran's order; save a contiguous one")
    }
    shape = header.shape
    switch header.kind {
    case "<f4":
      guard 4 * count <= part.size else { throw wrong("its array is damaged; make it again") }
      values = [Float](unsafeUninitializedCapacity: count) { buffer, made in
        let isRead = (try? stream.finish(into: UnsafeMutableRawBufferPointer(buffer))) != nil
        made = isRead ? count : 0
      }
      guard values.count == count else { throw wrong("its array is damaged; make it again") }
    case "<f2":
      values = try read(2 * count, atEnd: true).withUnsafeBytes { bytes in
        bytes.bindMemory(to: Float16.self).map { Float($0) }
      }
    case "<f8":
      values = try read(8 * count, atEnd: true).withUnsafeBytes { bytes in
        bytes.bindMemory(to: Double.self).map { Float($0) }
      }
    default:
      throw wrong("its array holds \"\(header.kind)\"; floating-point numbers were expected")
    }
  }

  /// Writes an array of single precision as the only one of a compressed `.npz`, complete or not at
  /// all.
  ///
  /// - Parameters:
  ///   - name: the name of the array in the archive.
  ///   - shape: the extents, the last axis fastest.
  ///   - url: the `.npz` file.
  ///   - fill: Puts the numbers into memory of 4 bytes for each element, the last axis
  ///     fastest.
  package static func write(
    named name: String, shape: [Int], to url: URL,
    fill: (UnsafeMutableRawBufferPointer) throws -> Void
  ) throws {
    let header = NumPyHeader(kind: "<f4", shape: shape).bytes
    var zip = ZipWriter(compresses: true)
    try zip.add("\(name).npy", count: header.count + shape.reduce(4, *)) { memory in
      memory.copyBytes(from: header)
      try fill(UnsafeMutableRawBufferPointer(rebasing: memory[header.count...]))
    }
    try zip.write(to: url)
  }
}
