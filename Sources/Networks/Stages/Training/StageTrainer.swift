// SPDX-License-Identifier: Apache-2.0
import Learning
public import Torch

/// Trains a stage: AdamW, one cycle of the learning rate, clipped gradients, averaged weights.
///
/// A training depends on the stage's initial weights, the options and the samples alone. Sample n is
/// a pure function of n, so that a training that was interrupted goes on with the same bits (on the
/// processor with the same number of threads; kernels of GPUs may add in another order).
///
/// ```swift
/// let stage = try Localiser(design, seed: 1, on: .cpu)
/// let trainer = try StageTrainer(stage, options: .init(steps: 2000)) { try generator.crop($0) }
/// if Folder.isFile(file) { try trainer.restore(from: file) }
/// try trainer.run(until: { $0 % 100 == 0 }) { step, parts in print(step, parts) }
/// try trainer.write(to: file)
/// try trainer.weights.write(to: model, as: .float16)
/// ```
public final class StageTrainer<Stage: TrainableStage> {
  /// The network with its present weights.
  public let stage: Stage
  /// How it is trained.
  public let options: StageTrainingOptions
  /// The number of steps that are done.
  public internal(set) var step = 0
  /// The losses of the steps that are done.
  public internal(set) var history = StageHistory()

  let parameters: [NamedParameter]
  /// The moving average of each parameter, in their order.
  let averages: [Tensor]
  let optimizer: AdamW
  private let sample: @Sendable (Int) throws -> Stage.Sample
  private let width: Int
  private let ahead: Int
  /// How each step is divided among several processes; nil for one.
  private let parallel: DataParallel?

  /// A training at its beginning.
  ///
  /// - Parameters:
  ///   - stage: a network with its initial weights.
  ///   - options: how it is trained.
  ///   - width: the number of threads that draw samples.
  ///   - ahead: how many finished samples wait at most; at least one for each thread.
  ///   - group: the processes that divide each step; nil for this one alone. Each one's loss counts by
  ///     its share of the samples, and their gradients are added. Terms that are no means
  ///     over samples, as Dice and weighted means, are made by each process of its own samples, so that
  ///     the weights are not those of one process.
  ///   - sample: draws a sample by its number in the whole training, step · batchSize + i. It must be
  ///     a pure function of the number, and is called on several threads at once.
  /// - Throws: `StagesError` with the code `state` for options that are impossible.
  public init(
    _ stage: Stage, options: StageTrainingOptions, width: Int = 1, ahead: Int = 4,
    group: ProcessGroup? = nil, sample: @escaping @Sendable (Int) throws -> Stage.Sample
  ) throws {
    try options.check()
    self.stage = stage
    self.options = options
    self.width = width
    self.ahead = ahead
    parallel = try group.map { try DataParallel($0, batchSize: options.batchSize) }
    self.sample = sample
    parameters = stage.parameters
    averages = try parameters.map { try $0.tensor.detached().clone() }
    optimizer = AdamW(
      parameters.map(\.tensor), rate: options.rate, weightDecay: options.weightDecay)
  }

  /// The numbers of this process's samples within a step.
  private var own: Range<Int> { parallel?.samples ?? 0..<options.batchSize }

  /// The averaged weights, with the design of the stage; copies, which later steps do not change.
  public var weights: StageWeights<Stage.Design> {
    get throws {
      try StageWeights(
        stage.design, zip(parameters, averages).map { ($0.name, try $1.clone()) })
    }
  }

  /// Takes the remaining steps, or fewer.
  ///
  /// - Parameters:
  ///   - stop: asked after each step with the number of steps that are done; the training ends early
  ///     where it answers true.
  ///   - onStep: called after each step with the number of steps that are done and the parts of the
  ///     loss before it, of which "loss" is the sum.
  /// - Throws: `StagesError` with the code `diverged` where the loss or a gradient is not finite, and
  ///   the errors of the samples.
  public func run(
    until stop: (_ step: Int) -> Bool = { _ in false },
    onStep: (_ step: Int, _ parts: [(name: String, value: Double)]) throws -> Void = { _, _ in }
  ) throws {
    let (own, size, sample) = (own, options.batchSize, sample)
    var queue = SampleQueue(
      step * own.count..<options.steps * own.count, width: width, ahead: ahead
    ) { try sample($0 / own.count * size + own.lowerBound + $0 % own.count) }
    while step < options.steps {
      var batch: [Stage.Sample] = []
      while batch.count < own.count, let sample = try queue.next() { batch.append(sample) }
      let parts = try take(batch)
      try history.append(parts)
      step += 1
      try onStep(step, parts)
      // All processes end after the same step.
      let isAsked = stop(step)
      if try parallel.map({ try $0.sums([isAsked ? 1 : 0])[0] > 0 }) ?? isAsked { return }
    }
  }

  /// Takes one step; returns the loss before it and its parts.
  private func take(_ batch: [Stage.Sample]) throws -> [(name: String, value: Double)] {
    try optimizer.clearGradients()
    let moment = StageMoment(
      seed: options.seed, sample: step * options.batchSize + own.lowerBound)
    let (total, terms) = try stage.loss(batch, at: moment)
    let parts = try shared([(name: "loss", value: try total.item())] + terms)
    try requireFinite(parts[0].value, "loss", parts)
    try (parallel.map { try total * $0.share } ?? total).backward()
    try parallel?.combineGradients(of: parameters.map(\.tensor))
    let norm = try optimizer.clipGradients(to: options.gradientLimit)
    try requireFinite(norm.item(), "norm of the gradients", parts)
    optimizer.rate = options.rate(step: step)
    try optimizer.step()
    let decay = options.averaging(step: step)
    try withoutGradients {
      for (average, parameter) in zip(averages, parameters) {
        try average.multiplyInPlace(decay)
        try average.addInPlace(parameter.tensor, scaledBy: 1 - decay)
      }
    }
    return parts
  }

  /// The mean over the processes of numbers that each has of its samples.
  private func shared(_ parts: [(name: String, value: Double)]) throws
    -> [(name: String, value: Double)]
  {
    guard let parallel else { return parts }
    let sums = try parallel.sums(parts.map { $0.value * parallel.share })
    return zip(parts, sums).map { ($0.name, $1) }
  }

  private func requireFinite(
    _ value: Double, _ name: String, _ parts: [(name: String, value: Double)]
  ) throws {
    if value.isFinite { return }
    let list = parts.map { "\($0.name) \($0.value)" }.joined(separator: ", ")
    throw StagesError(
      .diverged, subject: "step \(step)",
      detail:
        "the \(name) is \(value) (\(list)); lower the learning rate or look for broken samples")
  }
}
