// SPDX-License-Identifier: Apache-2.0

/// The record of one epoch.
public struct EpochRecord: Sendable, Hashable, Codable {
  /// The epoch, from 0.
  public var epoch: Int
  /// The learning rate.
  public var learningRate: Double
  /// The mean training loss.
  public var trainLoss: Double
  /// The mean loss over the validation patches.
  public var validationLoss: Double
  /// The pseudo-Dice of each foreground class; `nil` where neither reference nor prediction has it.
  public var dicePerClass: [Double?]
  /// The mean of the classes that have one.
  public var meanDice: Double?
  /// The exponential moving average of `meanDice`.
  public var smoothedDice: Double?
  /// The duration of the epoch in seconds.
  public var seconds: Double
  /// The seconds that its training steps waited for patches and augmented them; `nil` of epochs that an
  /// earlier version or nnU-Net trained.
  public var dataSeconds: Double?

  private enum CodingKeys: String, CodingKey {
    case epoch, seconds
    case learningRate = "lr"
    case trainLoss = "train_loss"
    case validationLoss = "val_loss"
    case dicePerClass = "dice_per_class"
    case meanDice = "mean_fg_dice"
    case smoothedDice = "ema_fg_dice"
    case dataSeconds = "data_seconds"
  }
}

extension EpochRecord {
  /// The record of a network whose training has no pseudo-Dice.
  package init(
    epoch: Int, learningRate: Double, trainLoss: Double, validationLoss: Double, seconds: Double
  ) {
    self.init(
      epoch: epoch, learningRate: learningRate, trainLoss: trainLoss,
      validationLoss: validationLoss, dicePerClass: [], meanDice: nil, smoothedDice: nil,
      seconds: seconds)
  }
}

/// Pseudo-Dice: true and false positives summed over all validation patches of an epoch.
///
/// It includes patches that were forced to hold foreground, so it is not the Dice of whole scans.
public struct PseudoDice: Sendable {
  private var truePositives: [Double]
  private var falsePositives: [Double]
  private var falseNegatives: [Double]

  /// Empty sums for a number of foreground classes.
  public init(classes: Int) {
    truePositives = Array(repeating: 0, count: classes)
    falsePositives = truePositives
    falseNegatives = truePositives
  }

  /// Adds the voxel counts of one batch for a foreground class (from 0).
  public mutating func add(
    class index: Int, truePositives tp: Double, falsePositives fp: Double, falseNegatives fn: Double
  ) {
    truePositives[index] += tp
    falsePositives[index] += fp
    falseNegatives[index] += fn
  }

  /// Sums the counts over processes that share the patches.
  mutating func combine(_ parallel: DataParallel) throws {
    let all = try parallel.sums(truePositives + falsePositives + falseNegatives)
    let n = truePositives.count
    truePositives = Array(all[..<n])
    falsePositives = Array(all[n..<2 * n])
    falseNegatives = Array(all[(2 * n)...])
  }

  /// 2 TP / (2 TP + FP + FN) of each class; `nil` for 0 / 0.
  public var perClass: [Double?] {
    truePositives.indices.map {
      let denominator = 2 * truePositives[$0] + falsePositives[$0] + falseNegatives[$0]
      return denominator == 0 ? nil : 2 * truePositives[$0] / denominator
    }
  }

  /// The mean of the classes that have one.
  public var mean: Double? {
    let values = perClass.compactMap(\.self)
    return values.isEmpty ? nil : values.reduce(0, +) / Double(values.count)
  }

  /// The moving average after one more epoch: 0.9 of the previous average and 0.1 of the new value.
  ///
  /// An epoch without a value does not change the average; in nnU-Net the average would remain NaN.
  public static func smoothed(_ previous: Double?, with new: Double?) -> Double? {
    guard let new else { return previous }
    return previous.map { 0.9 * $0 + 0.1 * new } ?? new
  }
}
