// SPDX-License-Identifier: Apache-2.0
public import NNUNet
public import Torch

/// The terms of a loss; the raw values are those of the command line.
///
/// nnU-Net's trainer uses Dice and cross-entropy; its variants (nnUNetTrainerDiceLoss, …CELoss,
/// …Topk10Loss, …DiceTopK10Loss) use the others.
public enum LossTerms: String, Sendable, Hashable, Codable, CaseIterable {
  /// Soft Dice and mean cross-entropy.
  case diceCrossEntropy = "dice-ce"
  /// Soft Dice and the mean cross-entropy of the worst tenth of the voxels.
  case diceTopK = "dice-topk"
  /// Soft Dice alone.
  case dice
  /// Cross-entropy alone.
  case crossEntropy = "ce"
  /// The mean cross-entropy of the worst tenth of the voxels.
  case topK = "topk"

  /// The voxels whose cross-entropies are averaged.
  enum CrossEntropy {
    /// All voxels.
    case mean
    /// The tenth of the voxels with the largest cross-entropy.
    case topK
  }

  var crossEntropy: CrossEntropy? {
    switch self {
    case .diceCrossEntropy, .crossEntropy: .mean
    case .diceTopK, .topK: .topK
    case .dice: nil
    }
  }

  var hasDice: Bool { self != .crossEntropy && self != .topK }

  /// Whether the terms exist for regions, too; nnU-Net has no top-k and no cross-entropy alone
  /// there.
  public var allowsRegions: Bool { self == .diceCrossEntropy || self == .dice }
}

/// The loss of one grid, for labels or for regions.
public enum SegmentationLoss: Sendable, Equatable {
  /// One class for each voxel.
  case labels(DiceCrossEntropy)
  /// Regions, which may overlap.
  case regions(RegionLoss)

  /// The loss for the labels of a data set.
  ///
  /// - Throws: `LearningError` with the code `unsupported` where the labels are regions and the
  ///   terms do not exist for them.
  public init(
    _ scheme: LabelScheme, batchDice: Bool,
    smooth: Double = TrainingOptions.default.diceSmoothing,
    foregroundWeight: Double = TrainingOptions.default.foregroundWeight,
    terms: LossTerms = TrainingOptions.default.loss
  ) throws {
    guard scheme.hasRegions else {
      self = .labels(
        DiceCrossEntropy(
          batchDice: batchDice, smooth: smooth, foregroundWeight: foregroundWeight,
          ignoreLabel: scheme.ignoreLabel, terms: terms))
      return
    }
    guard terms.allowsRegions, foregroundWeight == 1 else {
      throw LearningError(
        .unsupported, subject: foregroundWeight == 1 ? terms.rawValue : "a foreground weight",
        detail: "is no loss for regions; take dice-ce or dice, with the foreground weight 1")
    }
    self = .regions(
      RegionLoss(
        batchDice: batchDice, smooth: smooth, hasIgnoreLabel: scheme.ignoreLabel != nil,
        hasCrossEntropy: terms.crossEntropy != nil))
  }

  /// The loss of logits against a target of `TrainingTarget` on the same grid.
  ///
  /// - Parameters:
  ///   - logits: (batch, classes or regions, spatial axes…).
  ///   - target: what `TrainingTarget` made on the same grid.
  ///   - parallel: the processes that share the batch; the loss is then this process's part.
  public func callAsFunction(
    _ logits: Tensor, _ target: Tensor, parallel: DataParallel? = nil
  ) throws -> Tensor {
    switch self {
    case .labels(let loss): try loss(logits, target, parallel: parallel)
    case .regions(let loss): try loss(logits, target, parallel: parallel)
    }
  }
}
