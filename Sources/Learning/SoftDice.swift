// SPDX-License-Identifier: Apache-2.0
import Torch

/// The negative mean soft Dice of probabilities and a target of zeros and ones (Drozdzal 2016).
///
/// dice = (2 Σpg + s) / max(Σp + Σg + s, 1e-8) with sums over space, and over the batch as well with
/// `batchDice`.
struct SoftDice: Sendable, Equatable {
  /// Whether the batch counts as one large image.
  var batchDice: Bool
  /// What is added above and below the ratio.
  var smooth: Double

  /// Probabilities and target are (batch, classes, spatial axes…); `counted`, of one channel, is 0
  /// where voxels do not count.
  func callAsFunction(_ guess: Tensor, _ truth: Tensor, counted: Tensor?) throws -> Tensor {
    let guess = try counted.map { try guess * $0 } ?? guess
    let truth = try counted.map { try truth * $0 } ?? truth
    let axes = (batchDice ? [0] : []) + Array(2..<guess.rank)
    let overlap = try (guess * truth).sum(axes)
    let dice =
      try (overlap * 2 + smooth)
      / (guess.sum(axes) + truth.sum(axes) + smooth).clipped(1e-8, .infinity)
    return try -dice.mean()
  }
}
