// SPDX-License-Identifier: Apache-2.0
import Learning
import Torch

/// Trains a network of risk on subjects that fit into memory.
///
/// A training depends on the initial weights, the options and the subjects alone: the order of the
/// subjects in an epoch and how their images are moved are pure functions of seed and step, so that an interrupted training goes on with
/// the same bits (on the processor with the same number of threads).
///
/// ```swift
/// let network = try RiskNetwork(design, seed: 1, on: .cpu)
/// let trainer = try RiskTrainer(network, options: .init(epochs: 40), samples: subjects)
/// try trainer.run { step, loss in print(step, loss) }
/// ```
public final class RiskTrainer {
  /// The network with its present weights.
  public let network: RiskNetwork
  /// How it is trained.
  public let options: RiskTrainingOptions
  /// The number of steps that are done.
  public internal(set) var step = 0
  /// The loss before each step that is done; steps that taught nothing have that of the step before.
  public internal(set) var losses: [Double] = []

  let optimizer: AdamW
  private let samples: [RiskSample]

  /// A training at its beginning.
  ///
  /// - Throws: `RiskNetworkError` for impossible options, and where nothing can be learned from the
  ///   subjects: none of them has the event, or all were censored before the horizon.
  public init(_ network: RiskNetwork, options: RiskTrainingOptions, samples: [RiskSample]) throws {
    try options.check()
    guard samples.count >= 2, options.loss.teaches(samples) else {
      throw RiskNetworkError(
        .input, subject: "the \(samples.count) subjects to learn from",
        detail: options.loss == .cox
          ? "none of them has the event; take a longer follow-up or fewer parts"
          : "what became of none of them is known at the horizon; take an earlier one")
    }
    self.network = network
    self.options = options
    self.samples = samples
    optimizer = AdamW(
      network.parameters.map(\.tensor), rate: options.rate, weightDecay: options.weightDecay)
  }

  /// The steps of an epoch: a single subject that would be left belongs to the last one.
  private var stepsPerEpoch: Int {
    max(1, (samples.count + options.batchSize - 2) / options.batchSize)
  }

  /// The steps of the whole training.
  public var steps: Int { options.epochs * stepsPerEpoch }

  /// Takes the remaining steps, or fewer.
  ///
  /// - Parameters:
  ///   - stop: asked after each step; the training ends early where it answers true.
  ///   - onStep: called after each step with the number of steps that are done and the loss before it.
  /// - Throws: `RiskNetworkError` with the code `diverged` where the loss or a gradient is not finite.
  public func run(
    until stop: () -> Bool = { false },
    onStep: (_ step: Int, _ loss: Double) throws -> Void = { _, _ in }
  ) throws {
    while step < steps {
      let loss = try take(batch(step)) ?? losses.last ?? 0
      losses.append(loss)
      step += 1
      try onStep(step, loss)
      if stop() { return }
    }
  }

  /// The subjects of a step.
  private func batch(_ step: Int) -> [RiskSample] {
    let (epoch, place) = (step / stepsPerEpoch, step % stepsPerEpoch)
    var generator = KeyedGenerator(seed: options.seed, purpose: .training, epoch: epoch)
    let order = samples.indices.shuffled(using: &generator)
    let start = place * options.batchSize
    let end = place == stepsPerEpoch - 1 ? samples.count : start + options.batchSize
    let shift = ImageShift(limit: options.shift)
    var moves = KeyedGenerator(
      seed: options.seed, purpose: .training, epoch: epoch, step: place + 1)
    return order[start..<end].map { i in
      var sample = samples[i]
      sample.image = shift.moved(sample.image, edge: network.design.edge, using: &moves)
      return sample
    }
  }

  /// Takes one step; returns the loss before it, nil where the batch teaches nothing.
  func take(_ batch: [RiskSample]) throws -> Double? {
    guard options.loss.teaches(batch) else { return nil }
    try optimizer.clearGradients()
    let inputs = try RiskBatch(batch, network.design, on: network.device)
    let loss = try options.loss(network.scores(inputs, isTraining: true), batch)
    let value = try loss.item()
    try requireFinite(value, "loss")
    try loss.backward()
    try requireFinite(
      optimizer.clipGradients(to: options.gradientLimit).item(), "norm of the gradients")
    optimizer.rate = options.rate(step: step, of: steps)
    try optimizer.step()
    return value
  }

  private func requireFinite(_ value: Double, _ name: String) throws {
    if value.isFinite { return }
    throw RiskNetworkError(
      .diverged, subject: "step \(step)",
      detail: "the \(name) is \(value); lower the learning rate or look for a broken scan")
  }
}
