// SPDX-License-Identifier: Apache-2.0
import Files
import Foundation
import TestSupport
import Testing
import Zip

@Suite struct `A zip archive` {
  private static let texts = ["a/one": "1", "two": String(repeating: "two ", count: 9), "none": ""]

  private func write(to url: URL, compresses: Bool) throws {
    var zip = ZipWriter(compresses: compresses)
    for (name, text) in Self.texts.sorted(by: { $0.key < $1.key }) {
      try zip.add(name, Array(text.utf8))
    }
    try zip.write(to: url)
  }

  private func text(_ name: String, in zip: ZipReader) throws -> String {
    let part = try #require(try zip.part(named: name))
    return String(decoding: try zip.bytes(part).data, as: UTF8.self)
  }

  @Test(arguments: [false, true])
  func `gives back the parts that were written`(compresses: Bool) throws {
    let folder = try TemporaryFolder()
    try write(to: folder.file("a.zip"), compresses: compresses)
    let bytes = OwnedBytes(try FileBytes.read(folder.file("a.zip")))
    for zip in [try ZipReader(folder.file("a.zip")), try ZipReader(bytes, named: "memory")] {
      #expect(zip.names == Self.texts.keys.sorted())
      #expect(try zip.parts().map(\.name) == Self.texts.keys.sorted())
      for (name, content) in Self.texts { #expect(try text(name, in: zip) == content) }
      #expect(try zip.part(named: "two")?.isStored == !compresses)
      #expect(try zip.part(named: "three") == nil)
    }
  }

  @Test func `is the same file whenever it is written`() throws {
    let folder = try TemporaryFolder()
    for name in ["a.zip", "b.zip"] { try write(to: folder.file(name), compresses: true) }
    #expect(
      try FileBytes.read(folder.file("a.zip")) == FileBytes.read(folder.file("b.zip")))
    #expect(folder.allNames == ["a.zip", "b.zip"])
  }

  @Test func `is read in pieces`() throws {
    let folder = try TemporaryFolder()
    try write(to: folder.file("a.zip"), compresses: true)
    let zip = try ZipReader(folder.file("a.zip"))
    let stream = try zip.open(#require(try zip.part(named: "two")))
    var (start, rest) = ([UInt8](repeating: 0, count: 4), [UInt8](repeating: 0, count: 32))
    try start.withUnsafeMutableBytes { try stream.read(into: $0) }
    try rest.withUnsafeMutableBytes { try stream.finish(into: $0) }
    #expect(String(decoding: start + rest, as: UTF8.self) == Self.texts["two"])
  }

  @Test func `with a byte changed is refused by the part's sum`() throws {
    let folder = try TemporaryFolder()
    try write(to: folder.file("a.zip"), compresses: false)
    var data = try FileBytes.read(folder.file("a.zip"))
    let range = try #require(data.range(of: Data("two two".utf8)))
    data[range.lowerBound] ^= 1
    let zip = try ZipReader(OwnedBytes(data), named: "a.zip")
    let error = try #require(throws: ZipError.self) { try text("two", in: zip) }
    #expect(error.code == .damaged)
    #expect(error.description == "a.zip: its part two is damaged or cut off; copy the file again")
    #expect(try text("a/one", in: zip) == "1")
  }

  @Test(arguments: [Data("PK\u{3}\u{4}".utf8), Data(count: 4096)])
  func `that is none is named as such`(data: Data) {
    let error = #expect(throws: ZipError.self) { try ZipReader(OwnedBytes(data), named: "x") }
    #expect(error?.code == .notAnArchive)
    let missing = URL(fileURLWithPath: "/no/such/file.zip")
    #expect(throws: ZipError.self) { try ZipReader(missing) }
  }

  @Test func `that would fill the memory is refused before it is unpacked`() throws {
    let folder = try TemporaryFolder()
    var zip = ZipWriter(compresses: true)
    try zip.add("zeros", [UInt8](repeating: 0, count: 1 << 20))
    try zip.write(to: folder.file("a.zip"))
    let error = try #require(throws: ZipError.self) {
      try ZipReader(folder.file("a.zip")).parts()
    }
    #expect(error.code == .refused && error.detail.contains("would unpack to 1048576 bytes"))
  }
}
