// SPDX-License-Identifier: Apache-2.0
import Agatston
import Atlas
import Foundation

/// The calcium of one subject: plaques on the coronary arteries, calcium elsewhere, and decoys.
struct BodyCalcium: Sendable {
  /// How much of each a subject has.
  struct Burden: Sendable {
    /// The share of subjects with coronary calcium.
    var coronary: Float = 0.55
    /// The share of subjects with each other kind.
    var elsewhere: Float = 0.35
    /// The share of subjects with decoys: plaques at places where no artery runs.
    var decoys: Float = 0.45
  }

  private(set) var blobs: [CalciumBlob] = []

  init(atlas: BodyAtlas, burden: Burden, _ random: inout KeyedRandom) {
    if random.chance(burden.coronary) { addPlaques(atlas, &random) }
    for site in CalcificationSite.allCases {
      // Costal cartilage calcifies in most people past fifty.
      let chance = site == .cartilage ? burden.elsewhere + 0.2 : burden.elsewhere
      guard random.chance(chance), let places = atlas.calcificationSites[site] else {
        continue
      }
      addDeposits(site, places, atlas, &random)
    }
    if random.chance(burden.decoys) { addDecoys(atlas, &random) }
  }

  private mutating func addPlaques(_ atlas: BodyAtlas, _ random: inout KeyedRandom) {
    // From one speck to casts in all arteries, as widely as in COCA.
    let severity = random.unit()
    for artery in Artery.allCases {
      let chance: Float =
        switch artery {
        case .leftMain: 0.08 + 0.6 * severity
        case .leftAnteriorDescending: 0.55 + 0.45 * severity
        case .leftCircumflex: 0.15 + 0.8 * severity
        case .right: 0.2 + 0.8 * severity
        }
      guard random.chance(chance) else { continue }
      let branches = atlas.courses.filter { $0.artery == artery }
      guard !branches.isEmpty else { continue }
      let number = 1 + Int(expf(2.6 * severity * random.unit()) * random.unit())
      for _ in 0..<number {
        let trunks = branches.filter(\.isTrunk)
        let course =
          random.chance(0.78) && !trunks.isEmpty
          ? random.element(of: trunks) : random.element(of: branches)
        blobs += plaque(on: course, severity: severity, &random)
      }
    }
  }

  // A plaque lies in the wall, follows the vessel and is made of short rods.
  private func plaque(
    on course: CoronaryCourse, severity: Float, _ random: inout KeyedRandom
  ) -> [CalciumBlob] {
    guard course.points.count > 1 else { return [] }
    let count = Float(course.points.count - 1)
    // Most plaques lie in the proximal third.
    let u = random.unit()
    let place = course.isTrunk ? powf(u, course.artery == .leftMain ? 1 : 1.6) : u
    let length = min(
      random.chance(0.55) ? random.uniform(0.3, 4) : random.uniform(2, 10 + 30 * severity), 60)
    let radius = clamped(0.85 * expf(0.45 * random.normal()), 0.35, 2.4)
    let attenuation = clamped(480 * expf(0.55 * random.normal()), 170, 1800)
    let angle = random.uniform(0, 2 * .pi)
    let wall = random.uniform(0.3, 1.1)
    let steps = max(1, Int(length / 1.5))
    func point(_ i: Int) -> Point {
      let s = clamped(place * count + Float(i), 0, count)
      let low = min(Int(s), course.points.count - 2)
      let t = s - Float(low)
      let p = mix(course.points[low], course.points[low + 1], t)
      let axis = normalized(course.points[low + 1] - course.points[low])
      let side = normalized(cross(axis, abs(axis.z) < 0.8 ? [0, 0, 1] : [1, 0, 0]))
      let other = cross(axis, side)
      let turn = angle + 0.12 * Float(i)
      let r = course.radii[low] * wall
      return p + (side * cosf(turn) + other * sinf(turn)) * r
    }
    var rods: [CalciumBlob] = []
    for i in 0..<steps {
      // Long plaques are spotty.
      if steps > 3, random.chance(0.15) { continue }
      rods.append(
        CalciumBlob(
          kind: .coronary(course.artery), from: point(i),
          to: steps == 1 ? point(i) + random.direction() * (0.5 * length) : point(i + 1),
          radius: radius * random.uniform(0.75, 1.2),
          attenuation: attenuation * random.uniform(0.8, 1.2)))
    }
    return rods
  }

  private mutating func addDeposits(
    _ site: CalcificationSite, _ places: [Int32], _ atlas: BodyAtlas, _ random: inout KeyedRandom
  ) {
    let number: Int
    let size: ClosedRange<Float>
    switch site {
    case .ascendingAorta, .aorticArch, .descendingAorta:
      (number, size) = (random.whole(1...9), 0.5...2.2)
    case .aorticValve: (number, size) = (random.whole(1...6), 0.5...2.5)
    case .mitralRing: (number, size) = (random.whole(1...8), 0.6...3)
    case .cartilage: (number, size) = (random.whole(8...60), 0.5...1.8)
    case .airway: (number, size) = (random.whole(2...12), 0.4...1)
    case .node: (number, size) = (random.whole(1...4), 1...4)
    case .pericardium: (number, size) = (random.whole(1...4), 0.5...1.5)
    case .myocardium: (number, size) = (random.whole(1...2), 0.5...2)
    }
    for _ in 0..<number {
      let p = atlas.position(ofVoxel: Int(places[random.whole(0...(places.count - 1))]))
      let length = random.uniform(0, site == .cartilage || site == .mitralRing ? 8 : 4)
      blobs.append(
        CalciumBlob(
          kind: .elsewhere(site.rawValue), from: p + random.jitter(0.4),
          to: p + random.direction() * length,
          radius: random.uniform(size.lowerBound, size.upperBound),
          attenuation: clamped(450 * expf(0.5 * random.normal()), 170, 1500)))
    }
  }

  // The very shapes of plaques where no artery runs: only the place decides.
  private mutating func addDecoys(_ atlas: BodyAtlas, _ random: inout KeyedRandom) {
    for _ in 0..<random.whole(1...10) {
      let p = atlas.heartCentre + random.jitter(38)
      guard let index = atlas.grid.index(at: p),
        atlas.arteryDistances.values.allSatisfy({ $0[index] > 60 })
      else { continue }
      let length = random.chance(0.6) ? random.uniform(0, 3) : random.uniform(2, 14)
      blobs.append(
        CalciumBlob(
          kind: .elsewhere("decoy"), from: p, to: p + random.direction() * length,
          radius: clamped(0.85 * expf(0.45 * random.normal()), 0.35, 2.4),
          attenuation: clamped(480 * expf(0.55 * random.normal()), 170, 1800)))
    }
  }
}
