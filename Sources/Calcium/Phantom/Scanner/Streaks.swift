// SPDX-License-Identifier: Apache-2.0
import Foundation

/// A star of bright and dark rays around the metal of one slice.
struct Streaks {
  /// The brightness of the rays by angle, −1 … 1.
  private let profile: [Float]

  init(_ random: inout KeyedRandom) {
    var rays = Array(repeating: Float(0), count: 360)
    for _ in 0..<random.whole(10...18) {
      let middle = random.whole(0...359)
      let width = random.uniform(1.2, 5)
      let strength = random.uniform(0.35, 1) * (random.chance(0.55) ? -1 : 1)
      for k in -14...14 {
        let d = Float(k) / width
        // A ray that leaves the metal on one side leaves it on the other too.
        rays[(middle + k + 720) % 360] += strength * expf(-d * d)
        rays[(middle + k + 900) % 360] += 0.8 * strength * expf(-d * d)
      }
    }
    profile = rays.map { clamped($0, -1, 1) }
  }

  /// Adds the rays around a point to a slice in HU; their reach is about 30 mm.
  func add(to image: inout [Float], frame: SliceFrame, at center: SIMD2<Float>, strength: Float) {
    let reach: Float = 110
    let box = Box(
      low: Point(center.x - reach, center.y - reach, frame.z),
      high: Point(center.x + reach, center.y + reach, frame.z))
    guard let window = frame.window(of: box, margin: 0) else { return }
    image.withUnsafeMutableBufferPointer { out in
      for row in window.rows {
        for column in window.columns {
          let index = row * frame.columns + column
          // Rays change what X-rays pass through; in the air of the lung they show less.
          let x = frame.origin.x + Float(column) * frame.pixel - center.x
          let y = frame.origin.y + Float(row) * frame.pixel - center.y
          let r = (x * x + y * y).squareRoot()
          guard r < reach else { continue }
          let turn = (atan2f(y, x) / (2 * .pi) + 1) * 360
          let low = Int(turn)
          let ray = mix(profile[low % 360], profile[(low + 1) % 360], turn - Float(low))
          let fade = expf(-r / 26) * (1 - r / reach) * smoothStep(0, 2.5, r)
          out[index] += strength * ray * fade
        }
      }
    }
  }
}
