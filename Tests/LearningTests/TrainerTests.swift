// SPDX-License-Identifier: Apache-2.0
import Files
import Foundation
import Learning
import NNUNet
import TestSupport
import Testing
import Torch

/// Stops a training from outside, as an interruption would.
private struct Interruption: Error {}

@Suite(.serialized) struct `A training` {
  private func trainer(
    _ cases: [StoredCase], options: TrainingOptions, from checkpoint: Checkpoint? = nil
  ) throws -> Trainer {
    let network = try Toy.network(seed: options.seed)
    if let checkpoint { try network.load(checkpoint.weights) }
    return try Trainer(
      network: network, configuration: Toy.configuration(), training: Array(cases.dropLast()),
      validation: [try #require(cases.last)],
      state: checkpoint?.state ?? TrainingState(options: options),
      memory: checkpoint.map { $0.memory(for: network.parameters) }, device: .cpu)
  }

  /// A clock that goes on by a second each time it is read.
  private final class Clock {
    var now = 100.0
    func read() -> Double {
      now += 1
      return now
    }
  }

  @Test func `learns to find a bright disc`() throws {
    let folder = try TemporaryFolder()
    let cases = try Toy.cases(4, in: folder.url)
    let trainer = try trainer(cases, options: Toy.options(epochs: 6, iterations: 20))
    var steps = 0
    var best: [Int] = []
    try trainer.run(
      clock: Clock().read, onStep: { _, of, _ in steps += of == 20 ? 1 : 0 },
      onEpoch: { _, record, isBest in if isBest { best.append(record.epoch) } })
    let log = trainer.state.log
    #expect(steps == 120)
    #expect(log.map(\.epoch) == Array(0..<6))
    #expect(zip(log.dropFirst(), log).allSatisfy { $0.learningRate < $1.learningRate })
    #expect(log[5].trainLoss < log[0].trainLoss - 0.5)
    #expect(log[5].validationLoss < log[0].validationLoss - 0.25)
    #expect(try #require(log[5].meanDice) > 0.8)
    #expect(trainer.state.bestDice == log.compactMap(\.smoothedDice).max())
    #expect(best.first == 0)
    #expect(trainer.state.elapsed > 0)
  }

  @Test func `that is interrupted and resumed through a file ends with the same bits`() throws {
    let folder = try TemporaryFolder()
    let cases = try Toy.cases(3, in: folder.url)
    let options = Toy.options(epochs: 4, iterations: 3)
    let whole = try trainer(cases, options: options)
    try whole.run(clock: Clock().read, onStep: { _, _, _ in }, onEpoch: { _, _, _ in })

    let first = try trainer(cases, options: options)
    let file = folder.file("checkpoint_latest.safetensors")
    #expect(throws: Interruption.self) {
      try first.run(clock: Clock().read, onStep: { _, _, _ in }) { trainer, record, _ in
        guard record.epoch == 1 else { return }
        try Checkpoint(of: trainer).write(to: file)
        throw Interruption()
      }
    }
    let stored = try Checkpoint(contentsOf: file)
    #expect(stored.state == first.state)
    #expect(stored.state.epoch == 2)
    let second = try trainer(cases, options: options, from: stored)
    try second.run(clock: Clock().read, onStep: { _, _, _ in }, onEpoch: { _, _, _ in })
    #expect(second.state.log.count == 4)
    for (a, b) in zip(whole.network.parameters, second.network.parameters) {
      #expect(try a.tensor.floats() == b.tensor.floats(), "\(a.name)")
    }
    for (kind, tensors) in whole.optimizer.memory {
      for (a, b) in zip(tensors, try #require(second.optimizer.memory[kind])) {
        #expect(try a?.floats() == b?.floats())
      }
    }
    for (a, b) in zip(whole.state.log, second.state.log) {
      #expect(a.trainLoss == b.trainLoss)
      #expect(a.validationLoss == b.validationLoss)
      #expect(a.smoothedDice == b.smoothedDice)
      #expect(a.learningRate == b.learningRate)
    }
  }

  @Test func `another seed takes another way`() throws {
    let folder = try TemporaryFolder()
    let cases = try Toy.cases(2, in: folder.url)
    func loss(seed: UInt64) throws -> Double {
      var options = Toy.options(epochs: 1, iterations: 2)
      options.seed = seed
      let trainer = try trainer(cases, options: options)
      try trainer.run(clock: Clock().read, onStep: { _, _, _ in }, onEpoch: { _, _, _ in })
      return trainer.state.log[0].trainLoss
    }
    let one = try loss(seed: 1)
    #expect(try loss(seed: 1) == one)
    #expect(try loss(seed: 2) != one)
  }

  @Test func `ends when its time is up`() throws {
    let folder = try TemporaryFolder()
    let cases = try Toy.cases(2, in: folder.url)
    var options = Toy.options(epochs: 100, iterations: 1)
    options.validationIterations = 1
    options.seconds = 10
    let trainer = try trainer(cases, options: options)
    try trainer.run(clock: Clock().read, onStep: { _, _, _ in }, onEpoch: { _, _, _ in })
    // The clock is read three times an epoch; after 9 seconds half an epoch no longer fits.
    #expect(trainer.state.epoch == 3)
    #expect(trainer.state.elapsed == 9)
    let rates = trainer.state.log.map(\.learningRate)
    for (rate, left) in zip(rates, [1, 0.7, 0.4]) {
      #expect(abs(rate - 0.01 * pow(left, 0.9)) < 1e-12)
    }
  }

  @Test func `stops with a sentence where the loss is no number`() throws {
    let folder = try TemporaryFolder()
    let shape = [1, 32, 32]
    let place = CaseFolder(folder.url)
    try place.write(
      Toy.preprocessed(
        // The square of such a difference is beyond single precision.
        "broken", shape: shape, data: (0..<1024).map { $0 % 2 == 0 ? 3e38 : -3e38 },
        labels: (0..<1024).map { $0 % 5 == 0 ? 1 : 0 }))
    let trainer = try trainer(
      [place.open("broken"), place.open("broken")], options: Toy.options(epochs: 1, iterations: 1))
    let error = try #require(throws: LearningError.self) {
      try trainer.run(clock: Clock().read, onStep: { _, _, _ in }, onEpoch: { _, _, _ in })
    }
    #expect(error.code == .diverged)
    #expect(error.description.contains("epoch 0, step 0"))
  }

  @Test func `needs cases, and cases with labels`() throws {
    let folder = try TemporaryFolder()
    let cases = try Toy.cases(1, in: folder.url)
    let none = try #require(throws: LearningError.self) {
      try trainer(cases, options: Toy.options(epochs: 1, iterations: 1))
    }
    #expect(none.code == .input)
    let place = CaseFolder(folder.url)
    try place.write(
      Toy.preprocessed(
        "bare", shape: [1, 8, 8], data: [Float](repeating: 0, count: 64), labels: nil))
    let bare = try #require(throws: LearningError.self) {
      try trainer([place.open("bare")] + cases, options: Toy.options(epochs: 1, iterations: 1))
    }
    #expect(bare.description.contains("bare"))
    #expect(bare.description.contains("labels"))
  }
}
