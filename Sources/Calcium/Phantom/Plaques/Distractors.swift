// SPDX-License-Identifier: Apache-2.0
import Foundation

/// Calcium and metal that are not in a coronary artery: what a reader has to leave out.
struct Deposit: Sendable {
  /// What a deposit is.
  enum Kind: String, Sendable, CaseIterable {
    case aorticWall, aorticValve, mitralAnnulus, lymphNode, granuloma, pericardium, bronchus
  }

  let kind: Kind
  let shape: Lump
  /// Its attenuation before any blur, in HU.
  let attenuation: Float
  /// Whether it moves with the heart.
  let moves: Bool
}

/// The deposits of one subject.
struct Distractors: Sendable {
  let deposits: [Deposit]

  init(_ random: inout KeyedRandom, anatomy: Anatomy, rank: Float?) {
    var maker = Maker(anatomy: anatomy, random: random)
    let age = anatomy.habitus.age
    // Aortic and valve calcium goes with age and with coronary calcium, yet also without it.
    let severity = clamped(0.55 * age + 0.45 * (rank ?? 0.1), 0, 1)
    if maker.random.chance(0.2 + 0.7 * severity) { maker.aorticWall(severity) }
    if maker.random.chance(0.08 + 0.4 * severity) { maker.aorticValve(severity) }
    if maker.random.chance(0.04 + 0.28 * severity) { maker.mitralAnnulus() }
    if maker.random.chance(0.25) { maker.lymphNodes() }
    if maker.random.chance(0.2) { maker.granuloma() }
    if maker.random.chance(0.03) { maker.pericardium() }
    if maker.random.chance(0.1 + 0.25 * age) { maker.bronchus() }
    deposits = maker.deposits
    random = maker.random
  }

  private struct Maker {
    let anatomy: Anatomy
    var random: KeyedRandom
    var deposits: [Deposit] = []

    mutating func add(
      _ kind: Deposit.Kind, _ body: Ellipsoid, _ attenuation: Float, moves: Bool = false,
      roughness: Float = 0.35
    ) {
      let phase = Point(random.uniform(0, 31), random.uniform(0, 31), random.uniform(0, 31))
      deposits.append(
        Deposit(
          kind: kind,
          shape: Lump(body: body, noise: anatomy.noise, roughness: roughness, phase: phase),
          attenuation: attenuation, moves: moves))
    }

    mutating func calcium() -> Float { clamped(650 * expf(0.4 * random.normal()), 250, 1600) }

    /// Plates in the wall of the root, the ascending aorta, the arch and the descending aorta.
    mutating func aorticWall(_ severity: Float) {
      let aorta = anatomy.vessels.aorta
      let count = random.whole(1...max(2, Int(4 + 22 * severity)))
      for _ in 0..<count {
        // The root is spared less often than the middle of the ascending aorta.
        let zone = random.unit()
        let arc =
          zone < 0.22
          ? random.uniform(12, 32)
          : zone < 0.55 ? random.uniform(85, 150) : random.uniform(150, aorta.arcLength - 5)
        let node = aorta.node(at: arc)
        let tangent = aorta.tangent(at: arc)
        let radial = normalized(cross(tangent, random.direction()))
        let size = random.uniform(0.8, 2.2) + 2.2 * severity * random.unit()
        add(
          .aorticWall,
          Ellipsoid(
            node.position + radial * (node.w + 0.1),
            Point(random.uniform(0.45, 1), size, size * random.uniform(0.7, 2)), along: radial,
            second: cross(tangent, radial)), calcium(), moves: zone < 0.22)
      }
    }

    /// Calcifications of the three cusps, inside the root a little below the ostium of the left main.
    mutating func aorticValve(_ severity: Float) {
      let aorta = anatomy.vessels.aorta
      let node = aorta.node(at: random.uniform(7, 11))
      let count = random.whole(1...Int(3 + 6 * severity))
      for _ in 0..<count {
        let angle = Float(random.whole(0...2)) * 2.1 + 0.35 * random.normal()
        let r = node.w * random.uniform(0.1, 0.85)
        let center =
          node.position
          + Point(cosf(angle) * r, sinf(angle) * r, random.uniform(-2.5, 2.5))
        let semi = Point(
          random.uniform(0.6, 1.6), random.uniform(0.8, 2.6), random.uniform(0.6, 1.8))
        add(
          .aorticValve, Ellipsoid(center, semi, along: random.direction(), second: [0, 0, 1]),
          calcium(), moves: true)
      }
    }

    /// A broken arc around the mitral ring, near the circumflex artery but in the muscle's edge.
    mutating func mitralAnnulus() {
      let ventricle = anatomy.heart.leftVentricle
      let center = ventricle.center - ventricle.axes.0 * (ventricle.semi.x * 0.7)
      let radius: Float = ventricle.semi.y * 0.5
      let start = random.uniform(0, 2 * .pi)
      let sweep = random.uniform(0.5, 3.2)
      var angle = start
      while angle < start + sweep {
        let center =
          center + (ventricle.axes.1 * cosf(angle) + ventricle.axes.2 * sinf(angle)) * radius
        let along = ventricle.axes.2 * cosf(angle) - ventricle.axes.1 * sinf(angle)
        let thick = random.uniform(0.9, 2.3)
        add(
          .mitralAnnulus,
          Ellipsoid(
            center, Point(random.uniform(1.5, 3.6), thick, thick), along: along,
            second: ventricle.axes.0), calcium(), moves: true)
        angle += random.uniform(0.16, 0.4)
      }
    }

    /// Clusters at the hila, under the carina and along the windpipe.
    mutating func lymphNodes() {
      let x = anatomy.habitus.midline
      let stations = [
        Point(x - 38, 33, 22), Point(x + 42, 36, 26), Point(x - 2, 42, 38), Point(x - 14, 28, 60),
        Point(x + 12, 26, 58), Point(x - 44, 38, 0), Point(x + 46, 40, 4),
      ]
      for _ in 0..<random.whole(1...3) {
        let station = random.element(of: stations)
        for _ in 0..<random.whole(1...5) {
          let r = random.uniform(1, 3.4)
          add(
            .lymphNode,
            Ellipsoid(
              station + random.jitter(4), Point(r, r * random.uniform(0.7, 1.4), r),
              along: random.direction(), second: [0, 1, 0]), calcium(), roughness: 0.6)
        }
      }
    }

    mutating func granuloma() {
      let side: Float = random.chance(0.5) ? -1 : 1
      for _ in 0..<random.whole(1...2) {
        let center = Point(
          anatomy.habitus.midline + side * random.uniform(55, 100), random.uniform(-15, 70),
          random.uniform(-60, 60))
        let r = random.uniform(1.2, 3)
        add(.granuloma, Ellipsoid(center, Point(r, r, r)), calcium(), roughness: 0.2)
      }
    }

    /// Plates on the sac over the right ventricle or beside the left one.
    mutating func pericardium() {
      let ventricle =
        random.chance(0.6) ? anatomy.heart.rightVentricle : anatomy.heart.leftVentricle
      for _ in 0..<random.whole(2...6) {
        let outward = normalized(
          Point(random.uniform(-0.7, 0.7), -1, random.uniform(-0.7, 0.7)))
        let unit = Point(
          dot(outward, ventricle.axes.0), dot(outward, ventricle.axes.1),
          dot(outward, ventricle.axes.2))
        let scale = 1 / max(length(unit / ventricle.semi), 1e-6)
        let center =
          ventricle.center + outward * (scale + anatomy.habitus.epicardialFat * 1.3 + 0.8)
        add(
          .pericardium,
          Ellipsoid(
            center, Point(random.uniform(0.6, 1.1), random.uniform(2, 6), random.uniform(2, 6)),
            along: outward, second: [1, 0, 0]), calcium(), moves: true)
      }
    }

    /// Calcified rings of the large airways of the aged.
    mutating func bronchus() {
      let x = anatomy.habitus.midline
      for _ in 0..<random.whole(2...9) {
        let side: Float = random.chance(0.5) ? -1 : 1
        let t = random.unit()
        let center = mix(
          Point(x, 34, 58), Point(x + side * 42, 39, 18), t)
        let radial = normalized(random.direction() * Point(0.4, 1, 0.8))
        add(
          .bronchus,
          Ellipsoid(
            center + radial * (7.4 - 1.6 * t), Point(0.5, random.uniform(1, 2.4), 0.8),
            along: radial, second: [1, 0, 0]), random.uniform(220, 480))
      }
    }
  }
}
