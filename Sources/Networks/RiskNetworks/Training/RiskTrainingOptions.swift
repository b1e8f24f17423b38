// SPDX-License-Identifier: Apache-2.0
import Foundation

/// How a network of risk is trained: AdamW with one cycle of the learning rate.
public struct RiskTrainingOptions: Codable, Hashable, Sendable {
  /// What it learns to foretell.
  public var loss: RiskLoss
  /// How often each subject is seen.
  public var epochs: Int
  /// The subjects of a step; the last step of an epoch has those that are left.
  public var batchSize: Int
  /// The largest learning rate.
  public var rate: Double
  /// The weight decay of AdamW, times the rate (Loshchilov 2019).
  public var weightDecay: Double
  /// The share of the steps in which the learning rate rises.
  public var warmUp: Double
  /// The norm that gradients are clipped to.
  public var gradientLimit: Double
  /// How far images are moved along each axis at most, in voxels.
  public var shift: Int
  /// The seed of the order of the subjects and of the moves.
  public var seed: UInt64

  /// Options of a training.
  public init(
    loss: RiskLoss = .cox, epochs: Int = 20, batchSize: Int = 16, rate: Double = 5e-3,
    weightDecay: Double = 5e-2, warmUp: Double = 0.1, gradientLimit: Double = 12, shift: Int = 2,
    seed: UInt64 = 0
  ) {
    self.loss = loss
    self.epochs = epochs
    self.batchSize = batchSize
    self.rate = rate
    self.weightDecay = weightDecay
    self.warmUp = warmUp
    self.gradientLimit = gradientLimit
    self.shift = shift
    self.seed = seed
  }

  /// The learning rate of a step of all, counted from 0: a linear rise, then half a cosine to zero
  /// (Smith 2018, Loshchilov 2017).
  public func rate(step: Int, of steps: Int) -> Double {
    let rise = (Double(steps) * warmUp).rounded(.down)
    let position = Double(step)
    if position < rise { return rate * (position + 1) / (rise + 1) }
    let progress = (position - rise) / max(1, Double(steps) - rise)
    return rate * 0.5 * (1 + cos(.pi * min(1, progress)))
  }

  /// Checks the ranges.
  ///
  /// - Throws: `RiskNetworkError` with the code `state` that names the option.
  public func check() throws {
    func require(_ holds: Bool, _ field: String, _ value: Any, _ expected: String) throws {
      if !holds {
        throw RiskNetworkError(
          .state, subject: field, detail: "is \(value); \(expected) was expected")
      }
    }
    try require((1...100_000).contains(epochs), "epochs", epochs, "1 to 100000")
    // Batch norm and pairs of subjects need two.
    try require((2...65536).contains(batchSize), "batchSize", batchSize, "2 to 65536")
    try require(rate > 0 && rate.isFinite, "rate", rate, "a positive number")
    try require(
      weightDecay >= 0 && weightDecay.isFinite, "weightDecay", weightDecay, "0 or a positive number"
    )
    try require((0...32).contains(shift), "shift", shift, "0 to 32 voxels")
    try require((0...1).contains(warmUp), "warmUp", warmUp, "a share from 0 to 1")
    try require(
      gradientLimit > 0 && gradientLimit.isFinite, "gradientLimit", gradientLimit,
      "a positive number")
  }
}
