// SPDX-License-Identifier: Apache-2.0
import Text
public import Torch

/// Cross-entropy plus soft Dice, nnU-Net's loss for labels.
///
/// For each class except the background, dice = (2 Σpg + s) / max(Σp + Σg + s, 1e-8), where p is
/// the softmax, g the one-hot target, s the smoothing term, and sums run over space. The loss is
/// the mean cross-entropy minus the mean dice (Isensee 2021; Drozdzal 2016 for the soft Dice). With
/// `batchDice` the sums of the ratio also run over the batch. All is computed in single precision.
public struct DiceCrossEntropy: Sendable, Equatable {
  /// Whether Dice is computed over the batch as if it were one large image.
  public var batchDice: Bool
  /// The smoothing term of the ratio; 0 for very small structures.
  public var smooth: Double
  /// The weight of a foreground voxel in the cross-entropy, relative to a background voxel.
  ///
  /// With nnU-Net's weight 1, the few calcium voxels of a whole slice hardly change the mean over
  /// all voxels, and a network predicts nothing for a thousand steps.
  public var foregroundWeight: Double
  /// The label of ignored voxels.
  public var ignoreLabel: Int?
  /// The terms of the loss.
  public var terms: LossTerms

  /// The share of voxels, those with the largest cross-entropy, whose mean is the top-k term.
  static let topShare = 0.1

  /// A loss with nnU-Net's smoothing.
  public init(
    batchDice: Bool, smooth: Double = TrainingOptions.default.diceSmoothing,
    foregroundWeight: Double = TrainingOptions.default.foregroundWeight, ignoreLabel: Int? = nil,
    terms: LossTerms = TrainingOptions.default.loss
  ) {
    self.batchDice = batchDice
    self.smooth = smooth
    self.foregroundWeight = foregroundWeight
    self.ignoreLabel = ignoreLabel
    self.terms = terms
  }

  /// The loss of logits (batch, classes, spatial axes…) against labels (batch, spatial axes…).
  ///
  /// Labels may be of any integer type, with or without a channel axis of length 1, and must be in
  /// 0..<classes or the ignored label.
  ///
  /// - Parameters:
  ///   - logits: (batch, classes, spatial axes…).
  ///   - labels: (batch, spatial axes…).
  ///   - parallel: the processes that share the batch; the loss is then this process's part.
  /// - Throws: `LearningError` with the code `input` where the shapes do not fit.
  public func callAsFunction(
    _ logits: Tensor, _ labels: Tensor, parallel: DataParallel? = nil
  ) throws -> Tensor {
    let parts = try Parts(logits, labels, ignored: ignoreLabel, parallel)
    switch (terms.crossEntropy, terms.hasDice) {
    case (let kind?, true): return try crossEntropy(kind, parts) + dice(parts)
    case (let kind?, false): return try crossEntropy(kind, parts)
    case (nil, _): return try dice(parts)
    }
  }

  /// Logits and labels of fitting shapes.
  private struct Parts {
    let logits: Tensor
    /// Class numbers and the ignored label.
    let target: Tensor
    /// A mask of the voxels that count, and the class numbers with 0 for ignored voxels; where
    /// there is an ignored label.
    let valid: (mask: Tensor, target: Tensor)?
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
          .input, subject: "logits of shape \(crossed(logits.shape))",
          detail: "(batch, at least 2 classes, spatial axes…) were expected")
      }
      guard target.shape == [logits.shape[0]] + logits.shape.dropFirst(2) else {
        throw LearningError(
          .input, subject: "labels of shape \(crossed(labels.shape))",
          detail: "they do not lie on the grid of logits of shape \(crossed(logits.shape))")
      }
      self.target = target
      valid = try ignored.map {
        let outside = try target.equals(Double($0))
        return (try outside.not(), try target.filled(where: outside, with: 0))
      }
    }
  }

  private func crossEntropy(_ kind: LossTerms.CrossEntropy, _ parts: Parts) throws -> Tensor {
    let logits = parts.logits
    let weight = try foregroundWeight == 1 ? nil : weights(logits)
    let ignored = ignoreLabel ?? -100
    if let parallel = parts.parallel {
      return try crossEntropy(kind, parts, weight: weight, ignored: ignored, parallel)
    }
    if let valid = parts.valid, try valid.mask.to(.float32).sum().item() == 0 {
      return try (logits * 0).sum()
    }
    switch kind {
    case .mean: return try logits.crossEntropy(parts.target, weight: weight, ignored: ignored)
    case .topK:
      let all = try logits.crossEntropy(
        parts.target, weight: weight, reduction: .none, ignored: ignored)
      // A coarse grid of a small patch may have fewer voxels than the share's inverse.
      return try all.reshaped([all.count])
        .largest(max(1, Int(Double(all.count) * Self.topShare))).mean()
    }
  }

  /// This process's part of the cross-entropy of the batch.
  private func crossEntropy(
    _ kind: LossTerms.CrossEntropy, _ parts: Parts, weight: Tensor?, ignored: Int,
    _ parallel: DataParallel
  ) throws -> Tensor {
    let (logits, target) = (parts.logits, parts.target)
    if kind == .mean, weight == nil, parts.valid == nil {
      return try logits.crossEntropy(target) * parallel.share
    }
    let all = try logits.crossEntropy(target, weight: weight, reduction: .none, ignored: ignored)
    guard kind == .mean else { return try parallel.worst(all, share: Self.topShare) }
    var counts = try parts.valid?.mask.to(.float32) ?? Tensor.ones(target.shape, on: all.device)
    if weight != nil {
      let foreground = try (parts.valid?.target ?? target).equals(0).not().to(.float32)
      counts = try counts * (foreground * (foregroundWeight - 1) + 1)
    }
    // Where no voxel counts, the sum is 0.
    let whole = try parallel.sums([counts.to(.float64).sum().item()])[0]
    return try all.sum() * (whole == 0 ? 0 : 1 / whole)
  }

  /// The weight of each class: 1 for the background.
  private func weights(_ logits: Tensor) throws -> Tensor {
    try Tensor((0..<logits.shape[1]).map { $0 == 0 ? 1 : Float(foregroundWeight) })
      .to(logits.device)
  }

  /// The negative mean Dice.
  private func dice(_ parts: Parts) throws -> Tensor {
    let logits = parts.logits
    let classes = logits.shape[1]
    // The one-hot code includes the background, which is removed afterwards, because label 0 needs
    // a channel.
    let target = try Tensor.zeros(logits.shape, on: logits.device)
      .scattered(1, (parts.valid?.target ?? parts.target).unsqueezed(1), 1)
      .narrowed(1, from: 1, length: classes - 1)
    let prediction = try logits.softmax(1).narrowed(1, from: 1, length: classes - 1)
    return try SoftDice(batchDice: batchDice, smooth: smooth, parallel: parts.parallel)(
      prediction, target, mask: parts.valid?.mask.unsqueezed(1).to(.float32))
  }
}
