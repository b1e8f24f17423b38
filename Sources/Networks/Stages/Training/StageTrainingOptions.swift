// SPDX-License-Identifier: Apache-2.0
import Foundation

/// How a stage is trained: AdamW in one cycle, with averaged weights.
public struct StageTrainingOptions: Codable, Hashable, Sendable {
  /// The number of steps of the whole training; the learning rate is zero after them.
  public var steps: Int
  /// The number of samples of a step.
  public var batchSize: Int
  /// The largest learning rate.
  public var rate: Double
  /// The weight decay of AdamW, times the rate (Loshchilov 2019).
  public var weightDecay: Double
  /// The share of the steps in which the learning rate rises.
  public var warmUp: Double
  /// The decay of the moving average of the weights; 0 takes the last weights.
  public var averaging: Double
  /// The norm that gradients are clipped to.
  public var gradientLimit: Double
  /// The seed of the random numbers that the loss draws.
  public var seed: UInt64

  /// Options of a training.
  public init(
    steps: Int, batchSize: Int = 2, rate: Double = 3e-3, weightDecay: Double = 1e-2,
    warmUp: Double = 0.1, averaging: Double = 0.999, gradientLimit: Double = 12, seed: UInt64 = 1
  ) {
    self.steps = steps
    self.batchSize = batchSize
    self.rate = rate
    self.weightDecay = weightDecay
    self.warmUp = warmUp
    self.averaging = averaging
    self.gradientLimit = gradientLimit
    self.seed = seed
  }

  /// The learning rate of a step, counted from 0: a linear rise, then half a cosine to zero.
  ///
  /// This is one cycle of Smith 2018 with the cosine of Loshchilov 2017.
  public func rate(step: Int) -> Double {
    let rise = (Double(steps) * warmUp).rounded(.down)
    let position = Double(step)
    if position < rise { return rate * (position + 1) / (rise + 1) }
    let progress = (position - rise) / max(1, Double(steps) - rise)
    return rate * 0.5 * (1 + cos(.pi * min(1, progress)))
  }

  /// The decay of the moving average behind a step, counted from 0.
  ///
  /// It begins small, so that the average soon forgets the random weights of the beginning: the
  /// usual min(decay, (1 + n) / (10 + n)).
  public func averaging(step: Int) -> Double {
    min(averaging, (1 + Double(step)) / (10 + Double(step)))
  }

  /// Checks the ranges.
  ///
  /// - Throws: `StagesError` with the code `state` that names the option.
  public func check() throws {
    func require(_ holds: Bool, _ field: String, _ value: Any, _ expected: String) throws {
      if !holds {
        throw StagesError(.state, subject: field, detail: "is \(value); \(expected) was expected")
      }
    }
    let counts = 1...1_000_000_000
    try require(counts.contains(steps), "steps", steps, "a positive number")
    try require((1...65536).contains(batchSize), "batchSize", batchSize, "1 to 65536")
    try require(rate > 0 && rate.isFinite, "rate", rate, "a positive number")
    try require(
      weightDecay >= 0 && weightDecay.isFinite, "weightDecay", weightDecay, "0 or a positive number"
    )
    try require((0...1).contains(warmUp), "warmUp", warmUp, "a share from 0 to 1")
    try require((0..<1).contains(averaging), "averaging", averaging, "a number from 0 to below 1")
    try require(
      gradientLimit > 0 && gradientLimit.isFinite, "gradientLimit", gradientLimit,
      "a positive number")
  }
}
