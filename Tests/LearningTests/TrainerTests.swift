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
      network: network, configuration: Toy.configuration(), labels: Toy.dataset().labels,
      training: PatchCases(Array(cases.dropLast())),
      validation: PatchCases([try #require(cases.last)]),
      state: checkpoint?.state ?? TrainingState(options: options),
      optimizerState: checkpoint.map { checkpoint in
        checkpoint.optimizerState.mapValues { stored in
          network.parameters.map { stored[$0.name] }
        }
      }, device: .cpu)
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
    // Each step reads the clock before and after its patches.
    #expect(log.allSatisfy { $0.dataSeconds == 20 && $0.seconds > 20 })
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
    for (a, b) in try pairs(whole.network.parameters, second.network.parameters) {
      #expect(try a.tensor.floats() == b.tensor.floats(), "\(a.name)")
    }
    for (kind, tensors) in try nonEmpty(whole.optimizer.state) {
      for (a, b) in try pairs(tensors, #require(second.optimizer.state[kind])) {
        #expect(try a?.floats() == b?.floats())
      }
    }
    for (a, b) in try pairs(whole.state.log, second.state.log) {
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

  @Test func `ends in the middle of an epoch when its time is up, and validates what it has`()
    throws
  {
    let folder = try TemporaryFolder()
    let cases = try Toy.cases(2, in: folder.url)
    var options = Toy.options(epochs: 100, iterations: 250)
    options.validationIterations = 50
    options.seconds = 18
    let trainer = try trainer(cases, options: options)
    var now = 100.0
    var (steps, records) = (0, 0)
    try trainer.run(
      clock: { now },
      onStep: { _, _, _ in
        now += 5
        steps += 1
      }, onEpoch: { _, _, _ in records += 1 })
    #expect(steps == 3 && records == 1 && trainer.state.epoch == 1)
    #expect(trainer.state.log[0].trainLoss.isFinite && now <= 118)
  }

  @Test func `ends when its time is up`() throws {
    let folder = try TemporaryFolder()
    let cases = try Toy.cases(2, in: folder.url)
    var options = Toy.options(epochs: 100, iterations: 1)
    options.validationIterations = 1
    options.seconds = 13
    let trainer = try trainer(cases, options: options)
    var now = 100.0
    try trainer.run(clock: { now }, onStep: { _, _, _ in now += 4 }, onEpoch: { _, _, _ in })
    // A step takes four seconds; after 12 half an epoch no longer fits.
    #expect(trainer.state.epoch == 3)
    #expect(trainer.state.elapsed == 12)
    let rates = trainer.state.log.map(\.learningRate)
    for (rate, left) in try pairs(rates, [1, 9.0 / 13, 5.0 / 13]) {
      #expect(abs(rate - 0.01 * pow(left, 0.9)) < 1e-12)
    }
  }

  @Test func `stops with a sentence where the loss is no number`() throws {
    let folder = try TemporaryFolder()
    let shape = [1, 32, 32]
    let caseFolder = CaseFolder(folder.url)
    try caseFolder.write(
      Toy.preprocessed(
        // The square of such a difference is beyond single precision.
        "broken", shape: shape, data: (0..<1024).map { $0 % 2 == 0 ? 3e38 : -3e38 },
        labels: (0..<1024).map { $0 % 5 == 0 ? 1 : 0 }))
    let trainer = try trainer(
      [caseFolder.open("broken"), caseFolder.open("broken")],
      options: Toy.options(epochs: 1, iterations: 1))
    let error = try #require(throws: LearningError.self) {
      try trainer.run(clock: Clock().read, onStep: { _, _, _ in }, onEpoch: { _, _, _ in })
    }
    #expect(error.code == .diverged)
    #expect(error.description.contains("epoch 0, step 0"))
  }

  @Test(arguments: [1, 2, 3, 4, 6, 7])
  func `that is stopped after any step and resumed ends with the same bits`(stop: Int) throws {
    let folder = try TemporaryFolder()
    let cases = try Toy.cases(3, in: folder.url)
    let options = Toy.options(epochs: 2, iterations: 3)
    let whole = try trainer(cases, options: options)
    #expect(
      try whole.run(clock: Clock().read, onStep: { _, _, _ in }, onEpoch: { _, _, _ in }) == .done)

    // Asked three times in the steps of an epoch and three times in its validation.
    var asked = 0
    let first = try trainer(cases, options: options)
    let end = try first.run(
      clock: Clock().read,
      shouldStop: {
        asked += 1
        return asked == stop
      }, onStep: { _, _, _ in }, onEpoch: { _, _, _ in })
    #expect(end == .stopped)
    #expect(first.state.partial?.steps == min(3, stop > 6 ? stop - 6 : stop))
    let file = folder.file("checkpoint_latest.safetensors")
    try Checkpoint(of: first).write(to: file)
    let stored = try Checkpoint(contentsOf: file)
    #expect(stored.state == first.state)
    let second = try trainer(cases, options: options, from: stored)
    var steps = 0
    try second.run(
      clock: Clock().read, onStep: { _, _, _ in steps += 1 }, onEpoch: { _, _, _ in })
    #expect(steps == 6 - (first.state.log.count * 3 + (first.state.partial?.steps ?? 0)))
    for (a, b) in try pairs(whole.network.parameters, second.network.parameters) {
      #expect(try a.tensor.floats() == b.tensor.floats(), "\(a.name)")
    }
    #expect(whole.state.log.map(\.trainLoss) == second.state.log.map(\.trainLoss))
    #expect(whole.state.log.map(\.validationLoss) == second.state.log.map(\.validationLoss))
    #expect(second.state.partial == nil)
  }

  @Test func `ends when its patience does`() throws {
    let folder = try TemporaryFolder()
    let cases = try Toy.cases(2, in: folder.url)
    var options = Toy.options(epochs: 30, iterations: 1)
    options.patience = 2
    // With a rate of nothing no epoch is better than the best by more than chance.
    options.initialRate = 1e-30
    options.validationIterations = 1
    let trainer = try trainer(cases, options: options)
    let end = try trainer.run(
      clock: Clock().read, onStep: { _, _, _ in }, onEpoch: { _, _, _ in })
    #expect(end == .patience(2))
    let best = try #require(trainer.state.bestEpoch)
    #expect(trainer.state.epoch == best + 3)
    #expect(trainer.state.log[best].smoothedDice == trainer.state.bestDice)
  }

  @Test func `an epoch without a pseudo-Dice leaves the average and the best as they were`() throws
  {
    let folder = try TemporaryFolder()
    let caseFolder = CaseFolder(folder.url)
    let cases = try Toy.cases(2, in: folder.url)
    try caseFolder.write(
      Toy.preprocessed(
        "empty", shape: [1, 40, 40], data: [Float](repeating: -0.5, count: 1600),
        labels: [Int16](repeating: 0, count: 1600)))
    // A network that predicts nothing where nothing is: 0 / 0 in every epoch.
    let network = try Toy.network()
    try withoutGradients {
      for (name, tensor) in network.parameters where name.contains("seg_layers.1") {
        try tensor.copy(
          from: name.hasSuffix("bias") ? Tensor([9, -9] as [Float]) : .zeros(tensor.shape))
      }
    }
    var state = TrainingState(options: Toy.options(epochs: 2, iterations: 1))
    state.options.initialRate = 1e-30
    let trainer = try Trainer(
      network: network, configuration: Toy.configuration(), labels: Toy.dataset().labels,
      training: PatchCases(cases), validation: PatchCases([caseFolder.open("empty")]), state: state,
      device: .cpu)
    try trainer.run(clock: Clock().read, onStep: { _, _, _ in }, onEpoch: { _, _, _ in })
    #expect(trainer.state.log.map(\.meanDice) == [nil, nil])
    #expect(trainer.state.log.map(\.smoothedDice) == [nil, nil])
    #expect(trainer.state.bestDice == nil)
  }

  /// Trains a 3D toy of a few steps; the losses of its epochs.
  private func solid(
    _ folder: URL, labels: LabelScheme, options: TrainingOptions, hasPrevious: Bool = false,
    isVisible: Bool = true, family: NetworkArchitecture.Family = .plainConvUNet
  ) throws -> [EpochRecord] {
    let cases = try Toy.solidCases(3, in: folder, labels: labels, isVisible: isVisible)
    let previous = hasPrevious ? try Toy.previous(of: cases, in: folder) : []
    let configuration = Toy.solid(family: family, previousStage: hasPrevious ? "3d_lowres" : nil)
    let dataset = try DatasetDescription(channelNames: ["CT"], labels: labels, numTraining: 3)
    let network = try Model.network(configuration, dataset: dataset, seed: 1, on: .cpu)
    let trainer = try Trainer(
      network: network, configuration: configuration, labels: labels,
      training: PatchCases(cases, previous: previous),
      validation: PatchCases(cases, previous: previous),
      state: TrainingState(options: options), device: .cpu)
    try trainer.run(clock: Clock().read, onStep: { _, _, _ in }, onEpoch: { _, _, _ in })
    return trainer.state.log
  }

  @Test(arguments: NetworkArchitecture.Family.allCases)
  func `in three dimensions learns labels, one of which is ignored`(
    family: NetworkArchitecture.Family
  ) throws {
    let folder = try TemporaryFolder()
    let labels = try LabelScheme(
      entries: [.init("background", [0]), .init("ball", [1]), .init("ignore", [2])])
    var options = Toy.options(epochs: 4, iterations: 12)
    options.batchSize = 2
    let log = try solid(folder.url, labels: labels, options: options, family: family)
    #expect(log[3].trainLoss < log[0].trainLoss - 0.3)
    #expect(try #require(log[3].meanDice) > 0.7)
  }

  @Test func `in three dimensions learns regions`() throws {
    let folder = try TemporaryFolder()
    let labels = try LabelScheme(
      entries: [
        .init("background", [0]), .init("ball", [1, 2]), .init("core", [2]), .init("ignore", [3]),
      ], regionsClassOrder: [1, 2])
    var options = Toy.options(epochs: 4, iterations: 12)
    options.batchSize = 2
    let log = try solid(folder.url, labels: labels, options: options)
    #expect(log[3].trainLoss < log[0].trainLoss - 0.3)
    #expect(log[3].dicePerClass.count == 2)
    #expect(try #require(log[3].dicePerClass[0]) > 0.5)
  }

  @Test func `of a cascade uses the previous stage's labels`() throws {
    let folder = try TemporaryFolder()
    let labels = try LabelScheme(foreground: ["ball"])
    var options = Toy.options(epochs: 2, iterations: 10)
    options.batchSize = 2
    // Nothing can be seen in the image; the answer lies in the channel behind.
    let log = try solid(
      folder.url, labels: labels, options: options, hasPrevious: true, isVisible: false)
    #expect(try #require(log[1].meanDice) > 0.7)
  }

  @Test func `previous labels on another grid, or without a cascade, are refused`() throws {
    let folder = try TemporaryFolder()
    let labels = try LabelScheme(foreground: ["ball"])
    let cases = try Toy.solidCases(2, in: folder.url, labels: labels)
    let previous = try Toy.previous(of: cases, in: folder.url)
    let other = CaseFolder(folder.url)
    try other.write(
      Toy.preprocessed(
        "other", shape: [2, 4, 4], data: Array(repeating: 0, count: 32),
        labels: []
          + Array(repeating: 0, count: 32)))
    let grid = try #require(throws: LearningError.self) {
      try PatchCases(cases, previous: [previous[0], other.open("other")])
    }
    #expect(grid.description.contains("other") && grid.description.contains("2 × 4 × 4"))
    let dataset = try DatasetDescription(channelNames: ["CT"], labels: labels, numTraining: 2)
    let configuration = Toy.solid()
    #expect(throws: LearningError.self) {
      try Trainer(
        network: Model.network(configuration, dataset: dataset, seed: 1, on: .cpu),
        configuration: configuration, labels: labels,
        training: PatchCases(cases, previous: previous), validation: PatchCases(cases),
        state: TrainingState(options: Toy.options(epochs: 1, iterations: 1)), device: .cpu)
    }
  }

  @Test func `in half precision learns as well, and keeps its factor`() throws {
    let folder = try TemporaryFolder()
    let cases = try Toy.cases(3, in: folder.url)
    let trainer = try Trainer(
      network: Toy.network(), configuration: Toy.configuration(), labels: Toy.dataset().labels,
      training: PatchCases(cases), validation: PatchCases(cases),
      state: TrainingState(options: Toy.options(epochs: 4, iterations: 15)), device: .cpu,
      isMixed: true)
    try trainer.run(clock: Clock().read, onStep: { _, _, _ in }, onEpoch: { _, _, _ in })
    #expect(trainer.state.log[3].trainLoss < trainer.state.log[0].trainLoss - 0.4)
    #expect(trainer.state.scaler?.goodSteps ?? 0 > 0)
  }

  @Test func `batches that cannot fit are refused before memory runs out`() throws {
    let folder = try TemporaryFolder()
    let cases = try Toy.cases(1, in: folder.url)
    var options = Toy.options(epochs: 1, iterations: 1)
    options.batchSize = 100_000_000
    let error = try #require(throws: LearningError.self) {
      try trainer(cases + cases, options: options)
    }
    #expect(error.code == .memory && error.subject.contains("100000000"))
  }

  @Test func `needs cases, and cases with labels`() throws {
    let folder = try TemporaryFolder()
    let cases = try Toy.cases(1, in: folder.url)
    let none = try #require(throws: LearningError.self) {
      try trainer(cases, options: Toy.options(epochs: 1, iterations: 1))
    }
    #expect(none.code == .input)
    let caseFolder = CaseFolder(folder.url)
    try caseFolder.write(
      Toy.preprocessed(
        "bare", shape: [1, 8, 8], data: [Float](repeating: 0, count: 64), labels: nil))
    let bare = try #require(throws: LearningError.self) {
      try trainer([caseFolder.open("bare")] + cases, options: Toy.options(epochs: 1, iterations: 1))
    }
    #expect(bare.description.contains("bare"))
    #expect(bare.description.contains("labels"))
  }
}
