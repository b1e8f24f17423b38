// SPDX-License-Identifier: Apache-2.0
import Files
import Foundation
import TestSupport
import Testing

@Suite struct `Staged files` {
  @Test func `a file is written with its folders and nothing is left beside it`() throws {
    let folder = try TemporaryFolder()
    try StagedFile.write("hello", to: folder.file("a/b/c.txt"))
    #expect(try String(contentsOf: folder.file("a/b/c.txt"), encoding: .utf8) == "hello")
    #expect(
      try FileManager.default.contentsOfDirectory(atPath: folder.file("a/b").path) == ["c.txt"])
  }

  @Test func `a body that fails leaves the earlier file and nothing else`() throws {
    struct Stop: Error {}
    let folder = try TemporaryFolder()
    try StagedFile.write("old", to: folder.file("c.txt"))
    #expect(throws: Stop.self) {
      try StagedFile.write(to: folder.file("c.txt")) { staged in
        try Data("half".utf8).write(to: staged)
        throw Stop()
      }
    }
    #expect(folder.allNames == ["c.txt"])
    #expect(try String(contentsOf: folder.file("c.txt"), encoding: .utf8) == "old")
  }

  @Test(.enabled(if: MountedFolder.isPossible, "mounting file systems needs root"))
  func `a full disk, which needs root, is named and leaves nothing behind`() throws {
    let disk = try MountedFolder(options: "size=64k")
    let file = disk.url.appendingPathComponent("c.bin")
    try StagedFile.write("old", to: file)
    let error = try #require(throws: FileError.self) {
      try StagedFile.write(Data(count: 100_000), to: file)
    }
    #expect(error.code == .full)
    #expect(error.description.contains("the disk is full"))
    #expect(try FileManager.default.contentsOfDirectory(atPath: disk.url.path) == ["c.bin"])
    #expect(try String(contentsOf: file, encoding: .utf8) == "old")
  }

  @Test(.enabled(if: MountedFolder.isPossible, "mounting file systems needs root"))
  func `a read-only file system, which needs root, is named`() throws {
    let disk = try MountedFolder(options: "ro")
    for write in [
      { try StagedFile.write("x", to: disk.url.appendingPathComponent("c")) },
      { try StagedFile.write("x", to: disk.url.appendingPathComponent("a/c")) },
      { try Folder.create(disk.url.appendingPathComponent("a/b")) },
    ] {
      let error = try #require(throws: FileError.self) { try write() }
      #expect(error.code == .denied)
      #expect(error.description.contains("read-only"))
    }
  }

  @Test func `a file where a folder should be is an error that names it`() throws {
    let folder = try TemporaryFolder()
    try StagedFile.write("x", to: folder.file("taken"))
    let error = try #require(throws: FileError.self) {
      try StagedFile.write("y", to: folder.file("taken/inside.txt"))
    }
    #expect(error.path.hasSuffix("taken"))
  }

  @Test func `a folder that fails half-way is removed`() throws {
    struct Stop: Error {}
    let folder = try TemporaryFolder()
    #expect(throws: Stop.self) {
      try Folder.write(to: folder.file("out")) { staged in
        try StagedFile.write("1", to: staged.appendingPathComponent("one"))
        throw Stop()
      }
    }
    #expect(folder.allNames == [])
  }
}

@Suite struct `JSON files` {
  struct Record: Codable, Equatable { var b: Double?; var a: Int }

  @Test func `keys are sorted`() throws {
    let text = String(decoding: try JSONFile.data(Record(b: 0.5, a: 1)), as: UTF8.self)
    #expect(text == "{\n  \"a\" : 1,\n  \"b\" : 0.5\n}\n")
  }

  @Test func `a missing key is named`() throws {
    let folder = try TemporaryFolder()
    try StagedFile.write("{\"b\": 1}", to: folder.file("r.json"))
    let error = try #require(throws: FileError.self) {
      try JSONFile.read(Record.self, from: folder.file("r.json"))
    }
    #expect(error.detail == "the key \"a\" is missing")
  }

  @Test func `Python's NaN is read`() throws {
    let folder = try TemporaryFolder()
    try StagedFile.write("{\"a\": 1, \"b\": NaN}", to: folder.file("r.json"))
    let record = try JSONFile.read(Record.self, from: folder.file("r.json"))
    #expect(record.b?.isNaN == true)
  }
}
