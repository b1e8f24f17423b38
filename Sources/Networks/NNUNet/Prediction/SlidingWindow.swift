// SPDX-License-Identifier: Apache-2.0
internal import Foundation

/// The positions of overlapping windows on an image, and the weights of their predictions.
public struct SlidingWindow: Hashable, Sendable {
  /// The window's size, two or three axes.
  public let patchSize: [Int]
  /// The step between windows as a share of the window.
  public let step: Double

  /// Windows of a size; nnU-Net steps by half a window.
  public init(patchSize: [Int], step: Double = 0.5) {
    precondition(patchSize.allSatisfy { $0 > 0 } && step > 0 && step <= 1, "a window and a step")
    self.patchSize = patchSize
    self.step = step
  }

  /// The number of zeros before and after an image along each axis where it is shorter than a
  /// window.
  public func padding(for shape: [Int]) -> [(before: Int, after: Int)] {
    zip(shape, patchSize).map { size, patch in
      let missing = max(0, patch - size)
      return (missing / 2, missing - missing / 2)
    }
  }

  /// The first voxels of the windows along one axis, evenly spread from border to border.
  public static func positions(size: Int, patch: Int, step: Double = 0.5) -> [Int] {
    precondition(size >= patch, "the image is padded first")
    let target = Double(patch) * step
    let count = Int((Double(size - patch) / target).rounded(.up)) + 1
    if count == 1 { return [0] }
    let actual = Double(size - patch) / Double(count - 1)
    return (0..<count).map { Int((actual * Double($0)).rounded(.toNearestOrEven)) }
  }

  /// The first voxels of all windows on a (padded) image of as many axes, the last axis fastest.
  public func positions(for shape: [Int]) -> [[Int]] {
    precondition(shape.count == patchSize.count, "shape and window of equal rank")
    var windows: [[Int]] = [[]]
    for (size, patch) in zip(shape, patchSize) {
      let along = Self.positions(size: max(size, patch), patch: patch, step: step)
      windows = windows.flatMap { window in along.map { window + [$0] } }
    }
    return windows
  }

  /// The weight of each voxel of a window: a Gaussian of σ = size/8 with the maximum 10 in float16.
  ///
  /// Values that become 0 in float16 are replaced by the smallest other value, so that every voxel
  /// counts.
  public func gaussian() -> [Float16] {
    var map = [1.0]
    for patch in patchSize {
      let sigma = Double(patch) / 8
      let radius = Int(4 * sigma + 0.5)
      let kernel = (-radius...radius).map { exp(-0.5 / (sigma * sigma) * Double($0 * $0)) }
      let sum = PairwiseSum.sum(kernel.count) { kernel[$0] }
      let line = (0..<patch).map { i -> Double in
        let d = abs(i - patch / 2)
        return d <= radius ? kernel[radius + d] / sum : 0
      }
      map = map.flatMap { weight in line.map { weight * $0 } }
    }
    let largest = map.max() ?? 1
    // Converted by way of float32, as in libtorch.
    var half = map.map { Float16(Float($0 / largest * 10)) }
    let smallest = half.filter { $0 > 0 }.min() ?? 1
    for i in half.indices where half[i] == 0 { half[i] = smallest }
    return half
  }
}

/// Sums weighted predictions of windows in float16, as nnU-Net does.
///
/// Each addition is computed in float32 and rounded.
public struct LogitAccumulator: Sendable {
  /// The number of output channels.
  public let channels: Int
  /// The padded shape (z, y, x).
  public let shape: [Int]
  private let patch: [Int]
  /// Whether windows are one slice thick, so that the weights of all slices are the same.
  private let isFlat: Bool
  private let map: [Float]
  private var logits: [Float16]
  private var weights: [Float16]

  /// A sum of nothing over a padded image (z, y, x); a 2D window is one slice thick.
  public init(channels: Int, shape: [Int], window: SlidingWindow) {
    precondition(shape.count == 3, "shape (z, y, x)")
    self.channels = channels
    self.shape = shape
    isFlat = window.patchSize.count == 2
    patch = isFlat ? [1] + window.patchSize : window.patchSize
    map = window.gaussian().map { Float($0) }
    let count = shape.reduce(1, *)
    logits = Array(repeating: 0, count: channels * count)
    weights = Array(repeating: 0, count: isFlat ? shape[1] * shape[2] : count)
  }

  /// Adds the prediction (channel, z, y, x) of a window that begins at a voxel (z, y, x).
  public mutating func add(_ prediction: UnsafeBufferPointer<Float>, at start: [Int]) {
    let count = patch.reduce(1, *)
    precondition(prediction.count == channels * count, "a prediction of the window's size")
    precondition((0..<3).allSatisfy { start[$0] >= 0 && start[$0] + patch[$0] <= shape[$0] })
    let voxels = shape.reduce(1, *)
    let row = patch[2]
    logits.withUnsafeMutableBufferPointer { logits in
      weights.withUnsafeMutableBufferPointer { weights in
        for z in 0..<patch[0] {
          for y in 0..<patch[1] {
            let source = (z * patch[1] + y) * row
            let target = ((start[0] + z) * shape[1] + start[1] + y) * shape[2] + start[2]
            if !isFlat || start[0] == 0 {
              for x in 0..<row {
                weights[target + x] = Float16(Float(weights[target + x]) + map[source + x])
              }
            }
            for c in 0..<channels {
              for x in 0..<row {
                let product = prediction[c * count + source + x] * map[source + x]
                let at = c * voxels + target + x
                logits[at] = Float16(Float(logits[at]) + product)
              }
            }
          }
        }
      }
    }
  }

  /// The weighted means (channel, z, y, x) of the image without its padding; the sum is consumed.
  ///
  /// - Parameters:
  ///   - inner: The image's place in the padded shape.
  ///   - subject: What errors call the case.
  public consuming func mean(inside inner: [Range<Int>], subject: String) throws(NNUNetError)
    -> [Float16]
  {
    let voxels = shape.reduce(1, *)
    var isFinite = true
    // Means overwrite the sums; without padding they move towards the beginning.
    let count = inner.reduce(1) { $0 * $1.count }
    var next = 0
    logits.withUnsafeMutableBufferPointer { logits in
      weights.withUnsafeBufferPointer { weights in
        for c in 0..<channels {
          for z in inner[0] {
            for y in inner[1] {
              let row = (z * shape[1] + y) * shape[2]
              let weightRow = (isFlat ? y : z * shape[1] + y) * shape[2]
              for x in inner[2] {
                let value = Float16(
                  Float(logits[c * voxels + row + x]) / Float(weights[weightRow + x]))
                isFinite = isFinite && value.isFinite
                logits[next] = value
                next += 1
              }
            }
          }
        }
      }
    }
    if !isFinite {
      throw NNUNetError(
        .export, subject, "the network's output is not finite; its weights are damaged")
    }
    if channels * count < logits.count { logits.removeLast(logits.count - channels * count) }
    return logits
  }
}

extension PreprocessedCase {
  /// The part (channel, z, y, x) of the image from a voxel (z, y, x) on; zeros beyond the image.
  public func window(at start: [Int], size: [Int]) -> [Float] {
    var part = [Float](repeating: 0, count: channels * size.reduce(1, *))
    let inside = (0..<3).map { max(0, -start[$0])..<min(size[$0], shape[$0] - start[$0]) }
    let voxels = shape.reduce(1, *)
    part.withUnsafeMutableBufferPointer { part in
      data.withUnsafeBufferPointer { data in
        for c in 0..<channels {
          for z in inside[0] {
            for y in inside[1] {
              let row = ((start[0] + z) * shape[1] + start[1] + y) * shape[2] + start[2]
              let target = ((c * size[0] + z) * size[1] + y) * size[2]
              for x in inside[2] { part[target + x] = data[c * voxels + row + x] }
            }
          }
        }
      }
    }
    return part
  }
}
