// SPDX-License-Identifier: Apache-2.0
import Foundation
import Stages
import TestSupport
import Testing
import Torch

@Suite struct `A file of weights` {
  private func weights() throws -> StageWeights<LocaliserDesign> {
    try StageWeights(Toy.design, Toy.localiser().parameters)
  }

  @Test(arguments: [DType.float32, .float16])
  func `is read as it was written`(dtype: DType) throws {
    let folder = try TemporaryFolder()
    let file = folder.file("a.safetensors")
    try weights().write(to: file, as: dtype)
    let read = try Localiser(contentsOf: file, on: .cpu)
    #expect(read.design == Toy.design)
    for (stored, original) in try pairs(read.parameters, Toy.localiser().parameters) {
      for (x, y) in try pairs(stored.tensor.floats(), original.tensor.floats()) {
        #expect(dtype == .float32 ? x == y : abs(x - y) <= 1e-3 * abs(y) + 1e-7)
      }
    }
  }

  @Test func `of another kind or form is refused with a sentence`() throws {
    let folder = try TemporaryFolder()
    let file = folder.file("a.safetensors")
    try weights().write(to: file)
    let written = try Safetensors(contentsOf: file)
    func fails(_ word: String, _ change: (inout Safetensors) throws -> Void) throws {
      var bad = written
      try change(&bad)
      try bad.write(to: file)
      let error = try #require(throws: StagesError.self, "\(word)") {
        try Localiser(contentsOf: file, on: .cpu)
      }
      #expect(error.code == .file && error.subject == file.path)
      #expect(error.detail.contains(word), "\(error)")
    }
    let name = try #require(written.tensors.keys.min())
    try fails("stage") { $0.metadata = [:] }
    try fails("classifier") { $0.metadata["cac.stage"] = "classifier" }
    try fails("design") { $0.metadata["cac.design"] = "{}" }
    try fails("features") {
      $0.metadata["cac.design"] = $0.metadata["cac.design"]?
        .replacingOccurrences(of: "[4,8]", with: "[4,99999999]")
    }
    try fails("shape") {
      $0.metadata["cac.design"] = $0.metadata["cac.design"]?
        .replacingOccurrences(of: "[4,8]", with: "[4,16]")
    }
    try fails("missing") { $0.tensors[name] = nil }
    try fails("shape") { $0.tensors[name] = try .zeros([5]) }
    try fails("int64") { $0.tensors[name] = try Tensor([1, 2]) }
    try fails("finite") { $0.tensors[name] = try .full([1], .nan) }
    try fails("extra") { $0.tensors["extra"] = try .zeros([1]) }
  }

  @Test func `that is cut off is refused`() throws {
    let folder = try TemporaryFolder()
    let file = folder.file("a.safetensors")
    try weights().write(to: file)
    let whole = try Data(contentsOf: file)
    for count in [0, 7, 8, 100, whole.count / 2, whole.count - 1] {
      try whole.prefix(count).write(to: file)
      #expect(throws: TorchError.self) { try Localiser(contentsOf: file, on: .cpu) }
    }
    #expect(throws: TorchError.self) {
      try Localiser(contentsOf: folder.file("none"), on: .cpu)
    }
  }
}
