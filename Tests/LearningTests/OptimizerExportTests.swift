// SPDX-License-Identifier: Apache-2.0
import Files
import Foundation
import Learning
import NNUNet
import TestSupport
import Testing
import Torch

@Suite struct `A checkpoint for nnU-Net` {
  @Test(arguments: OptimizerChoice.allCases)
  func `keeps what its optimiser remembers, there and back`(choice: OptimizerChoice) throws {
    let folder = try TemporaryFolder()
    let place = try Toy.modelFolder(in: folder.url)
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
    try before.write(to: place.appendingPathComponent("fold_0/checkpoint_final.safetensors"))
    let file = place.appendingPathComponent("fold_1/checkpoint_final.pth")
    try NNUNetExport(Model(folder: place)).write(fold: "0", to: file)
    let after = Checkpoint(of: try Model(folder: place).trained("1", on: .cpu, withMomenta: true))
    #expect(after.state.options.optimizer == choice)
    #expect(Set(after.memory.keys) == Set(before.memory.keys))
    for (kind, tensors) in before.memory {
      let kept = try #require(after.memory[kind])
      // The coarsest head never has a gradient.
      #expect(
        Set(kept.keys) == Set(tensors.keys) && kept.count == trainer.network.parameters.count - 2)
      for (name, tensor) in tensors {
        #expect(try kept[name]?.floats() == tensor.floats(), "\(kind) \(name)")
      }
    }
  }
}
