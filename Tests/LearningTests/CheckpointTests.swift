// SPDX-License-Identifier: Apache-2.0
import Files
import Foundation
import Learning
import TestSupport
import Testing
import Torch

@Suite struct `A checkpoint` {
  private static let state = """
    {"elapsed":0,"epoch":1,"log":[],"options":{"batchSize":4,"epochs":4,"gradientLimit":12,\
    "foregroundShare":0.33,"diceSmoothing":0.00001,"foregroundWeight":1,"mirrors":true,\
    "initialRate":0.01,"optimizer":"sgd",\
    "iterations":3,"momentum":0.99,"saveEvery":50,"seed":1,\
    "validationIterations":3,"weightDecay":0.00003}}
    """

  /// Writes a checkpoint of a toy network after a change.
  private func write(
    to url: URL, state: String? = state,
    _ change: (inout [String: Tensor]) throws -> Void = { _ in }
  ) throws {
    var tensors = try Toy.network().state
    try change(&tensors)
    try Safetensors(
      tensors: tensors, metadata: state.map { ["cac.training_state": $0] } ?? [:]
    ).write(to: url)
  }

  @Test func `is read with its state`() throws {
    let folder = try TemporaryFolder()
    try write(to: folder.file("c.safetensors"))
    let checkpoint = try Checkpoint(contentsOf: folder.file("c.safetensors"))
    #expect(checkpoint.state.epoch == 1)
    #expect(checkpoint.state.options.batchSize == 4)
    #expect(checkpoint.optimizerState.isEmpty)
    #expect(checkpoint.weights.count == (try Toy.network().parameters.count))
  }

  @Test(arguments: [nil, "{", "{}", #"{"epoch": "one"}"#, ""] as [String?])
  func `without a readable state is no checkpoint`(state: String?) throws {
    let folder = try TemporaryFolder()
    let file = folder.file("c.safetensors")
    try write(to: file, state: state)
    let error = try #require(throws: LearningError.self) { try Checkpoint(contentsOf: file) }
    #expect(error.code == .model)
    #expect(error.description.contains(file.path))
    #expect(error.description.contains("state"))
  }

  @Test(arguments: [
    (#""epoch":1"#, #""epoch":-1"#), (#""iterations":3"#, #""iterations":0"#),
    (#""batchSize":4"#, #""batchSize":0"#), (#""epochs":4"#, #""epochs":0"#),
    (#""saveEvery":50"#, #""saveEvery":0"#),
    (#""validationIterations":3"#, #""validationIterations":-3"#),
  ])
  func `with counts that are impossible is refused`(from: String, to: String) throws {
    let folder = try TemporaryFolder()
    let file = folder.file("c.safetensors")
    try write(to: file, state: Self.state.replacingOccurrences(of: from, with: to))
    let error = try #require(throws: LearningError.self) { try Checkpoint(contentsOf: file) }
    #expect(error.description.contains(file.path))
    #expect(error.description.contains("its training state is impossible: "))
  }

  @Test(arguments: [Float.nan, .infinity])
  func `with a weight that is no number names file and weight`(value: Float) throws {
    let folder = try TemporaryFolder()
    let file = folder.file("c.safetensors")
    let name = "decoder.seg_layers.1.bias"
    try write(to: file) { $0[name] = try Tensor([0, value]) }
    let error = try #require(throws: LearningError.self) { try Checkpoint(contentsOf: file) }
    #expect(error.description.contains(file.path))
    #expect(error.description.contains(name))
  }

  @Test func `with a momentum that is no number names file and parameter`() throws {
    let folder = try TemporaryFolder()
    let file = folder.file("c.safetensors")
    let name = "decoder.seg_layers.1.bias"
    try write(to: file) { $0["momentum/\(name)"] = try Tensor([0, .nan] as [Float]) }
    let error = try #require(throws: LearningError.self) { try Checkpoint(contentsOf: file) }
    #expect(error.description.contains(file.path))
    #expect(error.description.contains(name))
  }

  @Test(arguments: [0, 4, 100, 2000])
  func `that was cut off is an error that names it`(length: Int) throws {
    let folder = try TemporaryFolder()
    let file = folder.file("c.safetensors")
    try write(to: file)
    let whole = try Data(contentsOf: file)
    try #require(length < whole.count)
    try whole.prefix(length).write(to: file)
    let error = try #require(throws: (any Error).self) { try Checkpoint(contentsOf: file) }
    #expect("\(error)".contains(file.path))
  }

  /// What the network of fold 0 says after its file was spoilt.
  private func complaint(_ change: (inout [String: Tensor]) throws -> Void) throws -> String {
    let folder = try TemporaryFolder()
    let modelFolder = try Toy.modelFolder(in: folder.url)
    let file = modelFolder.appendingPathComponent("fold_0/checkpoint_final.safetensors")
    try Folder.create(file.deletingLastPathComponent())
    try write(to: file, change)
    let model = try Model(folder: modelFolder)
    #expect(try model.trainedFolds() == ["0"])
    let error = try #require(throws: LearningError.self) {
      try model.trained("0", on: .cpu).network
    }
    #expect(error.subject == file.path)
    #expect(!error.description.contains("\n"))
    return error.description
  }

  @Test func `that does not fit the plan names file, weight and shapes`() throws {
    let name = "encoder.stages.1.0.convs.0.conv.weight"
    let missing = try complaint { $0[name] = nil }
    #expect(missing.contains(name))
    let shape = try complaint { $0[name] = try .zeros([8, 4, 5, 5]) }
    #expect(
      shape.contains(name) && shape.contains("8 × 4 × 5 × 5") && shape.contains("8 × 4 × 3 × 3"))
    let extra = try complaint { $0["encoder.more"] = try .zeros([1]) }
    #expect(extra.contains("encoder.more"))
    let kind = try complaint { $0[name] = try .zeros([8, 4, 3, 3], dtype: .int64) }
    #expect(kind.contains(name) && kind.contains("int64"))
  }
}

@Suite struct `A model folder` {
  @Test func `gives the network that was stored`() throws {
    let folder = try TemporaryFolder()
    let modelFolder = try Toy.modelFolder(in: folder.url)
    let network = try Toy.network(seed: 9)
    for (fold, seed) in [("0", 9), ("all", 10)] as [(String, UInt64)] {
      try Safetensors(
        tensors: Toy.network(seed: seed).state,
        metadata: [
          "cac.training_state":
            #"{"elapsed":0,"epoch":0,"log":[],"options":{"batchSize":4,"epochs":4,"#
            + #""gradientLimit":12,"foregroundShare":0.33,"diceSmoothing":0.00001,"#
            + #""foregroundWeight":1,"optimizer":"sgd","mirrors":true,"initialRate":0.01,"iterations":3,"momentum":0.99,"#
            + #""saveEvery":50,"seed":1,"validationIterations":3,"weightDecay":0.00003}}"#
        ]
      ).write(to: modelFolder.appendingPathComponent("fold_\(fold)/checkpoint_best.safetensors"))
    }
    try Folder.create(modelFolder.appendingPathComponent("fold_1"))
    let model = try Model(folder: modelFolder)
    #expect(try model.trainedFolds() == ["0", "all"])
    let loaded = try model.trained("0", on: .cpu).network
    for (a, b) in try pairs(network.tensors, loaded.tensors) {
      #expect(try a.floats() == b.floats())
    }
  }

  @Test func `without weights says which file it wants`() throws {
    let folder = try TemporaryFolder()
    let modelFolder = try Toy.modelFolder(in: folder.url)
    let model = try Model(folder: modelFolder)
    #expect(try model.trainedFolds() == [])
    let error = try #require(throws: LearningError.self) {
      try model.trained("0", on: .cpu).network
    }
    #expect(error.description.contains("fold_0"))
    #expect(error.description.contains("checkpoint_final.safetensors"))
  }

  @Test(arguments: ["plans.json", "dataset.json"])
  func `without a description names it`(file: String) throws {
    let folder = try TemporaryFolder()
    let modelFolder = try Toy.modelFolder(in: folder.url)
    try FileManager.default.removeItem(at: modelFolder.appendingPathComponent(file))
    let error = try #require(throws: (any Error).self) { try Model(folder: modelFolder) }
    #expect("\(error)".contains(modelFolder.path))
    #expect("\(error)".contains(file))
  }

  @Test(arguments: ["nnUNetTrainer__nnUNetPlans", "model"])
  func `of another name is known by its plans`(name: String) throws {
    let folder = try TemporaryFolder()
    let modelFolder = try Toy.modelFolder(in: folder.url)
    let model = try Model(folder: modelFolder)
    try FileManager.default.moveItem(at: modelFolder, to: folder.file(name))
    let renamed = try Model(folder: folder.file(name))
    #expect(renamed.name == model.name && renamed.plans == model.plans)
  }

  @Test func `that is not there is refused`() throws {
    let folder = try TemporaryFolder()
    let other = folder.file("missing__nnUNetPlans__2d")
    let error = try #require(throws: LearningError.self) { try Model(folder: other) }
    #expect(error.code == .model)
    #expect(error.description.contains(other.path))
  }

  @Test func `of an unknown configuration is refused`() throws {
    let folder = try TemporaryFolder()
    let modelFolder = try Toy.modelFolder(in: folder.url)
    let other = folder.file("nnUNetTrainer__nnUNetPlans__3d_fullres")
    try FileManager.default.moveItem(at: modelFolder, to: other)
    let error = try #require(throws: (any Error).self) { try Model(folder: other) }
    #expect("\(error)".contains("3d_fullres"))
  }
}
