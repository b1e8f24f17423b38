// SPDX-License-Identifier: Apache-2.0
import NNUNet
import Torch

/// The sliding windows of one case, in the order in which their predictions are summed.
struct CaseWindows {
  /// The first voxel (z, y, x), on the padded grid, of each window that is computed.
  let positions: [[Int]]
  /// The number of all windows, including those that a filter skips.
  let count: Int
  private let preprocessed: PreprocessedCase
  private let window: SlidingWindow
  /// The size (z, y, x); a window in 2D is one slice thick.
  private let size: [Int]
  private let padding: [(before: Int, after: Int)]
  private let filter: WindowFilter?
  private let skipped: [[Int]]

  /// The windows of a case, some of which a filter may skip.
  init(_ window: SlidingWindow, of preprocessed: PreprocessedCase, filter: WindowFilter? = nil) {
    let isFlat = window.patchSize.count == 2
    let size = isFlat ? [1] + window.patchSize : window.patchSize
    // In 2D each slice is predicted by itself, so there is no padding along z.
    let padding =
      isFlat
      ? [(before: 0, after: 0)] + window.padding(for: Array(preprocessed.shape.dropFirst()))
      : window.padding(for: preprocessed.shape)
    let shape = zip(preprocessed.shape, padding).map { $0 + $1.before + $1.after }
    let all =
      isFlat
      ? (0..<shape[0]).flatMap { z in
        window.positions(for: Array(shape.dropFirst())).map { [z] + $0 }
      } : window.positions(for: shape)
    func isNeeded(_ position: [Int]) -> Bool {
      filter?.isNeeded(zip(position, padding).map { $0 - $1.before }, size) ?? true
    }
    count = all.count
    positions = all.filter(isNeeded)
    skipped = filter == nil ? [] : all.filter { !isNeeded($0) }
    (self.window, self.preprocessed, self.size, self.padding, self.filter) =
      (window, preprocessed, size, padding, filter)
  }

  /// Whether a condition holds for a window, given its first voxel in the image and its size.
  func satisfies(_ index: Int, _ test: ([Int], [Int]) -> Bool) -> Bool {
    test(start(index), size)
  }

  /// The image in some of the windows, (batch, channel, spatial axes…).
  func input(_ indices: ArraySlice<Int>) throws -> Tensor {
    try Tensor(
      indices.flatMap { preprocessed.window(at: start($0), size: size) },
      shape: [indices.count, preprocessed.channels] + window.patchSize)
  }

  /// Predictions (class, z, y, x) of windows as one tensor (batch, class, spatial axes…).
  func tensor(_ predictions: [[Float]]) throws -> Tensor {
    let classes = (predictions.first?.count ?? 0) / size.reduce(1, *)
    return try Tensor(
      predictions.flatMap(\.self), shape: [predictions.count, classes] + window.patchSize)
  }

  /// The weighted mean of the windows' predictions: logits (class, z, y, x) of the image.
  ///
  /// - Parameter predict: calls its argument with the index and the prediction of each window, in
  ///   order.
  func mean(
    classes: Int, of predict: ((Int, UnsafeBufferPointer<Float>) -> Void) throws -> Void
  ) throws -> [Float16] {
    let shape = zip(preprocessed.shape, padding).map { $0 + $1.before + $1.after }
    var sum = LogitAccumulator(channels: classes, shape: shape, window: window)
    if let filter {
      filter.prediction(voxels: size.reduce(1, *)).withUnsafeBufferPointer { values in
        for position in skipped { sum.add(values, at: position) }
      }
    }
    try predict { index, values in sum.add(values, at: positions[index]) }
    return try sum.mean(
      inside: zip(padding, preprocessed.shape).map { $0.before..<$0.before + $1 },
      subject: preprocessed.name)
  }

  private func start(_ index: Int) -> [Int] {
    zip(positions[index], padding).map { $0 - $1.before }
  }
}
