// SPDX-License-Identifier: Apache-2.0
import Files
import Foundation
import TestSupport
import Testing
import Torch

/// The bytes of a file with a header and zeros for data.
func safetensors(_ header: String, data: Int, length: UInt64? = nil) -> Data {
  var file = Data()
  withUnsafeBytes(of: (length ?? UInt64(header.utf8.count)).littleEndian) {
    file.append(contentsOf: $0)
  }
  file.append(contentsOf: header.utf8)
  file.append(Data(count: data))
  return file
}

@Suite struct `A safetensors file` {
  @Test func `gives back tensors of every kind and the texts`() throws {
    let folder = try TemporaryFolder()
    var tensors: [String: Tensor] = ["empty": try .zeros([0, 4]), "scalar": try Tensor(1.5)]
    for kind in DType.allCases {
      tensors["x/\(kind.rawValue) ü\""] = try Tensor([0, 1, 1, 0] as [Float], shape: [1, 4])
        .to(kind)
    }
    // A view with gaps in memory.
    tensors["view"] = try counting([2, 3]).narrowed(1, from: 1, length: 2)
    // Strides that do not fall from the first axis to the last.
    tensors["channels last"] = try counting([1, 2, 3, 2]).contiguous(.channelsLast)
    let file = Safetensors(tensors: tensors, metadata: ["format": "pt", "note": "a \"b\"\n"])
    try file.write(to: folder.file("a/b.safetensors"))
    let read = try Safetensors(contentsOf: folder.file("a/b.safetensors"))
    #expect(read.metadata == file.metadata)
    #expect(read.tensors.keys.sorted() == tensors.keys.sorted())
    for (name, tensor) in tensors {
      let other = try #require(read.tensors[name])
      #expect(other.shape == tensor.shape)
      #expect(try other.dtype == tensor.dtype)
      #expect(try other.floats() == tensor.floats())
    }
    // The data begin at a multiple of 8, so that a reader may map the file.
    #expect(try Data(contentsOf: folder.file("a/b.safetensors"))[0] % 8 == 0)
  }

  @Test func `without tensors is a file too`() throws {
    let folder = try TemporaryFolder()
    try Safetensors().write(to: folder.file("x"))
    #expect(try Safetensors(contentsOf: folder.file("x")).tensors.isEmpty)
  }

  @Test func `of the reference package is read`() throws {
    // The bytes of safetensors 0.8.0 for {"b": two ones of int64, "a": 0.5 of float32}, {"k": "v"}.
    let folder = try TemporaryFolder()
    let header =
      #"{"__metadata__":{"k":"v"},"b":{"dtype":"I64","shape":[2],"data_offsets":[0,16]},"#
      + #""a":{"dtype":"F32","shape":[1],"data_offsets":[16,20]}} "#
    var file = safetensors(header, data: 0)
    file.append(contentsOf: [1, 0, 0, 0, 0, 0, 0, 0, 1, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0x3F])
    try StagedFile.write(file, to: folder.file("x"))
    let read = try Safetensors(contentsOf: folder.file("x"))
    #expect(try read.tensors["b"]?.values(as: Int.self) == [1, 1])
    #expect(try read.tensors["a"]?.floats() == [0.5])
    #expect(read.metadata == ["k": "v"])
  }

  /// A file with one tensor that says this about itself.
  static func one(_ dtype: String, _ shape: String, _ offsets: String, data: Int) -> Data {
    safetensors(
      #"{"a":{"dtype":"\#(dtype)","shape":\#(shape),"data_offsets":\#(offsets)}}"#, data: data)
  }

  /// A file with two tensors of one float each at these places.
  static func two(_ first: String, _ second: String, data: Int) -> Data {
    safetensors(
      #"{"a":{"dtype":"F32","shape":[1],"data_offsets":\#(first)},"#
        + #""b":{"dtype":"F32","shape":[1],"data_offsets":\#(second)}}"#, data: data)
  }

  static let bad: [(Data, String)] = [
    (Data(), "it has only 0 bytes"),
    (Data(count: 7), "it has only 7 bytes"),
    (Data(count: 8), "not a JSON object"),
    (safetensors("{}", data: 0, length: 3), "cut off"),
    (safetensors("{}", data: 0, length: .max), "18446744073709551615 bytes"),
    (safetensors("{}", data: 0, length: 100_000_001), "100000001"),
    (safetensors("[]", data: 0), "not a JSON object"),
    (safetensors("{", data: 0), "not valid JSON"),
    (safetensors(" {}", data: 0), "not a JSON object"),
    (safetensors("{}", data: 1), "1 byte at its end belongs to no tensor"),
    (safetensors(#"{"a":{"dtype":"F32","shape":[1]}}"#, data: 4), "lacks \"data_offsets\""),
    (safetensors(#"{"a":7}"#, data: 4), "wrong kind"),
    (safetensors(#"{"__metadata__":{"a":1}}"#, data: 0), "wrong kind"),
    (one("F8", "[4]", "[0,4]", data: 4), "of the kind F8"),
    (one("F32", "[1]", "[0]", data: 4), "offsets [0]"),
    (one("F32", "[1]", "[4,0]", data: 4), "offsets [4, 0]"),
    (one("F32", "[1]", "[-4,0]", data: 4), "offsets [-4, 0]"),
    (one("F32", "[-1]", "[0,4]", data: 4), "has the shape -1"),
    (one("F32", "[4611686018427387904,4]", "[0,0]", data: 0), "has the shape"),
    (one("F32", "[1e99]", "[0,4]", data: 4), "its header"),
    (one("F64", "[1]", "[0,4]", data: 4), "takes 8 bytes, its offsets give 4"),
    (one("F32", "[2]", "[0,8]", data: 7), "cut off"),
    (one("U8", "[9223372036854775807]", "[0,9223372036854775807]", data: 4), "cut off"),
    (two("[0,4]", "[0,4]", data: 4), "begins at byte 0, though the one before ends at 4"),
    (two("[0,4]", "[2,6]", data: 6), "begins at byte 2, though the one before ends at 4"),
    (two("[0,4]", "[8,12]", data: 12), "begins at byte 8, though the one before ends at 4"),
  ]

  @Test(arguments: bad)
  func `that breaks the format is refused with the reason`(bytes: Data, reason: String) throws {
    let folder = try TemporaryFolder()
    let url = folder.file("bad.safetensors")
    try StagedFile.write(bytes, to: url)
    let error = try #require(throws: TorchError.self) { try Safetensors(contentsOf: url) }
    #expect(error.code == .file && error.subject == url.path)
    #expect(error.detail.contains(reason), "\(error.detail)")
  }

  @Test func `cut off anywhere is refused`() throws {
    let folder = try TemporaryFolder()
    let url = folder.file("x")
    try Safetensors(tensors: ["a": counting([3]), "b": counting([2, 2])]).write(to: url)
    let whole = try Data(contentsOf: url)
    for count in 0..<whole.count {
      try StagedFile.write(whole.prefix(count), to: url)
      #expect(throws: TorchError.self) { try Safetensors(contentsOf: url) }
    }
  }

  @Test func `with bytes of its header changed is read or refused, never a crash`() throws {
    let folder = try TemporaryFolder()
    let url = folder.file("x")
    try Safetensors(tensors: ["a": counting([3])]).write(to: url)
    let whole = try Data(contentsOf: url)
    var generator = SplitMix64(seed: 1)
    var refused = 0
    for _ in 0..<500 {
      var bytes = whole
      for _ in 0..<Int.random(in: 1...3, using: &generator) {
        let index = Int.random(in: 0..<bytes.count - 12, using: &generator)
        bytes[index] = .random(in: 0...255, using: &generator)
      }
      try StagedFile.write(bytes, to: url)
      do {
        let read = try Safetensors(contentsOf: url)
        #expect(read.tensors.values.allSatisfy { $0.count <= 12 })
      } catch let error as TorchError {
        #expect(error.code == .file)
        refused += 1
      }
    }
    #expect(refused > 400)
  }

  @Test func `that is not there is named, and a failed write leaves nothing`() throws {
    let folder = try TemporaryFolder()
    let error = try #require(throws: TorchError.self) {
      try Safetensors(contentsOf: folder.file("none"))
    }
    #expect(error.detail == "no such file")
    #expect(throws: TorchError.self) {
      try Safetensors(tensors: ["__metadata__": .zeros([1])]).write(to: folder.file("x"))
    }
    #expect(folder.allNames == [])
  }
}
