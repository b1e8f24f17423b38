// SPDX-License-Identifier: Apache-2.0
import Foundation
import Pickle
import TestSupport
import Testing
import Torch
import Zip

@Suite struct `A file of PyTorch` {
  /// A file of one tensor under "x", whose description and whose storage may be spoilt.
  private func file(
    in folder: TemporaryFolder, kind: String = "FloatStorage", count: Int = 6, offset: Int = 0,
    shape: [Int] = [2, 3], strides: [Int] = [3, 1], bytes: Int = 24, root: String = "a/data.pkl",
    compresses: Bool = false
  ) throws -> URL {
    var zip = ZipWriter(compresses: compresses)
    let tensor = PickleOutput.call(
      "torch._utils", "_rebuild_tensor_v2",
      [
        .persistent(
          .tuple([
            .string("storage"), .global("torch", kind), .string("0"), .string("cpu"), .int(count),
          ])), .int(offset), .tuple(shape.map { .int($0) }), .tuple(strides.map { .int($0) }),
        .bool(false), .ordered([]),
      ])
    try zip.add(root, Pickler.data(.object([("x", tensor)])))
    let values = (0..<bytes / 4).map { Float($0) }
    try zip.add("a/data/0", count: bytes) { memory in
      values.withUnsafeBytes { memory.copyMemory(from: $0) }
    }
    let url = folder.file("x.pth")
    try zip.write(to: url)
    return url
  }

  private func read(_ url: URL) throws -> Tensor {
    let file = try PyTorchFile(contentsOf: url)
    let value = try #require(file.tree.member("x", of: file.tree.root))
    return try file.tensor(value, named: "x")
  }

  @Test func `gives the tensors that were written, shared ones once`() throws {
    let folder = try TemporaryFolder()
    var writer = PyTorchWriter()
    let kinds = DType.allCases
    var members: [(String, PickleOutput)] = []
    for kind in kinds {
      members.append((kind.rawValue, try writer.add(Tensor([1, 0, 3, 4] as [Float]).to(kind))))
    }
    let shared = try writer.add(Tensor([7] as [Float]))
    members += [("a", shared), ("b", shared), ("none", try writer.add(.zeros([0, 3])))]
    try writer.write(.ordered(members), to: folder.file("x.pth"))
    let file = try PyTorchFile(contentsOf: folder.file("x.pth"))
    func value(_ name: String) throws -> PickleValue {
      try #require(file.tree.member(name, of: file.tree.root))
    }
    for kind in kinds {
      let tensor = try file.tensor(value(kind.rawValue), named: kind.rawValue)
      #expect(try tensor.dtype == kind)
      #expect(try tensor.floats() == (kind == .bool ? [1, 0, 1, 1] : [1, 0, 3, 4]))
    }
    #expect(try file.isSame(value("a"), value("b")))
    #expect(try !file.isSame(value("a"), value("float32")))
    #expect(try file.tensor(value("none"), named: "none").shape == [0, 3])
  }

  @Test func `may hold views in any order of the axes`() throws {
    let folder = try TemporaryFolder()
    #expect(try read(file(in: folder)).floats() == [0, 1, 2, 3, 4, 5])
    #expect(
      try read(file(in: folder, shape: [3, 2], strides: [1, 3])).floats() == [0, 3, 1, 4, 2, 5])
    #expect(try read(file(in: folder, offset: 4, shape: [2], strides: [1])).floats() == [4, 5])
    #expect(try read(file(in: folder, offset: 5, shape: [], strides: [])).floats() == [5])
  }

  @Test func `that lies about its sizes is refused`() throws {
    let folder = try TemporaryFolder()
    func complaint(_ url: URL) throws -> String {
      let error = try #require(throws: (any Error).self) { try read(url) }
      #expect("\(error)".hasPrefix(url.path) && !"\(error)".contains("\n"))
      return "\(error)"
    }
    for (offset, shape, strides) in [
      (1, [2, 3], [3, 1]), (0, [2, 4], [4, 1]), (0, [2, 3], [.max, 1]), (0, [.max, .max], [1, 1]),
      (.max, [2], [1]), (-1, [2], [1]), (0, [-2, 3], [3, 1]), (0, [2], [-1]), (0, [2, 3], [1]),
      (0, [1000], [0]),
    ] as [(Int, [Int], [Int])] {
      _ = try complaint(file(in: folder, offset: offset, shape: shape, strides: strides))
    }
    #expect(try complaint(file(in: folder, bytes: 20)).contains("20 bytes"))
    #expect(try complaint(file(in: folder, count: .max)).contains("24 bytes"))
    #expect(try complaint(file(in: folder, kind: "CharStorage")).contains("CharStorage"))
    #expect(try complaint(file(in: folder, kind: "DoubleStorage")).contains("24 bytes"))
    #expect(try complaint(file(in: folder, root: "a/other.pkl")).contains("data.pkl"))
    #expect(try complaint(file(in: folder, compresses: true)).contains("compressed"))
  }

  @Test func `cut at any length is refused`() throws {
    let folder = try TemporaryFolder()
    let url = try file(in: folder)
    let whole = try Data(contentsOf: url)
    for length in stride(from: 0, to: whole.count, by: 7) {
      try whole.prefix(length).write(to: url)
      #expect(throws: TorchError.self) { try read(url) }
    }
  }

  @Test func `with any byte of its storage changed is refused by its sum`() throws {
    let folder = try TemporaryFolder()
    let url = try file(in: folder)
    var data = try Data(contentsOf: url)
    let range = try #require(data.range(of: Data([0, 0, 0, 0x40, 0, 0, 0x40, 0x40])))
    data[range.lowerBound] ^= 1
    try data.write(to: url)
    #expect("\(try #require(throws: TorchError.self) { try read(url) })".contains("a/data/0"))
  }

  @Test(arguments: [
    ("nothing at all", "is no checkpoint"), ("\u{80}\u{2}.", "before 1.6"),
    ("", "is no checkpoint"),
    ("PK\u{3}\u{4}rest", "damaged"),
  ])
  func `of another kind is named`(content: String, sentence: String) throws {
    let folder = try TemporaryFolder()
    try Data(content.unicodeScalars.map { UInt8($0.value) }).write(to: folder.file("x.pth"))
    let error = try #require(throws: TorchError.self) {
      try PyTorchFile(contentsOf: folder.file("x.pth"))
    }
    #expect(error.description.contains(sentence))
  }

  @Test func `that would run a command is refused by the command's name`() throws {
    let folder = try TemporaryFolder()
    var zip = ZipWriter(compresses: false)
    try zip.add(
      "a/data.pkl", Array("\u{2}cposix\nsystem\n(X\u{4}\0\0\0echotR.".utf8).withPrefix(0x80))
    try zip.write(to: folder.file("x.pth"))
    let error = try #require(throws: TorchError.self) {
      try PyTorchFile(contentsOf: folder.file("x.pth"))
    }
    #expect(error.description.contains("posix.system"))
  }
}

extension [UInt8] {
  fileprivate func withPrefix(_ byte: UInt8) -> [UInt8] { [byte] + self }
}
