// SPDX-License-Identifier: Apache-2.0
import Files
import Foundation
import Learning
import Pickle
import TestSupport
import Testing
import Torch

@Suite struct `A checkpoint of nnU-Net` {
  /// Writes a checkpoint of the toy network into a model folder, its members changed.
  private func folder(
    in temporary: TemporaryFolder,
    weights change: (inout [String: Tensor]) throws -> Void = { _ in },
    members: [(String, PickleOutput)] = [], lacking: String? = nil
  ) throws -> URL {
    let modelFolder = try Toy.modelFolder(in: temporary.url)
    var tensors = try Toy.network(seed: 5).state.mapValues { try $0.detached().clone() }
    try change(&tensors)
    var writer = PyTorchWriter()
    let weights = try tensors.sorted { $0.key < $1.key }.map { ($0.key, try writer.add($0.value)) }
    let all: [(String, PickleOutput)] =
      [
        ("network_weights", .ordered(weights)), ("trainer_name", .string("nnUNetTrainer")),
        ("inference_allowed_mirroring_axes", .tuple([.int(0), .int(1)])),
      ].filter { $0.0 != lacking } + members
    let file = modelFolder.appendingPathComponent("fold_0/checkpoint_final.pth")
    try writer.write(.object(all), to: file)
    return modelFolder
  }

  private func complaint(_ modelFolder: URL) throws -> String {
    let error = try #require(throws: (any Error).self) {
      try Model(folder: modelFolder).trained("0", on: .cpu)
    }
    #expect("\(error)".contains("fold_0/checkpoint_final.pth") && !"\(error)".contains("\n"))
    return "\(error)"
  }

  @Test func `is found in a model folder and takes any of PyTorch's names`() throws {
    let temporary = try TemporaryFolder()
    let modelFolder = try folder(
      in: temporary,
      weights: { tensors in
        for (name, tensor) in tensors {
          for alias in ParameterName.aliases(name) { tensors["module.\(alias)"] = tensor }
          tensors[name] = nil
        }
      })
    let model = try Model(folder: modelFolder)
    #expect(try model.trainedFolds() == ["0"])
    let loaded = try model.trained("0", on: .cpu)
    #expect(loaded.mirroringAxes == [0, 1])
    for (a, b) in try pairs(Toy.network(seed: 5).tensors, loaded.network.tensors) {
      #expect(try a.floats() == b.floats())
    }
  }

  static let axes: [(PickleOutput?, [Int])] = [
    (.tuple([.int(1)]), [1]), (PickleOutput.none, []), (nil, []),
    (.list([.int(1), .int(0)]), [0, 1]),
  ]

  @Test(arguments: axes)
  func `says along which axes it is mirrored`(value: PickleOutput?, axes: [Int]) throws {
    let temporary = try TemporaryFolder()
    let key = "inference_allowed_mirroring_axes"
    let modelFolder = try folder(
      in: temporary, members: value.map { [(key, $0)] } ?? [], lacking: key)
    #expect(try Model(folder: modelFolder).trained("0", on: .cpu).mirroringAxes == axes)
  }

  @Test func `that does not fit its plan is refused with a sentence`() throws {
    let name = "encoder.stages.1.0.convs.0.conv.weight"
    func complaint(_ change: (inout [String: Tensor]) throws -> Void) throws -> String {
      let temporary = try TemporaryFolder()
      return try self.complaint(folder(in: temporary, weights: change))
    }
    #expect(try complaint { $0[name] = nil }.contains(name))
    #expect(try complaint { $0[name] = try .zeros([8, 4, 5, 5]) }.contains("8 × 4 × 5 × 5"))
    #expect(try complaint { $0["encoder.stem.x"] = try .zeros([1]) }.contains("encoder.stem.x"))
    let alias = name.replacing(".conv.", with: ".all_modules.0.")
    #expect(try complaint { $0[alias] = try .zeros([8, 4, 3, 3]) }.contains("should be one"))
    for bad in [Double.nan, .infinity] {
      let text = try complaint { try $0[name]?.fillInPlace(bad) }
      #expect(text.contains(name) && text.contains("not finite"))
    }
  }

  @Test func `that lacks what a prediction needs is refused with a sentence`() throws {
    let temporary = try TemporaryFolder()
    for key in ["network_weights", "trainer_name"] {
      #expect(try complaint(folder(in: temporary, lacking: key)).contains(key))
    }
    let axes = "inference_allowed_mirroring_axes"
    for value in [PickleOutput.tuple([.int(7)]), .tuple([.int(0), .int(0)]), .string("0")] {
      #expect(
        try complaint(folder(in: temporary, members: [(axes, value)], lacking: axes)).contains(axes)
      )
    }
    let third = PickleOutput.tuple([.int(2)])
    #expect(
      try complaint(folder(in: temporary, members: [(axes, third)], lacking: axes)).contains("2"))
    let other = PickleOutput.object([("configuration", .string("3d_fullres"))])
    #expect(
      try complaint(folder(in: temporary, members: [("init_args", other)])).contains("3d_fullres"))
  }
}
