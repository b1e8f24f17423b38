// SPDX-License-Identifier: Apache-2.0

/// Where a training stands, besides weights and momenta: kept in every checkpoint.
public struct TrainingState: Sendable, Hashable, Codable {
  /// The next epoch to run.
  public var epoch = 0
  /// Seconds of training so far, over all interruptions.
  public var elapsed = 0.0
  /// The best moving average of the pseudo-Dice.
  public var bestDice: Double?
  /// What each epoch came to.
  public var log: [EpochRecord] = []
  /// How it is trained; a continued run must be told the same.
  public var options: TrainingOptions

  /// The start of a training.
  public init(options: TrainingOptions) { self.options = options }
}
