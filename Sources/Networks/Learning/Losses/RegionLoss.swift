// SPDX-License-Identifier: Apache-2.0
import Text
public import Torch

/// Binary cross-entropy plus soft Dice of sigmoids, nnU-Net's loss for regions.
///
/// The cross-entropy is the mean over all voxels and regions, and Dice is computed for every
/// region; there is no background. Where a label is ignored, the sum of the cross-entropies of all
/// regions is divided by the number of voxels that count and not by the number of regions, as in
/// nnU-Net.
public struct RegionLoss: Sendable, Equatable {
  /// Whether Dice is computed over the batch as if it were one large image.
  public var batchDice: Bool
  /// The smoothing term of Dice.
  public var smooth: Double
  /// Whether the last channel of the target marks ignored voxels.
  public var hasIgnoreLabel: Bool
  /// Whether the loss has the cross-entropy, or Dice alone.
  public var hasCrossEntropy: Bool

  /// A loss with nnU-Net's smoothing.
  public init(
    batchDice: Bool, smooth: Double = TrainingOptions.default.diceSmoothing,
    hasIgnoreLabel: Bool = false, hasCrossEntropy: Bool = true
  ) {
    self.batchDice = batchDice
    self.smooth = smooth
    self.hasIgnoreLabel = hasIgnoreLabel
    self.hasCrossEntropy = hasCrossEntropy
  }

  /// The loss of logits (batch, regions, spatial axes…) against masks of that shape, with one
  /// channel more where voxels may be ignored.
  ///
  /// - Parameters:
  ///   - logits: (batch, regions, spatial axes…).
  ///   - target: masks of that shape, with one channel more where voxels may be ignored.
  ///   - parallel: the processes that share the batch; the loss is then this process's part.
  /// - Throws: `LearningError` with the code `input` where the shapes do not fit.
  public func callAsFunction(
    _ logits: Tensor, _ target: Tensor, parallel: DataParallel? = nil
  ) throws -> Tensor {
    let (crossEntropy, dice) = try terms(logits, target, parallel: parallel)
    return try hasCrossEntropy ? crossEntropy + dice : dice
  }

  /// The two terms of the loss: the cross-entropy and the negative mean Dice.
  public func terms(
    _ logits: Tensor, _ target: Tensor, parallel: DataParallel? = nil
  ) throws -> (crossEntropy: Tensor, dice: Tensor) {
    let logits = try logits.to(.float32)
    let shape = logits.shape
    guard shape.count >= 3,
      target.shape == [shape[0], shape[1] + (hasIgnoreLabel ? 1 : 0)] + shape.dropFirst(2)
    else {
      throw LearningError(
        .input, subject: "regions of shape \(crossed(target.shape))",
        detail: "they do not fit logits of shape \(crossed(shape))")
    }
    let masks = try target.to(.float32)
    let soft = SoftDice(batchDice: batchDice, smooth: smooth, parallel: parallel)
    guard hasIgnoreLabel else {
      return (
        try logits.binaryCrossEntropy(masks) * (parallel?.share ?? 1),
        try soft(logits.sigmoid(), masks, mask: nil)
      )
    }
    let target = try masks.narrowed(1, from: 0, length: shape[1])
    let mask = try masks.narrowed(1, from: shape[1], length: 1) * -1 + 1
    let all = try logits.binaryCrossEntropy(target, reduction: .none)
    let validCount = try mask.sum()
    try parallel?.group.sum([validCount])
    return (
      try (all * mask).sum() / validCount.clipped(1e-8, .infinity),
      try soft(logits.sigmoid(), target, mask: mask)
    )
  }
}
