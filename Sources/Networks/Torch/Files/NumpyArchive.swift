// SPDX-License-Identifier: Apache-2.0
import CZip
import Files
package import Foundation

/// An array of a file of `numpy.savez` (`.npz`), as single precision.
package struct NumpyArray: Sendable {
  /// The number of elements along each axis.
  package let shape: [Int]
  /// The elements, the last axis fastest.
  package let values: [Float]

  /// Reads an array of floating-point numbers by its name, such as "probabilities".
  ///
  /// The format is numpy's NPY 1.0 to 3.0 in a zip archive. `most` bounds the number of elements,
  /// because a small file can unpack to a large array.
  package init(named name: String, in url: URL, most: Int) throws {
    func wrong(_ detail: String) -> TorchError {
      TorchError(.file, subject: url.path, detail: detail)
    }
    guard Folder.isFile(url) else { throw wrong("no such file") }
    var code: Int32 = 0
    guard let archive = zip_open(url.path, Int32(ZIP_RDONLY), &code) else {
      throw wrong("is no file of numpy.savez, or is cut off; make it again")
    }
    defer { zip_discard(archive) }
    guard let file = zip_fopen(archive, "\(name).npy", 0) else {
      throw wrong("holds no array called \"\(name)\"")
    }
    defer { zip_fclose(file) }
    func read(_ count: Int) throws -> [UInt8] {
      var bytes = [UInt8](repeating: 0, count: count)
      let got = bytes.withUnsafeMutableBytes { zip_fread(file, $0.baseAddress, UInt64($0.count)) }
      guard got == Int64(count) else { throw wrong("its array is damaged; make it again") }
      return bytes
    }
    let start = try read(8)
    guard start.starts(with: [0x93] + Array("NUMPY".utf8)), (1...3).contains(start[6]) else {
      throw wrong("its array is none of numpy's")
    }
    let size = try read(start[6] == 1 ? 2 : 4).reversed().reduce(0) { $0 << 8 | Int($1) }
    guard size <= 65_536 else { throw wrong("its array has a header of \(size) bytes") }
    let header = String(decoding: try read(size), as: UTF8.self)
    guard let kind = header.firstMatch(of: #/'descr': *'([^']*)'/#)?.1,
      let order = header.firstMatch(of: #/'fortran_order': *(True|False)/#)?.1,
      let axes = header.firstMatch(of: #/'shape': *\(([0-9, ]*)\)/#)?.1
    else { throw wrong("its array has a header that cannot be read") }
    let shape = axes.split(separator: ",").compactMap {
      Int($0.trimmingCharacters(in: .whitespaces))
    }
    var count = 1
    for extent in shape {
      let (product, overflows) = count.multipliedReportingOverflow(by: extent)
      guard !overflows, product <= most else {
        throw wrong("its array of the shape \(shape) has more than \(most) elements")
      }
      count = product
    }
    guard order == "False" || shape.count < 2 else {
      throw wrong("its array lies in Fortran's order; save a contiguous one")
    }
    self.shape = shape
    switch kind {
    case "<f4":
      let values = [Float](unsafeUninitializedCapacity: count) { buffer, made in
        let got = zip_fread(file, buffer.baseAddress, UInt64(4 * count))
        made = got == Int64(4 * count) ? count : 0
      }
      guard values.count == count else { throw wrong("its array is damaged; make it again") }
      self.values = values
    case "<f2":
      values = try read(2 * count).withUnsafeBytes { bytes in
        bytes.bindMemory(to: Float16.self).map { Float($0) }
      }
    case "<f8":
      values = try read(8 * count).withUnsafeBytes { bytes in
        bytes.bindMemory(to: Double.self).map { Float($0) }
      }
    default: throw wrong("its array holds \"\(kind)\"; floating-point numbers were expected")
    }
    // One more byte makes libzip check the sum of what it gave.
    var beyond: UInt8 = 0
    guard zip_fread(file, &beyond, 1) == 0 else {
      throw wrong("its array is damaged; make it again")
    }
  }
}
