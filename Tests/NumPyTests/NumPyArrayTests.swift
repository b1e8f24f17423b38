// SPDX-License-Identifier: Apache-2.0
import Files
import Foundation
import NumPy
import TestSupport
import Testing
import Zip

@Suite struct `An array of NumPy` {
  /// Writes an archive of one array whose header and bytes are given.
  private func write(_ header: String, _ bytes: [UInt8], to url: URL) throws {
    var zip = ZipWriter(compresses: true)
    let head = [0x93] + Array("NUMPY".utf8) + [1, 0, UInt8(header.utf8.count), 0]
    try zip.add("x.npy", head + Array(header.utf8) + bytes)
    try zip.write(to: url)
  }

  @Test(arguments: [[2, 3], [6], [1, 1, 6]])
  func `is read back as it was written`(shape: [Int]) throws {
    let folder = try TemporaryFolder()
    let numbers: [Float] = [0, 0.5, -1, .infinity, 1e-30, 7]
    try NumPyArray.write(named: "x", shape: shape, to: folder.file("a.npz")) { memory in
      numbers.withUnsafeBytes { memory.copyMemory(from: $0) }
    }
    let array = try NumPyArray(named: "x", in: folder.file("a.npz"), most: 6)
    #expect(array.shape == shape)
    #expect(array.values == numbers)
  }

  /// The header as numpy 2.3's `numpy.savez` writes it for `zeros((2, 3), float32)`.
  @Test func `has numpy's header`() throws {
    let folder = try TemporaryFolder()
    try NumPyArray.write(named: "x", shape: [2, 3], to: folder.file("a.npz")) { _ in }
    let zip = try ZipReader(folder.file("a.npz"))
    let bytes = try zip.bytes(#require(try zip.part(named: "x.npy"))).data
    let text = "{'descr': '<f4', 'fortran_order': False, 'shape': (2, 3), }"
    #expect(bytes.count == 128 + 24)
    #expect(bytes.prefix(10).elementsEqual([0x93] + Array("NUMPY".utf8) + [1, 0, 118, 0]))
    #expect(
      String(decoding: bytes[10..<128], as: UTF8.self)
        == text + String(repeating: " ", count: 117 - text.count) + "\n")
  }

  @Test(
    arguments: [
      ("{'descr': '<f2', 'fortran_order': False, 'shape': (2,), }", [0, 0x3C, 0, 0xC0], [1, -2]),
      (
        "{'descr': '<f8', 'fortran_order': True, 'shape': (1,), }", [0, 0, 0, 0, 0, 0, 0xF8, 0x3F],
        [1.5]
      ),
    ] as [(String, [UInt8], [Float])])
  func `may hold half or double precision`(header: String, bytes: [UInt8], values: [Float]) throws {
    let folder = try TemporaryFolder()
    try write(header, bytes, to: folder.file("a.npz"))
    #expect(try NumPyArray(named: "x", in: folder.file("a.npz"), most: 10).values == values)
  }

  @Test(arguments: [
    ("{'descr': '<i4', 'fortran_order': False, 'shape': (1,), }", "holds \"<i4\""),
    ("{'descr': '<f4', 'fortran_order': True, 'shape': (1, 1), }", "Fortran"),
    ("{'descr': '<f4', 'fortran_order': False, 'shape': (11,), }", "more than 10 elements"),
    ("{'descr': '<f4', 'fortran_order': False, 'shape': (2,), }", "damaged"),
    ("nothing", "cannot be read"),
  ])
  func `of another kind is refused in a sentence`(header: String, sentence: String) throws {
    let folder = try TemporaryFolder()
    try write(header, [0, 0, 0, 0], to: folder.file("a.npz"))
    let error = try #require(throws: FileError.self) {
      try NumPyArray(named: "x", in: folder.file("a.npz"), most: 10)
    }
    #expect(error.description.contains(sentence))
    #expect(throws: FileError.self) {
      try NumPyArray(named: "y", in: folder.file("a.npz"), most: 10)
    }
  }
}
