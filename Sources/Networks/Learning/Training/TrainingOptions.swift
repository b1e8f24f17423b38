// SPDX-License-Identifier: Apache-2.0

/// How one fold is trained; the defaults are nnU-Net's (nnunetv2 2.8.1) but for the epochs.
public struct TrainingOptions: Sendable, Hashable, Codable {
  /// The number of epochs; nnU-Net's own default is 1000.
  public var epochs = 200
  /// A time budget in seconds; where it is shorter than the epochs the schedule follows the clock.
  public var seconds: Double?
  /// Training steps of an epoch.
  public var iterations = 250
  /// Validation steps of an epoch.
  public var validationIterations = 50
  /// The samples of a step.
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
  /// How much a voxel of the foreground counts in the cross-entropy; nnU-Net's is 1.
  public var foregroundWeight = 1.0
  /// The terms of the loss.
  public var loss = LossTerms.diceCrossEntropy
  /// Whether patches are mirrored; calcium that looks alike on both sides does not need it off.
  public var mirrors = true
  /// The patch's axis between left and right where labels differ by side: it is never mirrored.
  public var sideAxis: Int?
  /// The learning rate of the first step.
  public var initialRate = 0.01
  /// The weight decay, on every parameter.
  public var weightDecay = 3e-5
  /// What changes the parameters.
  public var optimizer = OptimizerChoice.sgd
  /// The momentum of SGD (Nesterov).
  public var momentum = 0.99
  /// The largest norm that the gradients may have.
  public var gradientLimit = 12.0
  /// An epoch after which a checkpoint is written always, besides the best ones.
  public var saveEvery = 50
  /// The seed of weights, sampling and augmentation.
  public var seed: UInt64 = 1
  /// Epochs without a new best pseudo-Dice after which the training ends; nnU-Net has none.
  public var patience: Int?

  /// nnU-Net's defaults with a plan's batch size.
  public init(batchSize: Int) { self.batchSize = batchSize }

  /// How much of the training lies behind, from 0 to 1.
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

  /// Whether another epoch fits, given how long the epochs took on average.
  public func hasTime(epoch: Int, elapsed seconds: Double, perEpoch: Double) -> Bool {
    guard epoch < epochs else { return false }
    guard let budget = self.seconds else { return true }
    // Half an epoch too long is as far from the budget as half an epoch too short.
    return epoch == 0 || seconds + perEpoch / 2 <= budget
  }
}

extension TrainingOptions {
  /// Reads options; what an older version did not have yet keeps its default.
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
