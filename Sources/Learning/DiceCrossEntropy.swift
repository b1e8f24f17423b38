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

  /// A loss with nnU-Net's smoothing.
  public init(
    batchDice: Bool, smooth: Double = 1e-5, foregroundWeight: Double = 1, ignoredLabel: Int? = nil
  ) {
    self.batchDice = batchDice
    self.smooth = smooth
    self.foregroundWeight = foregroundWeight
    self.ignoredLabel = ignoredLabel
  }

  /// The loss of logits (batch, classes, spatial axes…) against labels (batch, spatial axes…).
  ///
  /// Labels may be of any integer kind, with or without a channel axis of length 1, and must lie in
  /// 0..<classes or be the ignored label.
  public func callAsFunction(_ logits: Tensor, _ labels: Tensor) throws -> Tensor {
    let (crossEntropy, dice) = try terms(logits, labels)
    return try crossEntropy + dice
  }

  /// The two terms of the loss: the cross-entropy and the negative mean Dice.
  public func terms(_ logits: Tensor, _ labels: Tensor) throws -> (
    crossEntropy: Tensor, dice: Tensor
  ) {
    let logits = try logits.to(.float32)
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
    let weight = try foregroundWeight == 1 ? nil : weights(logits)
    guard let ignoredLabel else {
      return (
        try logits.crossEntropy(target, weight: weight), try dice(logits, target, counted: nil)
      )
    }
    let ignored = try target.equals(Double(ignoredLabel))
    let counted = try ignored.not()
    let known = try target.filled(where: ignored, with: 0)
    let crossEntropy =
      try counted.to(.float32).sum().item() > 0
      ? logits.crossEntropy(target, weight: weight, ignored: ignoredLabel) : (logits * 0).sum()
    return (
      crossEntropy,
      try dice(logits, known, counted: counted.unsqueezed(1).to(.float32))
    )
  }

  /// One weight a class: 1 for the background.
  private func weights(_ logits: Tensor) throws -> Tensor {
    try Tensor((0..<logits.shape[1]).map { $0 == 0 ? 1 : Float(foregroundWeight) })
      .to(logits.device)
  }

  /// The negative mean Dice.
  private func dice(_ logits: Tensor, _ target: Tensor, counted: Tensor?) throws -> Tensor {
    let classes = logits.shape[1]
    let place = try logits.device
    // One-hot first, background dropped after: the label 0 must land somewhere.
    var truth = try Tensor.zeros(logits.shape, on: place)
      .scattered(1, target.unsqueezed(1), 1)
      .narrowed(1, from: 1, length: classes - 1)
    var guess = try logits.softmax(1).narrowed(1, from: 1, length: classes - 1)
    if let counted {
      truth = try truth * counted
      guess = try guess * counted
    }
    let axes = (batchDice ? [0] : []) + Array(2..<logits.rank)
    let overlap = try (guess * truth).sum(axes)
    let guessed = try guess.sum(axes)
    let there = try truth.sum(axes)
    let dice =
      try (overlap * 2 + smooth)
      / (guessed + there + smooth).clipped(1e-8, .infinity)
    return try -dice.mean()
  }
}
