// SPDX-License-Identifier: Apache-2.0
import Foundation
import TestSupport
import Volume

/// A scan of Gaussian noise with a known deviation and a known correlation in the plane.
struct NoisyScan {
  var ct: Volume<Int16>

  /// Noise of `deviation` HU about `tissue(slice, row, column)`.
  ///
  /// White noise passes a Gaussian of `blur` pixels in the plane, minus `ramp` of a wider one, and
  /// is brought to the deviation by the filter's own sum of squares.
  init(
    _ slices: Int, _ rows: Int, _ columns: Int, spacing: SIMD3<Double> = [0.5, 0.5, 3],
    direction: Direction = .identity, deviation: Double, blur: Double, ramp: Double = 0,
    seed: UInt64, tissue: (Int, Int, Int) -> Double
  ) {
    let geometry = Geometry(
      extent: Extent(slices: slices, rows: rows, columns: columns), spacing: spacing,
      direction: direction)
    ct = Volume(geometry: geometry, repeating: 0)
    var rng = SplitMix64(seed: seed)
    let narrow = NoisyScan.kernel(blur)
    let wide = NoisyScan.kernel((blur * blur + 1.5 * 1.5).squareRoot())
    let reach = (wide.count - 1) / 2
    var energy = 0.0
    for y in 0..<wide.count {
      for x in 0..<wide.count {
        let inner = (reach - (narrow.count - 1) / 2)
        let near =
          (inner..<inner + narrow.count).contains(y) && (inner..<inner + narrow.count).contains(x)
          ? narrow[y - inner] * narrow[x - inner] : 0
        let value = near - ramp * wide[y] * wide[x]
        energy += value * value
      }
    }
    let (width, height) = (columns + 2 * reach, rows + 2 * reach)
    for z in 0..<slices {
      let white = (0..<width * height).map { _ in NoisyScan.normal(&rng) }
      let fine = NoisyScan.filtered(white, width, height, narrow)
      let coarse = ramp == 0 ? fine : NoisyScan.filtered(white, width, height, wide)
      for y in 0..<rows {
        for x in 0..<columns {
          let i = (y + reach) * width + x + reach
          let noise = (fine[i] - ramp * coarse[i]) / energy.squareRoot() * deviation
          ct[z, y, x] = Int16(max(-1024, (tissue(z, y, x) + noise).rounded()))
        }
      }
    }
  }

  static func normal(_ rng: inout SplitMix64) -> Double {
    let a = Double.random(in: 1e-300..<1, using: &rng)
    return (-2 * log(a)).squareRoot() * cos(2 * .pi * Double.random(in: 0..<1, using: &rng))
  }

  /// A normalised Gaussian; a single 1 without blur.
  static func kernel(_ sigma: Double) -> [Double] {
    if sigma == 0 { return [1] }
    let reach = Int((4 * sigma).rounded(.up))
    let values = (-reach...reach).map { exp(-Double($0 * $0) / (2 * sigma * sigma)) }
    let sum = values.reduce(0, +)
    return values.map { $0 / sum }
  }

  private static func filtered(
    _ image: [Double], _ width: Int, _ height: Int, _ kernel: [Double]
  ) -> [Double] {
    let reach = (kernel.count - 1) / 2
    var along = [Double](repeating: 0, count: image.count)
    var result = along
    for y in 0..<height {
      for x in reach..<width - reach {
        for (k, weight) in kernel.enumerated() {
          along[y * width + x] += weight * image[y * width + x + k - reach]
        }
      }
    }
    for y in reach..<height - reach {
      for (k, weight) in kernel.enumerated() {
        let row = (y + k - reach) * width
        for x in 0..<width { result[y * width + x] += weight * along[row + x] }
      }
    }
    return result
  }
}
