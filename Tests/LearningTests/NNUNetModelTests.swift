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
