// SPDX-License-Identifier: Apache-2.0
import Foundation

/// What a scanner and its settings do to a coarse crop: blur, noise, shading, gain, field of view.
struct CropAppearance {
  private let blur: Float
  /// The blur of thick slices along z, in voxels.
  private let thickness: Float
  private let noise: Float
  private let smoothness: Float
  private let gain: Float
  private let shift: Float
  private let shading: Float
  private let circle: Float?
  private let centre: SIMD2<Float>
  private let field: SmoothField

  init(without: Set<Realism> = [], _ random: inout KeyedRandom) {
    func drawn(_ realism: Realism, _ value: Float, plain: Float) -> Float {
      without.contains(realism) ? plain : value
    }
    blur = drawn(.kernel, random.uniform(0.2, 0.9), plain: 0.5)
    thickness = drawn(.kernel, random.chance(0.4) ? random.uniform(0.3, 1.1) : 0, plain: 0)
    noise = drawn(.noise, 2 * expf(random.uniform(0, 2.1)), plain: 6)
    smoothness = drawn(.noise, random.chance(0.5) ? random.uniform(0.4, 0.9) : 0, plain: 0)
    gain = random.uniform(0.92, 1.08)
    shift = random.uniform(-10, 10)
    shading = drawn(.shading, random.uniform(0, 12), plain: 0)
    circle = random.chance(0.35) ? random.uniform(0.42, 0.52) : nil
    centre = [random.uniform(-0.06, 0.06), random.uniform(-0.06, 0.06)]
    field = SmoothField(step: 18, deviation: 1, &random)
  }

  mutating func apply(to hu: inout [Float], extent: [Int], _ random: inout KeyedRandom) {
    let (nz, ny, nx) = (extent[0], extent[1], extent[2])
    Self.smooth(&hu, extent: extent, sigma: blur)
    if thickness > 0 { Self.smooth(&hu, extent: extent, sigma: thickness, axes: 0..<1) }
    var grain = hu.indices.map { _ in random.normal(limit: 4) }
    if smoothness > 0 {
      Self.smooth(&grain, extent: extent, sigma: smoothness)
      let power = (grain.reduce(0) { $0 + $1 * $1 } / Float(grain.count)).squareRoot()
      for i in grain.indices { grain[i] /= max(power, 1e-6) }
    }
    for z in 0..<nz {
      for y in 0..<ny {
        for x in 0..<nx {
          let i = (z * ny + y) * nx + x
          let shade = shading > 0 ? shading * field.value(at: [Float(x), Float(y), Float(z)]).x : 0
          hu[i] = hu[i] * gain + (hu[i] > -900 ? shift + shade : 0) + noise * grain[i]
          hu[i] = clamped(hu[i], -1024, 3071)
          if let circle {
            let u = (Float(x) + 0.5) / Float(nx) - 0.5 - centre.x
            let v = (Float(y) + 0.5) / Float(ny) - 0.5 - centre.y
            if u * u + v * v > circle * circle { hu[i] = -1024 }
          }
        }
      }
    }
  }

  /// A separable blur by three weights along each axis.
  static func smooth(
    _ values: inout [Float], extent: [Int], sigma: Float, axes: Range<Int> = 0..<3
  ) {
    let side = expf(-1 / (2 * sigma * sigma))
    let (middle, edge) = (1 / (1 + 2 * side), side / (1 + 2 * side))
    let strides = [extent[1] * extent[2], extent[2], 1]
    for axis in axes {
      let (count, stride) = (extent[axis], strides[axis])
      guard count > 1 else { continue }
      values.withUnsafeMutableBufferPointer { out in
        for start in out.indices where start / stride % count == 0 {
          var before = out[start]
          for k in 0..<count {
            let i = start + k * stride
            let value = out[i]
            let after = k + 1 < count ? out[i + stride] : value
            out[i] = middle * value + edge * (before + after)
            before = value
          }
        }
      }
    }
  }
}
