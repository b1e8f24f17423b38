// SPDX-License-Identifier: Apache-2.0
import Torch

/// The negative mean soft Dice of probabilities and a target of zeros and ones (Drozdzal 2016).
///
/// dice = (2 Σpg + s) / max(Σp + Σg + s, 1e-8) with sums over space, and with `batchDice` over the
/// batch as well.
struct SoftDice {
  /// Whether the sums run over the batch as if it were one large image.
  var batchDice: Bool
  /// The smoothing term s.
  var smooth: Double
  /// The processes that share the batch; the result is then this process's part.
  var parallel: DataParallel?

  /// The loss of probabilities and target, (batch, classes, spatial axes…).
  ///
  /// - Parameter mask: one channel that is 0 at ignored voxels and 1 elsewhere.
  func callAsFunction(_ prediction: Tensor, _ target: Tensor, mask: Tensor?) throws -> Tensor {
    let prediction = try mask.map { try prediction * $0 } ?? prediction
    let target = try mask.map { try target * $0 } ?? target
    let axes = (batchDice ? [0] : []) + Array(2..<prediction.rank)
    var overlap = try (prediction * target).sum(axes)
    var sizes = try prediction.sum(axes) + target.sum(axes)
    if batchDice, let parallel {
      let both = try parallel.total(.stacked([overlap, sizes]))
      (overlap, sizes) = (try both.selected(0, 0), try both.selected(0, 1))
    }
    let dice = try (overlap * 2 + smooth) / (sizes + smooth).clipped(1e-8, .infinity)
    guard let parallel else { return try -dice.mean() }
    return try dice.mean() * -(batchDice ? 1 / Double(parallel.group.size) : parallel.share)
  }
}
