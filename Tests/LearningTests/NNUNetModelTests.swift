// SPDX-License-Identifier: Apache-2.0
import Files
import Foundation
import Learning
import NIfTI
import NNUNet
import OracleSupport
import TestSupport
import Testing
import Torch
import Volume

@Suite struct `A model of nnU-Net` {
  @Test func `is there in two and three dimensions, plain and residual`() throws {
    let cases = try ModelCase.all(in: fixture("nnunet/models"))
    #expect(cases.map(\.description) == ["plain-2d", "plain-3d", "residual-2d", "residual-3d"])
  }

  @Test(
    arguments: try ModelCase.all(in: fixture("nnunet/models")), [InferenceEngine.plain, .packed])
  func `predicts the logits and labels of the original`(
    original: ModelCase, engine: InferenceEngine
  ) throws {
    #expect(try original.differences(by: engine, from: .anyProcessor) == [])
  }

  @Test(arguments: try ModelCase.all(in: fixture("nnunet/models")))
  func `is the same in a renamed folder`(original: ModelCase) throws {
    let model = try original.model
    let temporary = try TemporaryFolder()
    for name in ["copy", "nnUNetTrainer__nnUNetPlans__2d (1)"] {
      let copy = temporary.file(name)
      try FileManager.default.copyItem(at: model.folder, to: copy)
      let renamed = try Model(at: copy)
      #expect(renamed.name == model.name && renamed.configuration == model.configuration)
      #expect(try renamed.defaultFolds() == model.defaultFolds())
    }
  }

  @Test func `without its folder's name and checkpoints needs plans of one configuration`() throws {
    let temporary = try TemporaryFolder()
    let folder = try Toy.modelFolder(in: temporary.url)
    let copy = temporary.file("copy")
    try FileManager.default.copyItem(at: folder, to: copy)
    #expect(try Model(folder: copy).name == ModelName(configuration: "2d"))
    var plans = try Plans.read(from: folder.appendingPathComponent(Plans.fileName))
    plans.configurations["other"] = plans.configurations["2d"]
    try plans.write(to: copy.appendingPathComponent(Plans.fileName))
    let error = try #require(throws: LearningError.self) { try Model(folder: copy) }
    #expect(error.description.contains("its plans are for 2d, other; rename it"))
    #expect(error.description.contains("nnUNetTrainer__nnUNetPlans__2d"))
  }

  @Test(arguments: [
    (["plans.pkl"], "is a model of nnU-Net 1"),
    (["checkpoint_final.pth"], "name the file checkpoint_final.pth"),
    (["nnUNetTrainer__nnUNetPlans__2d/plans.json"], "name nnUNetTrainer__nnUNetPlans__2d in it"),
    (["other"], "is no model folder"),
  ])
  func `is asked for where a folder is none`(files: [String], message: String) throws {
    let temporary = try TemporaryFolder()
    for file in files { try StagedFile.write("", to: temporary.file("model/\(file)")) }
    let error = try #require(throws: LearningError.self) {
      try Model(folder: temporary.file("model"))
    }
    #expect(error.description.contains(message), "\(error)")
  }

  @Test(arguments: try ModelCase.all(in: fixture("nnunet/models")))
  func `takes plans and labels from its checkpoint where the folder lacks them`(
    original: ModelCase
  ) throws {
    let model = try original.model
    let temporary = try TemporaryFolder()
    let exported = temporary.file("renamed/fold_all/checkpoint_best.pth")
    try NNUNetExport(model).write(fold: "0", to: exported)
    let copy = try Model(folder: temporary.file("renamed"))
    #expect(copy.name == model.name && copy.configuration == model.configuration)
    #expect(copy.dataset == model.dataset)
    #expect(try copy.defaultFolds() == ["all"])
    #expect(try copy.text(named: Plans.fileName) != nil)
  }

  @Test(arguments: try ModelCase.all(in: fixture("nnunet/models")))
  func `tells its training and survives an export`(original: ModelCase) throws {
    let model = try original.model
    let before = try NNUNetCheckpoint(contentsOf: model.weights(ofFold: "0"))
    #expect(before.trainerName == "nnUNetTrainer")
    #expect(before.configuration == model.name.configuration)
    #expect(before.mirroringAxes == Array(0..<model.configuration.dimensions))
    #expect(before.epoch == 2 && before.bestDice == 0.325)
    #expect(before.log.map(\.meanDice) == [0.25, 1.25])
    #expect(before.log.map(\.dicePerClass) == [[0.5], [0.5]])
    #expect(before.log.map(\.seconds) == [7, 7])
    let temporary = try TemporaryFolder()
    let file = temporary.file("fold_0/checkpoint_final.pth")
    try NNUNetExport(model).write(fold: "0", to: file)
    let after = try NNUNetCheckpoint(contentsOf: file)
    #expect(after.weights.count == before.weights.count)
    for (name, tensor) in try nonEmpty(before.weights) {
      #expect(try tensor.floats() == after.weights[name]?.floats())
    }
    #expect(after.mirroringAxes == before.mirroringAxes && after.log == before.log)
    #expect(after.epoch == 2 && after.bestDice == 0.325)
    #expect(temporary.allNames == ["fold_0"])
  }
}
