// SPDX-License-Identifier: Apache-2.0
import Foundation

/// Everything soft and hard in one subject's chest except what is smaller than a few millimetres.
struct Anatomy: Sendable {
  let habitus: Habitus
  let heart: Heart
  let vessels: GreatVessels
  let coronaries: CoronaryTree
  let cage: RibCage
  /// Large-scale and small-scale irregularity.
  let noise: SmoothNoise
  private let skeleton: Skeleton
  private let abdomen: Abdomen
  private let fissureTilt: SIMD2<Float>

  init(seed: UInt64, subject: Int, age: Float) {
    var body = KeyedRandom(seed: seed, subject: subject, purpose: .habitus)
    habitus = Habitus(&body, age: age)
    var random = KeyedRandom(seed: seed, subject: subject, purpose: .heart)
    heart = Heart(&random, habitus: habitus)
    vessels = GreatVessels(&random, habitus: habitus, heart: heart)
    var tree = KeyedRandom(seed: seed, subject: subject, purpose: .coronaries)
    coronaries = CoronaryTree(&tree, heart: heart, vessels: vessels)
    cage = RibCage(habitus: habitus, heart: heart)
    skeleton = Skeleton(cage: cage)
    abdomen = Abdomen(cage: cage, &body)
    var texture = KeyedRandom(seed: seed, subject: subject, purpose: .texture)
    noise = SmoothNoise(&texture)
    fissureTilt = [texture.uniform(0.55, 0.9), texture.uniform(0.5, 0.85)]
  }

  /// The wavelengths of the three scales of irregularity, in mm.
  static let wavelengths: (large: Float, small: Float, fine: Float) = (36, 12, 5)

  /// The signed distances of all organs on a plane.
  func fields(on grid: PlaneGrid) -> PlaneFields {
    var fields = PlaneFields(grid: grid)
    var large = Array(repeating: Float(0), count: grid.count)
    var small = large
    grid.update(&large) { _, _, p in noise.value(p / Self.wavelengths.large) }
    grid.update(&small) { _, _, p in noise.value(p / Self.wavelengths.small + Point(7, 3, 11)) }
    grid.update(&fields[.fineTexture]) { _, _, p in
      noise.value(p / Self.wavelengths.fine + Point(17, 5, 23))
    }
    fields[.coarseTexture] = small
    wall(into: &fields, large: large, small: small)
    skeleton.draw(into: &fields, small: small)
    mediastinum(into: &fields, large: large, small: small)
    abdomen.draw(into: &fields, large: large, small: small)
    lungs(into: &fields, large: large, small: small)
    return fields
  }

  private func wall(into fields: inout PlaneFields, large: [Float], small: [Float]) {
    let grid = fields.grid
    let skin = cage.skin(grid.z)
    let inner = cage.inner(grid.z)
    grid.update(&fields[.body]) { _, index, p in skin.distance(p) + 2.5 * large[index] }
    if habitus.breast > 0 {
      let size = habitus.breast
      for side: Float in [-1, 1] {
        let breast = Ellipsoid(
          Point(habitus.midline + side * 74, cage.sternumInside(-35) - 20 - habitus.fat.front, -35),
          Point(52, 26 * size, 55))
        grid.unite(&fields[.body], with: breast, rounding: 22, margin: 30)
      }
    }
    grid.update(&fields[.cavity]) { _, index, p in inner.distance(p) + 1.2 * large[index] }
    let cavity = fields[.cavity]
    let body = fields[.body]
    grid.update(&fields[.muscle]) { _, index, p in
      let d = cavity[index]
      guard d > -5, d < 70 else { return d }
      let muscle = d - cage.muscleThickness(p, inner) + 2 * small[index] + 2 * large[index]
      return max(muscle, body[index] + 3)
    }
  }

  private func mediastinum(into fields: inout PlaneFields, large: [Float], small: [Float]) {
    let grid = fields.grid
    let reach: Float = 34
    // Heart muscle, and its sac: the same chambers rounded far more, plus fat.
    var muscle = fields[.epicardium]
    var sac = fields[.sac]
    for mass in heart.masses {
      grid.update(&muscle, in: mass.bounds, margin: reach) { old, _, p in
        smoothUnion(old, mass.distance(p), 6)
      }
      grid.update(&sac, in: mass.bounds, margin: reach) { old, _, p in
        smoothUnion(old, mass.distance(p), 11)
      }
    }
    grid.unite(&muscle, with: heart.outflow, margin: 16)
    for appendage in heart.appendages { grid.unite(&muscle, with: appendage, margin: 10) }
    grid.update(&muscle) { old, index, _ in
      old > 40 ? old : old + 0.9 * small[index] + 1.2 * large[index]
    }
    let fat = habitus.epicardialFat
    grid.update(&sac) { old, index, p in
      // Fat is thicker over the right ventricle, in front, than over the left.
      old - fat * (1 + 0.5 * large[index]) * (p.y < -20 ? 1.3 : 0.8) - 0.6
    }
    // What the sac also wraps: first joined sharply, then blended once, so that nothing piles up.
    var wrapped = Array(repeating: PlaneGrid.far, count: grid.count)
    grid.unite(&wrapped, with: heart.outflow, margin: 20, offset: 3)
    grid.unite(&wrapped, with: vessels.pulmonaryTrunk, margin: 20, offset: 2)
    for appendage in heart.appendages {
      grid.unite(&wrapped, with: appendage, margin: 20, offset: 1.5)
    }
    // Each artery lies in a groove of fat.
    for branch in coronaries.branches {
      let sheath = CoronaryTree.sheath * (branch.main ? 1 : 0.4)
      for segment in branch.tube.capsules {
        grid.unite(&wrapped, with: segment, margin: 20, offset: sheath + 0.4)
        grid.update(&muscle, in: segment.bounds, margin: 8) { old, _, p in
          smoothIntersection(old, sheath - segment.distance(p), 2)
        }
      }
    }
    for vein in coronaries.veins { grid.unite(&wrapped, with: vein, margin: 20, offset: 1.6) }
    grid.update(&sac) { old, index, _ in smoothUnion(old, wrapped[index], 7) }
    fields[.epicardium] = muscle
    fields[.sac] = sac
    for cavity in heart.cavities { grid.unite(&fields[.blood], with: cavity, rounding: 4) }
    for tube in vessels.all { grid.unite(&fields[.vessel], with: tube) }
    for branch in coronaries.branches where branch.main {
      // The wall of the pulmonary trunk and the root keeps off the arteries, but for their origins.
      for segment in branch.tube.capsules.dropFirst(3) {
        grid.update(&fields[.vessel], in: segment.bounds, margin: 8) { old, _, p in
          smoothIntersection(old, 1.2 - segment.distance(p), 1.5)
        }
      }
    }
    airways(into: &fields)
  }

  private func airways(into fields: inout PlaneFields) {
    let x = habitus.midline
    let y: Float = 34 * habitus.stature
    let windpipe = [
      Tube(through: [SIMD4(x, y - 4, 160, 8.5), SIMD4(x + 1, y - 2, 95, 8.5), SIMD4(x, y, 56, 8.5)]
      ),
      Tube(through: [
        SIMD4(x, y, 58, 7.5), SIMD4(x - 20, y + 3, 38, 6.5), SIMD4(x - 42, y + 4, 16, 5),
        SIMD4(x - 56, y + 12, -12, 3.2),
      ]),
      Tube(through: [
        SIMD4(x, y, 58, 7), SIMD4(x + 22, y + 5, 40, 6), SIMD4(x + 48, y + 8, 22, 5),
        SIMD4(x + 62, y + 20, -8, 3),
      ]),
    ]
    for tube in windpipe { fields.grid.unite(&fields[.airway], with: tube) }
    let gullet = Tube(through: [
      SIMD4(x + 5, y + 16, 150, 5.5), SIMD4(x + 6, cage.spine(40) - 26, 40, 6),
      SIMD4(x + 7, cage.spine(-10) - 27, -10, 6), SIMD4(x + 18, cage.spine(-80) - 30, -80, 7),
      SIMD4(x + 45, cage.spine(-120) - 50, -125, 9),
    ])
    fields.grid.unite(&fields[.soft], with: gullet)
    let azygos = Tube(through: [
      SIMD4(x - 9, cage.spine(40) - 18, 40, 3.2), SIMD4(x - 8, cage.spine(-120) - 17, -120, 3),
    ])
    fields.grid.unite(&fields[.soft], with: azygos)
  }

  private func lungs(into fields: inout PlaneFields, large: [Float], small: [Float]) {
    let grid = fields.grid
    let z = grid.z
    let x = habitus.midline
    let sac = fields[.sac]
    var middle = sac
    grid.update(&middle) { old, _, _ in old - 1 }
    var stems = Array(repeating: PlaneGrid.far, count: grid.count)
    for tube in vessels.all.prefix(5) { grid.unite(&stems, with: tube, margin: 26, offset: 2) }
    grid.update(&middle) { old, index, _ in smoothUnion(old, stems[index], 20) }
    let spine = Ellipsoid(Point(x, cage.spine(z) + 4, z), Point(21, 20, 1000))
    // Towards the diaphragm the fat in front of the heart widens.
    let low = smoothStep(-45, -100, z)
    let front = Ellipsoid(
      Point(x + 3 + 8 * low, cage.sternumInside(z) + 4, z),
      Point(13 + 2 * habitus.build + 26 * low, 20, 1000))
    let gullet = Ellipsoid(Point(x + 8, cage.spine(z) - 26, z), Point(14, 14, 1000))
    let upper = Ellipsoid(Point(x + 1, 24, 105), Point(32, 32, 80))
    let hila = [
      Ellipsoid(Point(x - 36, 30, 14), Point(13, 11, 20)),
      Ellipsoid(Point(x + 42, 33, 18), Point(12, 11, 18)),
    ]
    let pads = [
      Ellipsoid(Point(-42, heart.bounds.low.y + 24, -82), Point(16, 16, 20)),
      Ellipsoid(Point(58, heart.bounds.low.y + 18, -86), Point(17, 15, 17)),
      Ellipsoid(Point(12, -14, -98), Point(66, 46, 24)),
    ]
    for solid in [spine, front, gullet, upper] + hila + pads {
      grid.unite(&middle, with: solid, rounding: 10, margin: 24)
    }
    for branch in vessels.all.dropFirst(5) { grid.unite(&middle, with: branch, offset: 2) }
    let cavity = fields[.cavity]
    let abdomen = self.abdomen
    grid.update(&fields[.lung]) { _, index, p in
      let inside = cavity[index] + 1
      guard inside < 30 else { return inside }
      let above = -abdomen.distance(p, large: large[index])
      let between = 0.8 * small[index] + 1.5 * large[index] - middle[index]
      return smoothIntersection(smoothIntersection(inside, above, 5), between, 3)
    }
    grid.update(&fields[.fissure]) { _, index, p in
      let tilt = p.x < x ? fissureTilt.x : fissureTilt.y
      let level = p.y - 8 - tilt * (p.z + 10) - 9 * large[index]
      return abs(level) * 0.75
    }
  }
}
