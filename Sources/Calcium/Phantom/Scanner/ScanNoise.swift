// SPDX-License-Identifier: Apache-2.0
import Foundation
import Volume

/// The noise that a reconstruction leaves: correlated in the plane, along z, and along streaks.
struct ScanNoise: Sendable {
  /// The standard deviation in the middle of the body, in HU.
  let deviation: Float
  /// The full width at half maximum of its correlation in the plane, in mm.
  let width: Float
  /// The share of low frequencies that filtered back projection takes away.
  let ramp: Float
  /// The share that neighbouring slices have in a slice's noise.
  let along: Float
  /// The share of noise that runs from side to side, where the beam has the longest way.
  let streaks: Float

  /// The noise of one slice in HU, before it is scaled by place.
  ///
  /// - Parameter stream: the random numbers of a slice by its number.
  func slice(
    _ number: Int, columns: Int, rows: Int, pixel: Float, stream: (Int) -> KeyedRandom
  ) -> [Float] {
    var noise = Array(repeating: Float(0), count: columns * rows)
    for (offset, weight) in [(0, 1 - 2 * along), (-1, along), (1, along)] {
      // Before the first slice comes the last number of another stream.
      var random = stream(number + offset + 1)
      noise.withUnsafeMutableBufferPointer { out in
        for i in out.indices {
          // The sum of four 16-bit numbers is near enough to Gaussian once it is filtered.
          let bits = random.next()
          let a = (bits & 0xFFFF) &+ ((bits >> 16) & 0xFFFF)
          let b = ((bits >> 32) & 0xFFFF) &+ (bits >> 48)
          out[i] += weight * (Float(a &+ b) * 0x1p-16 - 2)
        }
      }
    }
    let limit = max(0, min(columns, rows) - 1)
    let sigma = width / 2.355 / pixel
    GaussianBlur(sigma: max(sigma, 0.3), limit: limit).blur(&noise, columns: columns, rows: rows)
    if ramp > 0 {
      var coarse = noise
      GaussianBlur(sigma: max(1.8 * sigma, 0.8), limit: limit)
        .blur(&coarse, columns: columns, rows: rows)
      for i in noise.indices { noise[i] -= ramp * coarse[i] }
    }
    if streaks > 0 {
      // A running mean along the row of the same noise, so that it costs nothing but a pass.
      let reach = max(2, Int(5 / pixel))
      for y in 0..<rows {
        let row = y * columns
        var sum: Float = 0
        let line = Array(noise[row..<row + columns])
        for x in 0..<columns {
          sum += line[x] - (x >= reach ? line[x - reach] : 0)
          noise[row + x] += streaks * sum / Float(reach).squareRoot()
        }
      }
    }
    var power: Float = 0
    for value in noise { power += value * value }
    let scale = deviation / max((power / Float(noise.count)).squareRoot(), 1e-6)
    for i in noise.indices { noise[i] *= scale }
    return noise
  }
}
