// SPDX-License-Identifier: Apache-2.0
import Foundation

/// Ribs, sternum, spine, shoulder blades and collar bones as signed distances on a plane.
struct Skeleton: Sendable {
  let cage: RibCage

  private var habitus: Habitus { cage.habitus }

  /// Adds the bones that cross a plane.
  ///
  /// `small` is noise in [-1, 1] per grid point.
  func draw(into fields: inout PlaneFields, small: [Float]) {
    ribs(into: &fields)
    sternum(into: &fields, small: small)
    spine(into: &fields, small: small)
    shoulders(into: &fields)
  }

  // A rib runs from the spine outwards, forwards and down; near the front it turns to cartilage
  // and rises towards the sternum. Its height depends on the angle around the chest alone.
  private func ribs(into fields: inout PlaneFields) {
    let grid = fields.grid
    let z = grid.z
    let outline = cage.inner(z)
    let spacing = habitus.segment
    let top = habitus.apex - 2 + spacing * habitus.levelPhase
    let junction: Float = 2.35
    func fall(_ angle: Float) -> Float {
      let a = min(angle, junction)
      let down = 46 * (1 - cosf(a * 1.15))
      return angle > junction ? down - 34 * (angle - junction) : down
    }
    var bone = fields[.flatBone]
    var cartilage = fields[.cartilage]
    let cavity = fields[.cavity]
    grid.update(&bone) { old, index, p in
      let radial = cavity[index] - 5.5
      guard abs(radial) < 12 else { return old }
      let angle = outline.angle(p)
      guard angle > 0.24, angle < 2.95 else { return old }
      let level = (top - fall(angle) - z) / spacing
      let number = level.rounded()
      guard number >= 0, number <= 11 else { return old }
      let along = (level - number) * spacing * 0.86
      let q = SIMD2(radial / 3.6, along / 6.4)
      let d = ((q * q).sum().squareRoot() - 1) * 3.6
      // The lowest ribs end early.
      let end = number > 9 ? junction - 0.5 * (number - 9) : junction
      if angle > end {
        if number <= 9 { cartilage[index] = min(cartilage[index], d) }
        return old
      }
      return min(old, d)
    }
    fields[.flatBone] = bone
    fields[.cartilage] = cartilage
  }

  private func sternum(into fields: inout PlaneFields, small: [Float]) {
    let z = fields.grid.z
    let bottom: Float = -75
    let top = 92 * habitus.stature
    let handle = smoothStep(50, 66, z)
    let width = mix(15 + 4 * smoothStep(0, -40, z), 27, handle) * smoothStep(bottom - 25, bottom, z)
    guard z < top, width > 2 else { return }
    let depth: Float = mix(5.2, 6.5, handle)
    let center = Point(habitus.midline, cage.sternumInside(z) - depth - 1, z)
    let plate = Ellipsoid(center, Point(width, depth, 1000))
    fields.grid.update(&fields[.flatBone], in: Box(low: center - 40, high: center + 40), margin: 0)
    {
      old, index, p in
      min(old, plate.distance(p) + 0.8 * small[index])
    }
  }

  private func spine(into fields: inout PlaneFields, small: [Float]) {
    let z = fields.grid.z
    let phase = (z / habitus.segment + habitus.levelPhase + 0.35)
    let level = phase - phase.rounded(.down)
    // 0 in the middle of a disc, 0.5 in the middle of a body.
    let disc = 1 - smoothStep(0.08, 0.14, min(level, 1 - level))
    fields.disc = disc
    let s = habitus.stature * (0.96 + 0.0011 * (20 - z))
    let rim = 1.6 * (1 - smoothStep(0.1, 0.3, min(level, 1 - level)))
    let center = Point(habitus.midline, cage.spine(z), z)
    let body = Ellipsoid(center, Point(17 * s + rim, 14.5 * s + rim, 1000))
    let canal = Ellipsoid(center + Point(0, 22.5 * s, 0), Point(9.5 * s, 8.5 * s, 1000))
    let processes: [Capsule] = [Float(-1), 1].map { side in
      let root = center + Point(side * 12 * s, 24 * s, 0)
      return Capsule(
        from: root, to: center + Point(side * 31 * s, 33 * s, 0), fromRadius: 4.5 * s,
        toRadius: 3.6 * s)
    }
    let spinous = Capsule(
      from: center + Point(0, 31 * s, 0), to: center + Point(0, 50 * s, 0), fromRadius: 3.6 * s,
      toRadius: 2.8 * s)
    // Pedicles and transverse processes belong to the upper half of each body.
    let upper = smoothStep(0.35, 0.5, level) * (1 - smoothStep(0.9, 1, level))
    let margin = Box(low: center - 60, high: center + 60)
    var canalField = fields[.canal]
    fields.grid.update(&fields[.vertebra], in: margin, margin: 0) { old, index, p in
      let hollow = canal.distance(p)
      canalField[index] = hollow
      var d = body.distance(p) + 0.7 * small[index]
      // The back of the body is slightly hollow.
      d = smoothIntersection(d, -(hollow - 1.5), 3)
      var arch = abs(hollow - 3) - 2.2
      let behind = p.y - center.y - 22 * s
      // Between the pedicles the arch is open at the sides.
      arch = max(arch, (1 - upper) * (6 - behind))
      var rear = min(arch, spinous.distance(p))
      for process in processes { rear = min(rear, process.distance(p) + 5 * (1 - upper)) }
      return min(old, min(d, max(rear, -(hollow - 0.8))))
    }
    fields[.canal] = canalField
    // Ligament and muscle fill the corner between the arch, the ribs and the lung.
    let corner = Ellipsoid(center + Point(0, 27 * s, 0), Point(30 * s, 15 * s, 1000))
    fields.grid.update(&fields[.soft], in: margin, margin: 0) { old, index, p in
      smoothUnion(old, corner.distance(p) + small[index], 3)
    }
  }

  private func shoulders(into fields: inout PlaneFields) {
    let z = fields.grid.z
    let outline = cage.inner(min(z, 40))
    for side: Float in [-1, 1] {
      let blade = Ellipsoid(
        Point(
          habitus.midline + side * (outline.half.x * 0.74), cage.spine(40) + 30 * habitus.stature,
          62),
        Point(36, 3.4, 68), along: Point(1, -0.55 * side, 0), second: Point(0.55 * side, 1, 0))
      fields.grid.unite(&fields[.flatBone], with: blade)
      var flesh = blade
      flesh.semi = Point(40, 17, 76)
      fields.grid.unite(&fields[.muscle], with: flesh, rounding: 14, margin: 50)
      let front = cage.sternumInside(95)
      let collar = Tube(through: [
        SIMD4(habitus.midline + side * 20, front - 8, 96, 7),
        SIMD4(habitus.midline + side * 70, front - 14, 106, 5.5),
        SIMD4(habitus.midline + side * 130, front + 26, 122, 6.5),
      ])
      fields.grid.unite(&fields[.flatBone], with: collar)
      fields.grid.unite(&fields[.muscle], with: collar, margin: 20, offset: 9)
    }
  }
}
