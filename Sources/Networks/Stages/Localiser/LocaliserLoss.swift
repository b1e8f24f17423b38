// SPDX-License-Identifier: Apache-2.0
import Torch

/// The terms of the localiser's loss: cross-entropy + (1 − soft Dice) + a factor times the weighted
/// squared error of the heat maps.
///
/// The cross-entropy is the mean over the voxels that count. Dice is (2 Σpg + s) / (Σp + Σg + s) with
/// sums over the counted voxels of the batch; its mean runs over the classes that are present in the
/// batch, without the background. The squared error is the mean of (1 + 20 t)(h − t)² over the voxels
/// of the heat maps, where t is the target, so that the few voxels near an artery are not lost among
/// the many that are zero.
public struct LocaliserLoss: Codable, Hashable, Sendable {
  /// The factor of the squared error, with which the three terms are of one size.
  public var heatMapFactor: Double
  /// How many times the weight of a voxel grows from target 0 to target 1.
  public var targetWeight: Double
  /// The smoothing term s of Dice, in voxels.
  public var diceSmoothing: Double

  /// Terms of the usual sizes.
  public init(heatMapFactor: Double = 5, targetWeight: Double = 20, diceSmoothing: Double = 1) {
    self.heatMapFactor = heatMapFactor
    self.targetWeight = targetWeight
    self.diceSmoothing = diceSmoothing
  }

  /// The loss and its parts, each a tensor of one value on the device of the outputs.
  ///
  /// - Parameters:
  ///   - logits: (batch, classes, z, y, x).
  ///   - heatMaps: (batch, maps, z, y, x).
  ///   - target: what should have come out.
  func callAsFunction(_ logits: Tensor, _ heatMaps: Tensor?, _ target: LocaliserTarget) throws
    -> [(name: String, tensor: Tensor)]
  {
    let dice = try dice(logits, target)
    return [
      ("cross-entropy", try crossEntropy(logits, target)),
      ("dice", try dice.map { try 1 - $0 } ?? zero(logits)),
      ("heat maps", try heatError(heatMaps, target) ?? zero(logits)),
    ]
  }

  /// A zero that is recorded like the other terms.
  private func zero(_ logits: Tensor) throws -> Tensor { try Tensor(0, on: logits.device) }

  private func crossEntropy(_ logits: Tensor, _ target: LocaliserTarget) throws -> Tensor {
    // The mean over no voxels would not be a number.
    target.counts.allSatisfy { $0 == 0 }
      ? try zero(logits)
      : try logits.crossEntropy(target.classes, ignored: Int(LocaliserSample.notCounted))
  }

  /// The mean Dice of the classes that are present; nil where there are none.
  private func dice(_ logits: Tensor, _ target: LocaliserTarget) throws -> Tensor? {
    let present = target.counts.enumerated().map { $0 > 0 && $1 > 0 ? 1 : 0 as Float }
    let number = present.reduce(0, +)
    guard number > 0 else { return nil }
    var prediction = try logits.softmax(1)
    var truth = try Tensor.zeros(logits.shape, on: logits.device)
      .scattered(1, target.countedClasses.unsqueezed(1), 1)
    if let mask = target.mask {
      (prediction, truth) = (try prediction * mask, try truth * mask)
    }
    let axes = [0, 2, 3, 4]
    let overlap = try (prediction * truth).sum(axes)
    let sizes = try prediction.sum(axes) + truth.sum(axes)
    let dice = try (overlap * 2 + diceSmoothing) / (sizes + diceSmoothing)
    let weights = try Tensor(present.map { $0 / number }).to(logits.device)
    return try (dice * weights).sum()
  }

  private func heatError(_ heatMaps: Tensor?, _ target: LocaliserTarget) throws -> Tensor? {
    guard let heatMaps, let wanted = target.heatMaps else { return nil }
    let error = try heatMaps - wanted
    return try (error * error * (wanted * targetWeight + 1)).mean() * heatMapFactor
  }
}
