// SPDX-License-Identifier: Apache-2.0

/// What lies under the diaphragm and reaches into the lowest slices.
struct Abdomen: Sendable {
  let cage: RibCage
  private let gasLevel: Float
  private let stomach: Ellipsoid

  init(cage: RibCage, _ random: inout KeyedRandom) {
    self.cage = cage
    let fill = random.uniform(0.7, 1.15)
    let x = cage.habitus.midline + 66
    stomach = Ellipsoid(Point(x, 4, cage.habitus.domes.left - 52), Point(40, 52, 50) * fill)
    gasLevel = random.chance(0.7) ? random.uniform(-28, 4) : -500
  }

  /// The signed distance from the dome of the diaphragm: negative below it.
  @inline(__always)
  func distance(_ p: Point, large: Float) -> Float {
    let h = cage.habitus
    func dome(_ x: Float, _ y: Float, _ top: Float) -> Float {
      let u = (p.x - x) / 88
      let v = (p.y - y) / 92
      return top - 48 * (u * u + v * v)
    }
    let right = dome(h.midline - 58, 8, h.domes.right)
    let left = dome(h.midline + 70, 10, h.domes.left)
    return 0.8 * (p.z - max(right, left) + 3 * large)
  }

  /// Adds the organs that cross a plane.
  func draw(into fields: inout PlaneFields, large: [Float], small: [Float]) {
    let grid = fields.grid
    let h = cage.habitus
    guard grid.z < max(h.domes.right, h.domes.left) + 8 else { return }
    let cavity = fields[.cavity]
    let spleen = Ellipsoid(
      Point(h.midline + 92, 62, h.domes.left - 42), Point(24, 46, 42), along: Point(1, 0.4, 0),
      second: Point(-0.4, 1, 0))
    grid.update(&fields[.liver]) { _, index, p in
      let below = distance(p, large: large[index]) + 3
      guard below < 20, cavity[index] < 20 else { return PlaneGrid.far }
      // The left lobe thins out in front of the stomach.
      let side = (p.x - h.midline - 34) * 0.75 + 0.35 * (p.y + 10) + 5 * large[index]
      return max(max(below, cavity[index] + 1.5), side)
    }
    grid.update(&fields[.spleen], in: spleen.bounds, margin: 15) { _, index, p in
      max(
        max(spleen.distance(p) + 2 * small[index], cavity[index] + 1.5),
        distance(p, large: large[index]) + 4)
    }
    let gut = stomach
    grid.update(&fields[.stomach], in: gut.bounds, margin: 15) { _, index, p in
      max(
        max(gut.distance(p) + 3 * large[index], cavity[index] + 3),
        distance(p, large: large[index]) + 4)
    }
    let wallOfGut = fields[.stomach]
    let level = gasLevel
    grid.update(&fields[.gas], in: gut.bounds, margin: 15) { _, index, p in
      max(wallOfGut[index] + 3.5, p.y - level)
    }
  }
}
