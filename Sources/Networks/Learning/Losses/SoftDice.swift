// SPDX-License-Identifier: Apache-2.0
import Torch

/// The negative mean soft Dice of probabilities and a target of zeros and ones (Drozdzal 2016).
///
/// dice = (2 Σpg + s) / max(Σp + Σg + s, 1e-8) with sums over space, and over the batch as well with
/// `batchDice`.
struct SoftDice {
  /// Whether the batch counts as one large image.
  var batchDice: Bool
  /// What is added above and below the ratio.
  var smooth: Double
  /// The processes that share a batch; the result is then this one's part of the batch's.
  var parallel: DataParallel?

  /// Probabilities and target are (batch, classes, spatial axes…); `counted`, of one channel, is 0
  /// where voxels do not count.
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
