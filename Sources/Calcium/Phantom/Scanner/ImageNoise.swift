// SPDX-License-Identifier: Apache-2.0
import Foundation

/// The noise of one reconstructed slice: Gaussian, correlated as a kernel leaves it.
///
/// Filtered back projection leaves little power at the lowest frequencies (the ramp) and none
/// above the kernel's cut-off, so white noise passes a Gaussian minus a share of a wider one.
struct ImageNoise {
  /// The standard deviation near the heart, in HU per pixel.
  let deviation: Float
  /// The full width at half maximum of the correlation, in pixels.
  let width: Float
  /// The share of low frequencies that the ramp takes away.
  let ramp: Float = 0.7

  /// One slice of noise, in HU, before it is scaled by place.
  func slice(columns: Int, rows: Int, random: inout KeyedRandom) -> [Float] {
    var fine = Array(repeating: Float(0), count: columns * rows)
    fine.withUnsafeMutableBufferPointer { out in
      for i in out.indices {
        // The sum of four 16-bit numbers: mean 2, variance 1/3, near enough to Gaussian once filtered.
        let bits = random.next()
        let a = (bits & 0xFFFF) &+ ((bits >> 16) & 0xFFFF)
        let b = ((bits >> 32) & 0xFFFF) &+ (bits >> 48)
        out[i] = Float(a &+ b) * 0x1p-16 - 2
      }
    }
    let limit = max(0, min(columns, rows) - 1)
    let narrow = Gaussian(sigma: width / 2.355, limit: limit)
    let wide = Gaussian(sigma: max(width / 2.355 * 1.8, 0.8), limit: limit)
    narrow.blur(&fine, columns: columns, rows: rows)
    var coarse = fine
    wide.blur(&coarse, columns: columns, rows: rows)
    let scale = deviation / energy(narrow, wide)
    fine.withUnsafeMutableBufferPointer { out in
      coarse.withUnsafeBufferPointer { low in
        for i in out.indices { out[i] = scale * (out[i] - ramp * low[i]) }
      }
    }
    return fine
  }

  /// The standard deviation that the filter leaves of the white noise.
  private func energy(_ narrow: Gaussian, _ wide: Gaussian) -> Float {
    let reach = narrow.radius + wide.radius
    let both = (-reach...reach).map { d -> Float in
      (-narrow.radius...narrow.radius).reduce(0) { $0 + narrow.weight($1) * wide.weight(d - $1) }
    }
    let single = (-reach...reach).map { narrow.weight($0) }
    let a = single.reduce(0) { $0 + $1 * $1 }
    let b = both.reduce(0) { $0 + $1 * $1 }
    let ab = zip(single, both).reduce(0) { $0 + $1.0 * $1.1 }
    return ((a * a - 2 * ramp * ab * ab + ramp * ramp * b * b) / 3).squareRoot()
  }
}
