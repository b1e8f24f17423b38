// SPDX-License-Identifier: Apache-2.0
import NNUNet
import Torch

/// The windows of a case that hold a part of a target, as a prediction tiles it.
///
/// Predictions are means of overlapping windows by a Gaussian. The target's weights are shared out in
/// the same way, so that the numbers of all windows add up to that of the whole prediction.
struct CaseTiles {
  /// One window: its first voxel (z, y, x) in the image, which may lie before it, and its part of the
  /// target.
  struct Tile {
    let start: [Int]
    /// The logits' weights (classes, z, y, x).
    let weights: [Float]
    /// Σ |weights|.
    let share: Double
  }

  let tiles: [Tile]
  /// The size (z, y, x) of a window.
  let size: [Int]
  /// The weights by which overlapping windows are averaged, (z, y, x).
  let gaussian: [Float]
  private let patch: [Int]

  /// The windows of a case with a target.
  init(_ window: SlidingWindow, of shape: [Int], target: CaseTarget, classes: Int) {
    let isFlat = window.patchSize.count == 2
    let size = isFlat ? [1] + window.patchSize : window.patchSize
    let padding =
      isFlat
      ? [(before: 0, after: 0)] + window.padding(for: Array(shape.dropFirst()))
      : window.padding(for: shape)
    let padded = zip(shape, padding).map { $0 + $1.before + $1.after }
    let places =
      isFlat
      ? (0..<padded[0]).flatMap { z in
        window.positions(for: Array(padded.dropFirst())).map { [z] + $0 }
      } : window.positions(for: padded)
    let starts = places.map { zip($0, padding).map { $0 - $1.before } }
    let gaussian = window.gaussian().map(Float.init)
    (self.size, self.gaussian, patch) = (size, gaussian, window.patchSize)
    var sums = [Float](repeating: 0, count: shape.reduce(1, *))
    for start in starts {
      Self.each(start, size, shape) { inside, whole in sums[whole] += gaussian[inside] }
    }
    let count = size.reduce(1, *)
    tiles = starts.compactMap { start in
      var weights: [Float] = []
      var share = 0.0
      Self.each(start, size, shape) { inside, whole in
        guard let signs = target.weights(at: whole) else { return }
        if weights.isEmpty { weights = Array(repeating: 0, count: classes * count) }
        let part = Double(gaussian[inside] / sums[whole]) / Double(target.count)
        for c in 0..<classes {
          weights[c * count + inside] = Float(signs[c] * part)
          share += abs(signs[c] * part)
        }
      }
      return weights.isEmpty ? nil : Tile(start: start, weights: weights, share: share)
    }
  }

  /// Calls a function with the index within a window and within the image, where both have a voxel.
  static func each(
    _ start: [Int], _ size: [Int], _ shape: [Int], _ body: (_ inside: Int, _ whole: Int) -> Void
  ) {
    let ranges = (0..<3).map { max(0, -start[$0])..<max(0, min(size[$0], shape[$0] - start[$0])) }
    guard ranges.allSatisfy({ !$0.isEmpty }) else { return }
    for z in ranges[0] {
      for y in ranges[1] {
        let line = ((start[0] + z) * shape[1] + start[1] + y) * shape[2] + start[2]
        let own = (z * size[1] + y) * size[2]
        for x in ranges[2] { body(own + x, line + x) }
      }
    }
  }

  /// The image in a window, (1, channels, spatial axes…).
  func image(_ tile: Tile, of preprocessed: PreprocessedCase) throws -> Tensor {
    try Tensor(
      preprocessed.window(at: tile.start, size: size), shape: [1, preprocessed.channels] + patch)
  }

  /// The weights of a window's logits, (1, classes, spatial axes…).
  func weights(_ tile: Tile) throws -> Tensor {
    try Tensor(tile.weights, shape: [1, tile.weights.count / size.reduce(1, *)] + patch)
  }

  /// The window with most of the target.
  var busiest: Tile? { tiles.max { $0.share < $1.share } }
}
