// SPDX-License-Identifier: Apache-2.0
import Foundation

/// A separable Gaussian, as the in-plane sharpness of a reconstruction kernel.
struct Gaussian {
  /// The weights at distances 0, 1, 2 … pixels; the whole sums to 1.
  let half: [Float]

  /// A Gaussian of a standard deviation in pixels; no wider than `limit` pixels to each side.
  init(sigma: Float, limit: Int) {
    let radius = max(0, min(limit, Int((3.2 * sigma).rounded(.up))))
    // The Gaussian's integral over each pixel, which stays right for narrow kernels.
    let weights = (0...radius).map { i -> Float in
      guard sigma > 1e-3 else { return i == 0 ? 1 : 0 }
      let s = Double(sigma) * 2.0.squareRoot()
      return Float((erf((Double(i) + 0.5) / s) - erf((Double(i) - 0.5) / s)) / 2)
    }
    let sum = weights[0] + 2 * weights.dropFirst().reduce(0, +)
    half = weights.map { $0 / sum }
  }

  var radius: Int { half.count - 1 }

  /// The weight at a distance in pixels.
  func weight(_ distance: Int) -> Float { abs(distance) <= radius ? half[abs(distance)] : 0 }

  /// Blurs an image in place; beyond its border the border pixel goes on.
  func blur(_ image: inout [Float], columns: Int, rows: Int) {
    guard radius > 0 else { return }
    let r = radius
    var padded = Array(repeating: Float(0), count: max(columns, rows) + 2 * r)
    var across = Array(repeating: Float(0), count: image.count)
    image.withUnsafeBufferPointer { source in
      across.withUnsafeMutableBufferPointer { target in
        padded.withUnsafeMutableBufferPointer { pad in
          half.withUnsafeBufferPointer { weights in
            for y in 0..<rows {
              let start = y * columns
              for i in 0..<r {
                pad[i] = source[start]
                pad[r + columns + i] = source[start + columns - 1]
              }
              for x in 0..<columns { pad[r + x] = source[start + x] }
              for x in 0..<columns { target[start + x] = weights[0] * pad[r + x] }
              for k in 1...r {
                let w = weights[k]
                for x in 0..<columns { target[start + x] += w * (pad[r + x - k] + pad[r + x + k]) }
              }
            }
          }
        }
      }
    }
    across.withUnsafeBufferPointer { source in
      image.withUnsafeMutableBufferPointer { target in
        for y in 0..<rows {
          let start = y * columns
          for x in 0..<columns { target[start + x] = half[0] * source[start + x] }
          for k in 1...r {
            let w = half[k]
            let up = max(0, y - k) * columns
            let down = min(rows - 1, y + k) * columns
            for x in 0..<columns { target[start + x] += w * (source[up + x] + source[down + x]) }
          }
        }
      }
    }
  }
}
