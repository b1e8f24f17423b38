// SPDX-License-Identifier: Apache-2.0
import Files
import Foundation
import Learning
import NNUNet
import Pickle
import TestSupport
import Testing
import Torch

@Suite struct `A checkpoint for nnU-Net` {
  /// A log of epochs without a pseudo-Dice.
  private func log(_ rates: [Double]) throws -> [EpochRecord] {
    try rates.enumerated().map { epoch, rate in
      let text =
        #"{"epoch": \#(epoch), "lr": \#(rate), "train_loss": 1, "val_loss": 1, "seconds": 1, "#
        + #""dice_per_class": [null]}"#
      return try JSONDecoder().decode(EpochRecord.self, from: Data(text.utf8))
    }
  }

  @Test(arguments: OptimizerChoice.allCases)
  func `keeps its optimizer state through export and import`(choice: OptimizerChoice) throws {
    let folder = try TemporaryFolder()
    let modelFolder = try Toy.modelFolder(in: folder.url)
    let cases = try Toy.cases(2, in: folder.file("cases"))
    var options = Toy.options(epochs: 1, iterations: 2)
    options.optimizer = choice
    options.initialRate = choice.usualRate
    let trainer = try Trainer(
      network: Toy.network(), configuration: Toy.configuration(),
      labels: Toy.dataset().labels, training: PatchCases(cases), validation: PatchCases(cases),
      state: TrainingState(options: options), device: .cpu)
    try trainer.run(clock: { 0 }, onStep: { _, _, _ in }, onEpoch: { _, _, _ in })
    let before = Checkpoint(of: trainer)
    try before.write(to: modelFolder.appendingPathComponent("fold_0/checkpoint_final.safetensors"))
    let file = modelFolder.appendingPathComponent("fold_1/checkpoint_final.pth")
    try NNUNetExport(Model(folder: modelFolder)).write(fold: "0", to: file)
    let after = Checkpoint(
      of: try Model(folder: modelFolder).trained("1", on: .cpu, withOptimizerState: true))
    #expect(after.state.options.optimizer == choice)
    #expect(Set(after.optimizerState.keys) == Set(before.optimizerState.keys))
    for (kind, tensors) in try nonEmpty(before.optimizerState) {
      let kept = try #require(after.optimizerState[kind])
      // The coarsest head never has a gradient.
      #expect(
        Set(kept.keys) == Set(tensors.keys) && kept.count == trainer.network.parameters.count - 2)
      for (name, tensor) in tensors {
        #expect(try kept[name]?.floats() == tensor.floats(), "\(kind) \(name)")
      }
    }
  }

  @Test(arguments: OptimizerChoice.allCases)
  func `lets nnU-Net's SGD go on, also after epochs without a pseudo-Dice`(choice: OptimizerChoice)
    throws
  {
    let folder = try TemporaryFolder()
    let modelFolder = try Toy.modelFolder(in: folder.url)
    let network = try Toy.network()
    var options = Toy.options(epochs: 50, iterations: 2)
    options.optimizer = choice
    options.initialRate = choice.usualRate
    var state = TrainingState(options: options)
    state.epoch = 2
    state.scaler = GradientScaler(scale: 1024, goodSteps: 7)
    state.log = try log((0..<2).map { options.rate(progress: Double($0) / 50) })
    let cases = try PatchCases(Toy.cases(2, in: folder.file("cases")))
    let trainer = try Trainer(
      network: network, configuration: Toy.configuration(), labels: Toy.dataset().labels,
      training: cases, validation: cases, state: state, device: .cpu)
    try Checkpoint(of: trainer).write(
      to: modelFolder.appendingPathComponent("fold_0/checkpoint_final.safetensors"))
    let file = modelFolder.appendingPathComponent("fold_1/checkpoint_final.pth")
    try NNUNetExport(Model(folder: modelFolder)).write(fold: "0", to: file)
    let tree = try PyTorchFile(contentsOf: file).tree
    let group = tree.elements(
      tree.member("param_groups", of: tree.member("optimizer_state", of: tree.root)))?.first
    #expect(tree.number(tree.member("momentum", of: group)) == 0.99)
    #expect(tree.member("nesterov", of: group) == .bool(true))
    // From NaN the moving average would not come back.
    let log = tree.member("logging", of: tree.root)
    let averages = try #require(tree.elements(tree.member("ema_fg_dice", of: log)))
    #expect(averages.map { tree.number($0) } == [0, 0])
    // The schedule is told by its rates alone.
    let back = try StoredFold(contentsOf: file).state
    #expect(back.options.epochs == 50 && back.options.initialRate == options.initialRate)
    #expect(back.log.map(\.smoothedDice) == [nil, nil] && back.bestDice == nil)
    #expect(back.scaler == state.scaler)
  }

  @Test func `tells its epochs by its rates, its trainer's name, or as nnU-Net's usual ones`()
    throws
  {
    func epochs(_ rates: [Double], _ trainer: String) throws -> Int {
      NNUNetSchedule.epochs(try log(rates), initialRate: 0.01, trainer: trainer)
    }
    for number in [2, 3, 250, 1000, 8000] {
      let schedule = PolynomialSchedule(initialRate: 0.01, epochs: number)
      let rates = (0..<min(number, 7)).map { schedule.rate(epoch: $0) }
      #expect(try epochs(rates, "nnUNetTrainer") == number)
    }
    #expect(try epochs([0.01], "nnUNetTrainer_250epochs_NoMirroring") == 250)
    #expect(try epochs([0.01], "nnUNetTrainer_1epoch") == 1)
    #expect(try epochs([0.01, 0.009, 0.004], "nnUNetTrainerCosAnneal") == 1000)
    #expect(try epochs([], "nnUNetTrainer") == 1000)
  }
}
