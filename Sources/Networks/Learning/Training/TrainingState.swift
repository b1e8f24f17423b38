// SPDX-License-Identifier: Apache-2.0
import Text

/// The state of a training except weights and optimiser; part of every checkpoint.
public struct TrainingState: Sendable, Hashable, Codable {
  /// The done part of an epoch.
  public struct PartialEpoch: Sendable, Hashable, Codable {
    /// The number of training steps that are done.
    public var steps: Int
    /// The sum of their losses.
    public var lossSum: Double
    /// Their duration in seconds.
    public var seconds: Double
    /// The part of it in which they waited for their patches.
    public var dataSeconds: Double?
  }

  /// The next epoch to run.
  public var epoch = 0
  /// The seconds of training so far, without interruptions.
  public var elapsed = 0.0
  /// The best moving average of the pseudo-Dice.
  public var bestDice: Double?
  /// The epoch of `bestDice`.
  public var bestEpoch: Int?
  /// The done part of the next epoch, where it has begun.
  public var partial: PartialEpoch?
  /// The scaler of half-precision gradients, where they are used.
  public var scaler: GradientScaler?
  /// The records of the epochs.
  public var log: [EpochRecord] = []
  /// The options of the training, which do not change when it is resumed.
  public var options: TrainingOptions

  /// The class of nnU-Net that trained it, where the weights were imported.
  public var trainerName: String?
  /// The axes along which predictions may be mirrored, where they do not follow from the options.
  public var mirroringAxes: [Int]?

  /// The start of a training.
  public init(options: TrainingOptions) { self.options = options }

  /// The axes along which predictions may be mirrored: those that were mirrored in training.
  public func mirroringAxes(dimensions: Int) -> [Int] {
    mirroringAxes ?? (options.mirrors ? (0..<dimensions).filter { $0 != options.sideAxis } : [])
  }

  /// A description of an impossible number, or `nil`.
  var fault: String? {
    for (name, value, least) in [
      ("epoch", epoch, 0), ("epochs", options.epochs, 1), ("iterations", options.iterations, 1),
      ("validationIterations", options.validationIterations, 1),
      ("batchSize", options.batchSize, 1), ("saveEvery", options.saveEvery, 1),
    ] where value < least {
      return "\(name) is \(value)"
    }
    if let partial, !(0...options.iterations).contains(partial.steps) || !partial.lossSum.isFinite {
      return "partial is \(counted(partial.steps, "step"))"
    }
    if let axes = mirroringAxes, !axes.allSatisfy((0..<3).contains) {
      return "mirroringAxes is \(listed(axes))"
    }
    return elapsed.isFinite && elapsed >= 0 ? nil : "elapsed is \(elapsed)"
  }
}
