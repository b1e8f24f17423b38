// SPDX-License-Identifier: Apache-2.0

/// Where a training stands, besides weights and momenta: kept in every checkpoint.
public struct TrainingState: Sendable, Hashable, Codable {
  /// An epoch that is under way.
  public struct PartialEpoch: Sendable, Hashable, Codable {
    /// The training steps that are done.
    public var steps: Int
    /// The sum of their losses.
    public var lossSum: Double
    /// How long they took, in seconds.
    public var seconds: Double
  }

  /// The next epoch to run.
  public var epoch = 0
  /// Seconds of training so far, over all interruptions.
  public var elapsed = 0.0
  /// The best moving average of the pseudo-Dice.
  public var bestDice: Double?
  /// The epoch that reached it.
  public var bestEpoch: Int?
  /// What is done of the next epoch, where it has begun.
  public var partial: PartialEpoch?
  /// The factor of half-precision gradients, where there are some.
  public var scaler: GradientScaler?
  /// What each epoch came to.
  public var log: [EpochRecord] = []
  /// How it is trained; a continued run must be told the same.
  public var options: TrainingOptions

  /// The class of nnU-Net that trained it, where the weights were imported.
  public var trainerName: String?
  /// The axes that predictions may be mirrored along, where they are not told by the options.
  public var mirroringAxes: [Int]?

  /// The start of a training.
  public init(options: TrainingOptions) { self.options = options }

  /// The axes that predictions of a network with so many may be mirrored along: those of training.
  public func mirroringAxes(dimensions: Int) -> [Int] {
    mirroringAxes ?? (options.mirrors ? (0..<dimensions).filter { $0 != options.sideAxis } : [])
  }

  /// What cannot be about the numbers, or `nil`.
  var fault: String? {
    for (name, value, least) in [
      ("epoch", epoch, 0), ("epochs", options.epochs, 1), ("iterations", options.iterations, 1),
      ("validationIterations", options.validationIterations, 1),
      ("batchSize", options.batchSize, 1), ("saveEvery", options.saveEvery, 1),
    ] where value < least {
      return "\(name) is \(value)"
    }
    if let partial, !(0...options.iterations).contains(partial.steps) || !partial.lossSum.isFinite {
      return "partial is \(partial.steps) steps"
    }
    if let axes = mirroringAxes, !axes.allSatisfy((0..<3).contains) {
      return "mirroringAxes is \(axes)"
    }
    return elapsed.isFinite && elapsed >= 0 ? nil : "elapsed is \(elapsed)"
  }
}
