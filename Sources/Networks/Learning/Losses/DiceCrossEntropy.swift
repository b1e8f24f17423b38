// SPDX-License-Identifier: Apache-2.0
public import Torch

/// Cross-entropy plus soft Dice, nnU-Net's loss for labels.
///
/// With p the softmax, g the one-hot target and sums over space, for each class but the background
/// dice = (2 Σpg + s) / max(Σp + Σg + s, 1e-8), s = 1e-5; the loss is the mean cross-entropy less
/// the mean dice (Isensee 2021; Drozdzal 2016 for the soft Dice). With `batchDice` the sums run over
/// the batch as well, before the ratio. Everything is computed in single precision.
public struct DiceCrossEntropy: Sendable, Equatable {
  /// Whether the batch counts as one large image.
  public var batchDice: Bool
  /// What is added above and below the ratio; 0 for very small structures.
  public var smooth: Double
  /// How much a voxel of the foreground counts in the cross-entropy, against 1 of the background.
  ///
  /// The mean is weighted. With 1, nnU-Net's, the handful of calcium voxels of a whole slice is lost
  /// in the mean over the others, and a network spends a thousand steps predicting nothing.
  public var foregroundWeight: Double
  /// The label of voxels that do not count.
  public var ignoredLabel: Int?
  /// Which of the two terms there are.
  public var terms: LossTerms

  /// The share of the voxels, those with the largest cross-entropy, that top-k takes the mean of.
  static let topShare = 0.1

  /// A loss with nnU-Net's smoothing.
  public init(
    batchDice: Bool, smooth: Double = TrainingOptions.default.diceSmoothing,
    foregroundWeight: Double = TrainingOptions.default.foregroundWeight, ignoredLabel: Int? = nil,
    terms: LossTerms = TrainingOptions.default.loss
  ) {
    self.batchDice = batchDice
    self.smooth = smooth
    self.foregroundWeight = foregroundWeight
    self.ignoredLabel = ignoredLabel
    self.terms = terms
  }

  /// The loss of logits (batch, classes, spatial axes…) against labels (batch, spatial axes…).
  ///
  /// Labels may be of any integer kind, with or without a channel axis of length 1, and must lie in
  /// 0..<classes or be the ignored label.
  /// With `parallel` they are a part of a batch, and so is the loss.
  public func callAsFunction(
    _ logits: Tensor, _ labels: Tensor, parallel: DataParallel? = nil
  ) throws -> Tensor {
    let parts = try Parts(logits, labels, ignored: ignoredLabel, parallel)
    switch (terms.crossEntropy, terms.hasDice) {
    case (let kind?, true): return try crossEntropy(kind, parts) + dice(parts)
    case (let kind?, false): return try crossEntropy(kind, parts)
    case (nil, _): return try dice(parts)
    }
  }

  /// Logits and labels that were compared with each other.
  private struct Parts {
    let logits: Tensor
    /// Class numbers, the ignored label among them.
    let target: Tensor
    /// Where labels count, and class numbers without the ignored one; where there is such a label.
    let known: (counted: Tensor, target: Tensor)?
    /// The processes that share the batch.
    let parallel: DataParallel?

    init(
      _ logits: Tensor, _ labels: Tensor, ignored: Int?, _ parallel: DataParallel?
    ) throws {
      self.parallel = parallel
      self.logits = try logits.to(.float32)
      var target = try labels.to(.int64)
      if target.rank == logits.rank { target = try target.squeezed(1) }
      guard logits.rank >= 3, logits.shape[1] >= 2 else {
        throw LearningError(
          .input, subject: "logits of shape \(logits.shape)",
          detail: "(batch, at least 2 classes, spatial axes…) were expected")
      }
      guard target.shape == [logits.shape[0]] + logits.shape.dropFirst(2) else {
        throw LearningError(
          .input, subject: "labels of shape \(labels.shape)",
          detail: "they do not lie on the grid of logits of shape \(logits.shape)")
      }
      self.target = target
      known = try ignored.map {
        let outside = try target.equals(Double($0))
        return (try outside.not(), try target.filled(where: outside, with: 0))
      }
    }
  }

  private func crossEntropy(_ kind: LossTerms.CrossEntropy, _ parts: Parts) throws -> Tensor {
    let logits = parts.logits
    let weight = try foregroundWeight == 1 ? nil : weights(logits)
    let ignored = ignoredLabel ?? -100
    if let parallel = parts.parallel {
      return try crossEntropy(kind, parts, weight: weight, ignored: ignored, parallel)
    }
    if let known = parts.known, try known.counted.to(.float32).sum().item() == 0 {
      return try (logits * 0).sum()
    }
    switch kind {
    case .mean: return try logits.crossEntropy(parts.target, weight: weight, ignored: ignored)
    case .worst:
      let all = try logits.crossEntropy(
        parts.target, weight: weight, reduction: .none, ignored: ignored)
      // A coarse grid of a small patch may have fewer voxels than the share's inverse.
      return try all.reshaped([all.count])
        .largest(max(1, Int(Double(all.count) * Self.topShare))).mean()
    }
  }

  /// This process's part of the batch's cross-entropy.
  private func crossEntropy(
    _ kind: LossTerms.CrossEntropy, _ parts: Parts, weight: Tensor?, ignored: Int,
    _ parallel: DataParallel
  ) throws -> Tensor {
    let (logits, target) = (parts.logits, parts.target)
    if kind == .mean, weight == nil, parts.known == nil {
      return try logits.crossEntropy(target) * parallel.share
    }
    let all = try logits.crossEntropy(target, weight: weight, reduction: .none, ignored: ignored)
    guard kind == .mean else { return try parallel.worst(all, share: Self.topShare) }
    var counts = try parts.known?.counted.to(.float32) ?? Tensor.ones(target.shape, on: all.device)
    if weight != nil {
      let foreground = try (parts.known?.target ?? target).equals(0).not().to(.float32)
      counts = try counts * (foreground * (foregroundWeight - 1) + 1)
    }
    // Without a voxel that counts all of the sum is 0.
    let whole = try parallel.sums([counts.to(.float64).sum().item()])[0]
    return try all.sum() * (whole == 0 ? 0 : 1 / whole)
  }

  /// One weight a class: 1 for the background.
  private func weights(_ logits: Tensor) throws -> Tensor {
    try Tensor((0..<logits.shape[1]).map { $0 == 0 ? 1 : Float(foregroundWeight) })
      .to(logits.device)
  }

  /// The negative mean Dice.
  private func dice(_ parts: Parts) throws -> Tensor {
    let logits = parts.logits
    let classes = logits.shape[1]
    // One-hot first, background dropped after: the label 0 must land somewhere.
    let truth = try Tensor.zeros(logits.shape, on: logits.device)
      .scattered(1, (parts.known?.target ?? parts.target).unsqueezed(1), 1)
      .narrowed(1, from: 1, length: classes - 1)
    let guess = try logits.softmax(1).narrowed(1, from: 1, length: classes - 1)
    return try SoftDice(batchDice: batchDice, smooth: smooth, parallel: parts.parallel)(
      guess, truth, counted: parts.known?.counted.unsqueezed(1).to(.float32))
  }
}
