// SPDX-License-Identifier: Apache-2.0
import Agatston
import Atlas
import Foundation

/// The calcium of one subject: plaques on the coronary arteries, calcium elsewhere, and decoys.
struct BodyCalcium: Sendable {
  /// How much of each a subject has.
  struct Burden: Sendable {
    /// The share of subjects with coronary calcium; nil for that of the COCA cohort.
    var coronary: Float?
    /// Which part of the cohort those with calcium come from, 0 (least) … 1 (most).
    var ranks: ClosedRange<Double> = 0...1
    /// The share of subjects with each other kind.
    var elsewhere: Float
    /// The share of subjects with decoys: plaques at places where no artery runs.
    var decoys: Float

    /// As in a cohort of patients.
    static func cohort(ranks: ClosedRange<Double>) -> Burden {
      Burden(coronary: nil, ranks: ranks, elsewhere: 0.2, decoys: 0)
    }

    /// More of everything that a network has to tell apart.
    static let training = Burden(coronary: 0.55, elsewhere: 0.35, decoys: 0.45)
  }

  private(set) var blobs: [CalciumBlob] = []

  init(atlas: BodyAtlas, burden: Burden, _ random: inout KeyedRandom) {
    var draw = random
    let disease = PlaqueBurden(&draw, ranks: burden.ranks)
    let isIll = burden.coronary.map { random.chance($0) } ?? (disease.rank != nil)
    let rank = disease.rank ?? random.unit()
    if isIll { addPlaques(disease, rank: rank, atlas, &random) }
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

  // Plaques until each artery's share of the subject's score is reached.
  private mutating func addPlaques(
    _ disease: PlaqueBurden, rank: Float, _ atlas: BodyAtlas, _ random: inout KeyedRandom
  ) {
    for (artery, target) in disease.targets(rank: rank, &random) {
      let branches = atlas.courses.filter { $0.artery == artery && $0.sites.count > 1 }
      guard !branches.isEmpty else { continue }
      let trunks = branches.filter(\.isTrunk)
      var rest = target
      let usual = clamped(0.3 * target, 1.2, 70)
      for attempt in 0..<40 where rest > 0.12 * target || attempt == 0 {
        let wanted = min(rest, max(0.8, usual * expf(0.9 * random.normal(limit: 2))))
        let course =
          random.chance(0.8) && !trunks.isEmpty
          ? random.element(of: trunks) : random.element(of: branches)
        blobs += plaque(on: course, scoring: wanted, rank: rank, &random)
        rest -= wanted
      }
    }
  }

  // A plaque lies in the wall, follows the vessel and is made of short rods.
  private func plaque(
    on course: CoronaryCourse, scoring wanted: Float, rank: Float, _ random: inout KeyedRandom
  ) -> [CalciumBlob] {
    let attenuation = clamped(
      520 * expf(0.45 * random.normal()) * (0.8 + 0.4 * rank), 200, 1800)
    let elongation = random.uniform(0.6, 3.5)
    // The size whose expected score is the wanted one: a thick plaque grows along the vessel.
    func shape(_ size: Float) -> (radius: Float, length: Float) {
      let radius = min(size, 1.9)
      return (radius, min(60, 2 * elongation * radius * (size / radius)))
    }
    var (low, high): (Float, Float) = (0.25, 14)
    for _ in 0..<20 {
      let middle = (low * high).squareRoot()
      let (radius, length) = shape(middle)
      let expected = ExpectedScore.agatston(
        half: [radius, radius], span: length + radius, attenuation: attenuation)
      if expected < wanted { low = middle } else { high = middle }
    }
    let (radius, length) = shape(high)
    let count = Float(course.sites.count - 1)
    // Most plaques lie in the proximal third of a trunk.
    let u = random.unit()
    let place = course.isTrunk && course.artery != .leftMain ? powf(u, 1.7) : u
    let angle = random.uniform(0, 2 * .pi)
    let wall = random.uniform(0.3, 1)
    let steps = max(1, Int(length / CoronaryCourse.step))
    func point(_ i: Int) -> Point {
      let s = clamped(place * count + Float(i), 0, count)
      let low = min(Int(s), course.sites.count - 2)
      let t = s - Float(low)
      let axis = normalized(course.points[low + 1] - course.points[low])
      let side = normalized(cross(axis, abs(axis.z) < 0.8 ? [0, 0, 1] : [1, 0, 0]))
      let other = cross(axis, side)
      let turn = angle + 0.12 * Float(i)
      let r = course.radii[low] * wall
      return mix(course.points[low], course.points[low + 1], t)
        + (side * cosf(turn) + other * sinf(turn)) * r
    }
    var rods: [CalciumBlob] = []
    for i in 0..<steps {
      // Long plaques are spotty.
      if steps > 3, random.chance(0.12) { continue }
      rods.append(
        CalciumBlob(
          kind: .coronary(course.artery), from: point(i),
          to: steps == 1 ? point(i) + random.direction() * length : point(i + 1),
          radius: radius * random.uniform(0.8, 1.2),
          attenuation: attenuation * random.uniform(0.85, 1.15)))
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
      let p = atlas.grid.position(ofVoxel: Int(places[random.whole(0...(places.count - 1))]))
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
