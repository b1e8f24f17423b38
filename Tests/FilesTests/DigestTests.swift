// SPDX-License-Identifier: Apache-2.0
import Files
import Foundation
import TestSupport
import Testing

@Suite struct `The content of a file` {
  /// The examples of FIPS 180-4.
  @Test func `has the standard's digests`() {
    #expect(
      Digest.sha256("abc") == "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad")
    #expect(
      Digest.sha256(Data()) == "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855")
    let sha1 = Digest.sha1(Array("abc".utf8))?.map { String($0, radix: 16) }.joined(separator: " ")
    #expect(sha1 == "a9 99 3e 36 47 6 81 6a ba 3e 25 71 78 50 c2 6c 9c d0 d8 9d")
  }

  @Test func `is read as a whole, or the error says why not`() throws {
    let folder = try TemporaryFolder()
    try Data("abc".utf8).write(to: folder.file("a"))
    #expect(try FileBytes.read(folder.file("a")) == Data("abc".utf8))
    let missing = try #require(throws: FileError.self) { try FileBytes.read(folder.file("b")) }
    #expect(missing.code == .missing && missing.detail == "no such file")
    let directory = try #require(throws: FileError.self) { try FileBytes.read(folder.url) }
    #expect(directory.detail == "is a folder, a file was expected")
  }
}
