// SPDX-License-Identifier: Apache-2.0
package import Learning
import Torch

/// Trains the parts of a method, one after the other, each by Adam with the penalty of its weights.
///
/// A training depends on the initial weights, the options and the scans alone: each step draws by a
/// generator of its own, so that an interrupted training goes on with the same bits (on the processor
/// with the same number of threads).
package final class MethodTrainer {
  /// The share of an epoch's minibatches that the validation loss is the mean of.
  private static let validationShare = 10

  /// The method with its present weights.
  package let method: any NetworkMethod
  /// Where the training is.
  package internal(set) var state: MethodState
  private(set) var optimizer: Adam?

  /// A training at its beginning.
  package init(_ method: any NetworkMethod, state: MethodState) throws {
    self.method = method
    self.state = state
    try beginPart()
  }

  /// Whether all parts are trained.
  package var isDone: Bool { state.part >= method.parts.count }

  /// The schedule of a part.
  package func schedule(of part: Int) -> PartSchedule {
    state.options.applied(to: method.parts[part].schedule)
  }

  /// The steps of the whole training, and those that are done.
  package var steps: (done: Int, all: Int) {
    var (done, all) = (0, 0)
    for part in method.parts.indices {
      let schedule = schedule(of: part)
      let count = schedule.epochs * schedule.iterations
      all += count
      if part < state.part { done += count }
      if part == state.part { done += state.epoch * schedule.iterations + state.step }
    }
    return (done, all)
  }

  private func beginPart() throws {
    optimizer =
      isDone
      ? nil
      : try Adam(method.parts[state.part].parameters, rate: schedule(of: state.part).rate)
  }

  /// Takes over the optimiser's moments of a checkpoint of the present state.
  func restoreOptimizer(_ tensors: [String: Tensor]) throws {
    guard !isDone else { return }
    let done = state.epoch * schedule(of: state.part).iterations + state.step
    if done > 0 { try optimizer?.restore(tensors, steps: done) }
  }

  /// Takes the remaining steps, or fewer; returns whether all is done.
  ///
  /// - Parameters:
  ///   - training: the scans of an epoch, counted through all parts, from which minibatches are drawn.
  ///   - validation: the scans of which the loss is measured after each epoch.
  ///   - clock: the time in seconds.
  ///   - shouldStop: asked after each step and each prepared scan.
  ///   - onPrepare: told how many of an epoch's scans are prepared.
  ///   - onStep: told the loss of each step.
  ///   - onEpoch: told the record of each epoch.
  /// - Throws: `LearningError` with the code `diverged` where the loss is not finite.
  package func run(
    training: (_ epoch: Int) throws -> [TrainingScan], validation: () throws -> [TrainingScan],
    clock: () -> Double, shouldStop: () -> Bool,
    onPrepare: (_ done: Int, _ all: Int) throws -> Void = { _, _ in },
    onStep: (_ loss: Double) throws -> Void,
    onEpoch: (EpochRecord) throws -> Void
  ) throws -> Bool {
    while !isDone {
      let (part, schedule) = (method.parts[state.part], schedule(of: state.part))
      let scans = try training(state.log.count)
      for (i, scan) in scans.enumerated() {
        try part.prepare(scan)
        try onPrepare(i + 1, scans.count)
        if shouldStop() { return false }
      }
      while state.step < schedule.iterations {
        let started = clock()
        let loss = try take(part, schedule, scans)
        state.lossSum += loss
        state.step += 1
        state.seconds += clock() - started
        try onStep(loss)
        if shouldStop() { return false }
      }
      let measured = try measure(part, schedule, validation())
      let record = EpochRecord(
        epoch: state.log.count, learningRate: schedule.rate(inEpoch: state.epoch),
        trainLoss: state.lossSum / Double(schedule.iterations), validationLoss: measured,
        seconds: state.seconds)
      state.log.append(record)
      (state.step, state.lossSum, state.seconds) = (0, 0, 0)
      state.epoch += 1
      if state.epoch >= schedule.epochs {
        (state.part, state.epoch) = (state.part + 1, 0)
        try beginPart()
      }
      try onEpoch(record)
    }
    return true
  }

  /// Takes one step; returns the loss before it, with the penalty.
  private func take(
    _ part: any NetworkPart, _ schedule: PartSchedule, _ scans: [TrainingScan]
  ) throws -> Double {
    try optimizer?.clearGradients()
    optimizer?.rate = schedule.rate(inEpoch: state.epoch)
    var generator = KeyedGenerator(
      seed: state.options.seed, purpose: .training, epoch: state.log.count, step: 2 * state.step)
    var dropout = Dropout(
      KeyedGenerator(
        seed: state.options.seed, purpose: .training, epoch: state.log.count,
        step: 2 * state.step + 1))
    let loss = try part.loss(
      of: scans, size: schedule.batchSize, generator: &generator, dropout: &dropout,
      isTraining: true)
    return try step(part, schedule, loss)
  }

  /// Changes the parameters of a part by a loss; returns it with the penalty of the weights.
  func step(_ part: any NetworkPart, _ schedule: PartSchedule, _ loss: Tensor) throws -> Double {
    var total = loss
    // The penalty is that of matrices and kernels, not of biases and norms.
    for (_, weight) in part.parameters where weight.rank > 1 && schedule.penalty > 0 {
      total = try total + (weight * weight).sum() * schedule.penalty
    }
    let value = try total.item()
    guard value.isFinite else {
      throw LearningError(
        .diverged, subject: "step \(state.step) of epoch \(state.log.count) (\(part.name))",
        detail: "the loss is \(value); look for a broken scan")
    }
    try total.backward()
    try optimizer?.step()
    return value
  }

  /// The mean loss, without dropout and penalty, of some minibatches of the validation scans.
  private func measure(
    _ part: any NetworkPart, _ schedule: PartSchedule, _ scans: [TrainingScan]
  ) throws -> Double {
    for scan in scans { try part.prepare(scan) }
    let count = max(1, schedule.iterations / Self.validationShare)
    return try withoutGradients {
      var sum = 0.0
      for step in 0..<count {
        // The same minibatches after each epoch, so that the curve shows the network alone.
        var generator = KeyedGenerator(
          seed: state.options.seed, purpose: .validation, epoch: state.part, step: step)
        var none = Dropout.none
        sum += try part.loss(
          of: scans, size: schedule.batchSize, generator: &generator, dropout: &none,
          isTraining: false
        ).item()
      }
      return sum / Double(count)
    }
  }
}
