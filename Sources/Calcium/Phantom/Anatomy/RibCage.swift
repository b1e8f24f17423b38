// SPDX-License-Identifier: Apache-2.0
import Foundation

/// The outline of the chest: the inner rib cage, the muscle around it and the skin, at any height.
///
/// Outlines are superellipses of exponent 2.5 whose half-axes change with z.
struct RibCage: Sendable {
  let habitus: Habitus
  /// The y of the inner side of the sternum at the height of the ventricles.
  let front: Float
  /// Half the inner width at heart level: the habitus', or what the heart with its arteries needs.
  let halfWidth: Float

  init(habitus: Habitus, heart: Heart) {
    self.habitus = habitus
    let bounds = heart.bounds
    let reach = max(bounds.high.x - habitus.midline, habitus.midline - bounds.low.x)
    halfWidth = max(habitus.halfWidth, reach + habitus.epicardialFat + 14)
    // The right artery lies in front of the muscle, and needs its own room.
    front = heart.bounds.low.y - habitus.epicardialFat - habitus.retrosternal - 1
  }

  /// An axial outline: centre and half-axes in mm.
  struct Outline {
    let center: SIMD2<Float>
    let half: SIMD2<Float>

    /// The signed distance to first order, and the angle from the back (0) to the front (π).
    @inline(__always)
    func distance(_ p: Point) -> Float {
      let u = abs(p.x - center.x) / half.x
      let v = abs(p.y - center.y) / half.y
      let u15 = u * u.squareRoot()
      let v15 = v * v.squareRoot()
      let s = u15 * u + v15 * v
      if s < 0.05 { return -0.6 * min(half.x, half.y) }
      let f = exp2f(0.4 * log2f(s))
      let gx = u15 / half.x
      let gy = v15 / half.y
      let gradient = (gx * gx + gy * gy).squareRoot() / (f * f.squareRoot())
      return (f - 1) / max(gradient, 1e-6)
    }

    @inline(__always)
    func angle(_ p: Point) -> Float {
      atan2f(abs(p.x - center.x) / half.x, (p.y - center.y) / half.y)
    }
  }

  /// How far the lung has closed towards its apex: 1 at heart level, 0 at the apex and above.
  private func dome(_ z: Float, _ power: Float) -> Float {
    let t = clamped((z + 20) / (habitus.apex + 20), 0, 1)
    return max(0.02, 1 - powf(t, power)).squareRoot()
  }

  func sternumInside(_ z: Float) -> Float {
    front + 0.13 * (z + 50) + 0.0006 * max(0, z) * max(0, z)
  }

  /// The y of the centre of the vertebral bodies: the kyphosis of the chest.
  func spine(_ z: Float) -> Float {
    habitus.spine - 0.0011 * (z - 5) * (z - 5) * (z > 5 ? 1 : 0.45)
  }

  func inner(_ z: Float) -> Outline {
    let low = sternumInside(z)
    let high = spine(z) + 31 * habitus.stature
    let width = halfWidth * (z < -20 ? 1 + 0.0004 * (-20 - z) : dome(z, 2.3))
    let depth = (high - low) / 2 * (0.45 + 0.55 * dome(z, 4))
    return Outline(center: [habitus.midline, (low + high) / 2], half: [width, depth])
  }

  /// Everything deep to the subcutaneous fat: never narrower than the shoulders' muscles.
  func skin(_ z: Float) -> Outline {
    let low = sternumInside(z) - 15 - habitus.fat.front
    let high = spine(z) + 31 * habitus.stature + 24 + 8 * habitus.muscle + habitus.fat.back
    let shoulders = 22 * smoothStep(50, 120, z)
    let belly = 0.03 * max(0, habitus.build) * max(0, -60 - z)
    let width = halfWidth + 20 + 7 * habitus.muscle + habitus.fat.side + shoulders + belly
    return Outline(
      center: [habitus.midline, (low + high) / 2 - belly / 2],
      half: [width, (high - low) / 2 + belly])
  }

  /// The thickness of muscle and ribs outside the inner outline, in mm.
  @inline(__always)
  func muscleThickness(_ p: Point, _ outline: Outline) -> Float {
    let x = p.x - outline.center.x
    let side = abs(x)
    let v = (p.y - outline.center.y) / outline.half.y
    let strength = habitus.muscle
    let spinal: Float = side < 75 ? 24 * expf(-powf((side - 24) / 26, 2)) : 0
    let chest = expf(-powf((side - 72) / 38, 2)) * smoothStep(-70, -5, p.z)
    let flank = expf(-powf((v - 0.25) / 0.45, 2)) * smoothStep(30, 90, side)
    return 11 + strength * (v > 0 ? spinal : 15 * chest) + strength * 9 * flank
      + 34 * smoothStep(50, 130, p.z) * smoothStep(20, 70, side)
  }
}
