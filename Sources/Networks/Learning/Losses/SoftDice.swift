// SPDX-License-Identifier: Apache-2.0
import Torch

/// The negative mean soft Dice of probabilities and a target of zeros and ones (Drozdzal 2016).
///
/// dice = (2 Σpg + s) / max(Σp + Σg + s, 1e-8) with sums over space, and with `batchDice` over the batch
/// as well.
struct SoftDice {
  /// Whether the sums run over the batch as if it were one large image.
  var batchDice: Bool
  /// The smoothing term s.
  var smooth: Double
  /// The processes that share the batch; the result is then this process's part.
  var parallel: DataParallel?

  /// The loss of probabilities and target, (batch, classes, spatial axes…).
  ///
  /// - Parameter counted: one channel that is 0 at ignored voxels and 1 elsewhere.
  func callAsFunction(_ guess: Tensor, _ truth: Tensor, counted: Tensor?) throws -> Tensor {
    let guess = try counted.map { try guess * $0 } ?? guess
    let truth = try counted.map { try truth * $0 } ?? truth
    let axes = (batchDice ? [0] : []) + Array(2..<guess.rank)
    var overlap = try (guess * truth).sum(axes)
    var sizes = try guess.sum(axes) + truth.sum(axes)
    if batchDice, let parallel {
      let both = try parallel.total(.stacked([overlap, sizes]))
      (overlap, sizes) = (try both.selected(0, 0), try both.selected(0, 1))
    }
    let dice = try (overlap * 2 + smooth) / (sizes + smooth).clipped(1e-8, .infinity)
    guard let parallel else { return try -dice.mean() }
    return try dice.mean() * -(batchDice ? 1 / Double(parallel.group.size) : parallel.share)
  }
}
