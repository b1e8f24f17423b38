// SPDX-License-Identifier: Apache-2.0
import NNUNet
import Torch

/// The windows of one case, in the order in which their predictions are added up.
struct CaseWindows {
  /// The first voxel (z, y, x) on the padded grid of each window that is computed.
  let places: [[Int]]
  /// How many there are with those that a filter passes over.
  let count: Int
  private let one: PreprocessedCase
  private let window: SlidingWindow
  /// The size (z, y, x); a window in 2D is one slice thick.
  private let size: [Int]
  private let padding: [(before: Int, after: Int)]
  private let filter: WindowFilter?
  private let passedOver: [[Int]]

  /// The windows of a case; a filter may leave some of them.
  init(_ window: SlidingWindow, of one: PreprocessedCase, filter: WindowFilter? = nil) {
    let isFlat = window.patchSize.count == 2
    let size = isFlat ? [1] + window.patchSize : window.patchSize
    // Every slice in 2D stands by itself and is never padded.
    let padding =
      isFlat
      ? [(before: 0, after: 0)] + window.padding(for: Array(one.shape.dropFirst()))
      : window.padding(for: one.shape)
    let shape = zip(one.shape, padding).map { $0 + $1.before + $1.after }
    let all =
      isFlat
      ? (0..<shape[0]).flatMap { z in
        window.positions(for: Array(shape.dropFirst())).map { [z] + $0 }
      } : window.positions(for: shape)
    func isNeeded(_ place: [Int]) -> Bool {
      filter?.isNeeded(zip(place, padding).map { $0 - $1.before }, size) ?? true
    }
    count = all.count
    places = all.filter(isNeeded)
    passedOver = filter == nil ? [] : all.filter { !isNeeded($0) }
    (self.window, self.one, self.size, self.padding, self.filter) =
      (window, one, size, padding, filter)
  }

  /// Whether a test holds for a window, by its first voxel in the image and its size.
  func `is`(_ index: Int, _ test: ([Int], [Int]) -> Bool) -> Bool {
    test(start(index), size)
  }

  /// The image (batch, channel, spatial axes…) in some of the windows.
  func input(_ indices: ArraySlice<Int>) throws -> Tensor {
    try Tensor(
      indices.flatMap { one.window(at: start($0), size: size) },
      shape: [indices.count, one.channels] + window.patchSize)
  }

  /// Predictions (class, z, y, x) of windows as one tensor (batch, class, spatial axes…).
  func tensor(_ predictions: [[Float]]) throws -> Tensor {
    let classes = (predictions.first?.count ?? 0) / size.reduce(1, *)
    return try Tensor(
      predictions.flatMap(\.self), shape: [predictions.count, classes] + window.patchSize)
  }

  /// The weighted mean of the windows' predictions: logits (class, z, y, x) of the image.
  ///
  /// `predict` hands them over by index, each once, in this order.
  func mean(
    classes: Int, of predict: ((Int, UnsafeBufferPointer<Float>) -> Void) throws -> Void
  ) throws -> [Float16] {
    let shape = zip(one.shape, padding).map { $0 + $1.before + $1.after }
    var sum = LogitAccumulator(channels: classes, shape: shape, window: window)
    if let filter {
      filter.prediction(voxels: size.reduce(1, *)).withUnsafeBufferPointer { values in
        for place in passedOver { sum.add(values, at: place) }
      }
    }
    try predict { index, values in sum.add(values, at: places[index]) }
    return try sum.mean(
      inside: zip(padding, one.shape).map { $0.before..<$0.before + $1 }, subject: one.name)
  }

  private func start(_ index: Int) -> [Int] {
    zip(places[index], padding).map { $0 - $1.before }
  }
}
