// SPDX-License-Identifier: Apache-2.0

/// How one fold is trained; the defaults are nnU-Net's (nnunetv2 2.8.1) but for the epochs.
///
/// This type alone holds the defaults: optimisers, losses, patch sources and the flags of the
/// command line read them from `default`.
///
/// ```swift
/// var options = TrainingOptions(batchSize: configuration.batchSize)
/// options.epochs = 50
/// options.loss = .diceTopK
/// ```
public struct TrainingOptions: Sendable, Hashable, Codable {
  /// The defaults; the batch size is the smallest one that planners give and stands for a plan's.
  public static let `default` = TrainingOptions(batchSize: 2)

  /// The number of epochs; nnU-Net's own default is 1000.
  public var epochs = 200
  /// A time budget in seconds; where it is shorter than the epochs the learning rate follows the
  /// clock.
  public var seconds: Double?
  /// Training steps of an epoch.
  public var iterations = 250
  /// Validation steps of an epoch.
  public var validationIterations = 50
  /// The number of samples of a step.
  public var batchSize: Int
  /// The share of a batch's patches that must hold foreground, where their case has some.
  public var foregroundShare = 0.33
  /// The share of a batch's patches that must hold no foreground; nnU-Net has no such rule.
  ///
  /// Half of them come from cases without any, half from between the foreground of other cases.
  public var negativeShare = 0.0
  /// The smoothing term of the Dice loss; nnU-Net's is 1e-5, its variant for tiny lesions has 0.
  ///
  /// With smoothing, a batch without foreground rewards a network that predicts nothing at all,
  /// which small batches of a cohort with many healthy subjects teach it to do.
  public var diceSmoothing = 1e-5
  /// The weight of a foreground voxel in the cross-entropy; nnU-Net's is 1.
  public var foregroundWeight = 1.0
  /// The terms of the loss.
  public var loss = LossTerms.diceCrossEntropy
  /// Whether patches are mirrored, which suits calcium because it looks alike on both sides.
  public var mirrors = true
  /// The patch's axis between left and right; patches are never mirrored along it, so that labels
  /// may differ by side.
  public var sideAxis: Int?
  /// The learning rate of the first step.
  public var initialRate = OptimizerChoice.sgd.usualRate
  /// The weight decay of every parameter.
  public var weightDecay = 3e-5
  /// The optimiser.
  public var optimizer = OptimizerChoice.sgd
  /// The momentum of SGD (Nesterov).
  public var momentum = 0.99
  /// The largest norm that the gradients may have.
  public var gradientLimit = 12.0
  /// The number of epochs after which a checkpoint is written in any case, besides the best ones.
  public var saveEvery = 50
  /// The seed of weights, sampling and augmentation.
  public var seed: UInt64 = 1
  /// Epochs without a new best pseudo-Dice after which the training ends; nnU-Net has none.
  public var patience: Int?

  /// nnU-Net's defaults with a plan's batch size.
  public init(batchSize: Int) { self.batchSize = batchSize }

  /// The share of the training that is done, from 0 to 1.
  ///
  /// Without a time budget this is epoch / epochs, as nnU-Net's schedule has it. With one, the
  /// larger share of epochs and time counts, so that the rate has come down when the time is up.
  public func progress(epoch: Int, elapsed seconds: Double) -> Double {
    let byEpochs = Double(epoch) / Double(epochs)
    guard let budget = self.seconds else { return byEpochs }
    return min(1, max(byEpochs, seconds / budget))
  }

  /// The learning rate at a point of the training: polynomial with exponent 0.9.
  public func rate(progress: Double) -> Double {
    PolynomialSchedule(initialRate: initialRate, epochs: epochs).rate(progress: progress)
  }

  /// Whether another epoch fits into the budget.
  ///
  /// - Parameters:
  ///   - epoch: the number of epochs that are done.
  ///   - seconds: the time that they took.
  ///   - perEpoch: the mean time of an epoch in seconds.
  public func hasTime(epoch: Int, elapsed seconds: Double, perEpoch: Double) -> Bool {
    guard epoch < epochs else { return false }
    guard let budget = self.seconds else { return true }
    // Half an epoch too long is as far from the budget as half an epoch too short.
    return epoch == 0 || seconds + perEpoch / 2 <= budget
  }
}

extension TrainingOptions {
  /// Reads options; fields that an older version did not write keep their defaults.
  public init(from decoder: any Decoder) throws {
    let values = try decoder.container(keyedBy: CodingKeys.self)
    func read<Value: Decodable>(_ value: inout Value, _ key: CodingKeys) throws {
      value = try values.decodeIfPresent(Value.self, forKey: key) ?? value
    }
    self.init(batchSize: try values.decode(Int.self, forKey: .batchSize))
    try read(&epochs, .epochs)
    seconds = try values.decodeIfPresent(Double.self, forKey: .seconds)
    try read(&iterations, .iterations)
    try read(&validationIterations, .validationIterations)
    try read(&foregroundShare, .foregroundShare)
    try read(&negativeShare, .negativeShare)
    try read(&diceSmoothing, .diceSmoothing)
    try read(&foregroundWeight, .foregroundWeight)
    try read(&loss, .loss)
    try read(&mirrors, .mirrors)
    try read(&initialRate, .initialRate)
    try read(&weightDecay, .weightDecay)
    try read(&optimizer, .optimizer)
    try read(&momentum, .momentum)
    try read(&gradientLimit, .gradientLimit)
    try read(&saveEvery, .saveEvery)
    try read(&seed, .seed)
    patience = try values.decodeIfPresent(Int.self, forKey: .patience)
    sideAxis = try values.decodeIfPresent(Int.self, forKey: .sideAxis)
  }
}
