// SPDX-License-Identifier: Apache-2.0
import Foundation

/// A Gaussian blur along one axis at a time; beyond a border its values go on.
///
/// ```swift
/// GaussianBlur(sigma: 1.5).blur(&image, shape: [rows, columns], axis: 1)
/// ```
public struct GaussianBlur: Sendable, Hashable {
  /// The weights at distances 0, 1, 2 … voxels; the whole sums to 1.
  public let half: [Float]

  /// A Gaussian of a standard deviation in voxels, whose weights are its integrals over voxels, which stays
  /// right where it is narrow; no wider than `limit` voxels to each side.
  public init(sigma: Float, limit: Int = .max) {
    let radius = max(0, min(limit, Int((3.2 * sigma).rounded(.up))))
    let weights = (0...radius).map { i -> Float in
      guard sigma > 1e-3 else { return i == 0 ? 1 : 0 }
      let s = Double(sigma) * 2.0.squareRoot()
      return Float((erf((Double(i) + 0.5) / s) - erf((Double(i) - 0.5) / s)) / 2)
    }
    let sum = weights[0] + 2 * weights.dropFirst().reduce(0, +)
    half = weights.map { $0 / sum }
  }

  /// A Gaussian of a standard deviation in voxels, whose weights are its values at voxels up to three
  /// standard deviations away, at least one voxel.
  public init(sampling sigma: Double) {
    let radius = max(1, Int((3 * sigma).rounded(.up)))
    let weights = (0...radius).map { i in
      let x = Double(i) / sigma
      return Float(exp(-x * x / 2))
    }
    let sum = weights[0] + 2 * weights.dropFirst().reduce(0, +)
    half = weights.map { $0 / sum }
  }

  /// How far the weights reach, in voxels.
  public var radius: Int { half.count - 1 }

  /// The weight at a distance in voxels.
  public func weight(_ distance: Int) -> Float {
    abs(distance) <= radius ? half[abs(distance)] : 0
  }

  /// Blurs an image (rows, columns) in place along both axes.
  public func blur(_ image: inout [Float], columns: Int, rows: Int) {
    blur(&image, shape: [rows, columns], axis: 1)
    blur(&image, shape: [rows, columns], axis: 0)
  }

  /// Blurs values of a shape, whose last axis is the fastest, in place along one axis.
  public func blur(_ values: inout [Float], shape: [Int], axis: Int) {
    guard radius > 0, !values.isEmpty else { return }
    let inner = shape.dropFirst(axis + 1).reduce(1, *)
    if inner == 1 {
      blurLines(&values, length: shape[axis])
    } else {
      blurPlanes(&values, rows: shape[axis], columns: inner)
    }
  }

  /// Along neighbouring values.
  private func blurLines(_ values: inout [Float], length: Int) {
    let r = radius
    var padded = Array(repeating: Float(0), count: length + 2 * r)
    values.withUnsafeMutableBufferPointer { target in
      padded.withUnsafeMutableBufferPointer { pad in
        half.withUnsafeBufferPointer { weights in
          for start in stride(from: 0, to: target.count, by: length) {
            for i in 0..<r {
              pad[i] = target[start]
              pad[r + length + i] = target[start + length - 1]
            }
            for x in 0..<length { pad[r + x] = target[start + x] }
            for x in 0..<length { target[start + x] = weights[0] * pad[r + x] }
            for k in 1...r {
              let w = weights[k]
              for x in 0..<length { target[start + x] += w * (pad[r + x - k] + pad[r + x + k]) }
            }
          }
        }
      }
    }
  }

  /// Along the rows of planes, one after the other.
  private func blurPlanes(_ values: inout [Float], rows: Int, columns: Int) {
    let plane = rows * columns
    var copy = Array(repeating: Float(0), count: plane)
    values.withUnsafeMutableBufferPointer { all in
      copy.withUnsafeMutableBufferPointer { source in
        for first in stride(from: 0, to: all.count, by: plane) {
          let target = UnsafeMutableBufferPointer(rebasing: all[first..<first + plane])
          for i in 0..<plane { source[i] = target[i] }
          for y in 0..<rows {
            let start = y * columns
            for x in 0..<columns { target[start + x] = half[0] * source[start + x] }
            for k in 1...radius {
              let w = half[k]
              let up = max(0, y - k) * columns
              let down = min(rows - 1, y + k) * columns
              for x in 0..<columns {
                target[start + x] += w * (source[up + x] + source[down + x])
              }
            }
          }
        }
      }
    }
  }
}
