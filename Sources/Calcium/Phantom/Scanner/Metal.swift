// SPDX-License-Identifier: Apache-2.0
import Agatston
import Foundation

/// Metal in the chest and the streaks that it casts over its slices.
struct Metal: Sendable {
  /// What the metal is.
  enum Kind: String, Sendable { case lead, clip, sternalWire }

  let kind: Kind
  let tube: Tube
  /// The attenuation before blur; scanners store at most 3071.
  let attenuation: Float
  /// How strong its streaks are, in HU near the metal.
  let streak: Float
  let moves: Bool

  /// The metal of one subject: a few have a pacemaker, a few have had bypass surgery.
  static func draw(_ random: inout KeyedRandom, anatomy: Anatomy) -> [Metal] {
    var result: [Metal] = []
    let pose = anatomy.heart.pose
    let pacemaker = random.chance(0.045)
    let surgery = random.chance(0.05)
    if pacemaker {
      let tip = anatomy.heart.rightVentricle
      let end = tip.center + tip.axes.0 * (tip.semi.x * 0.72)
      let ventricular = Tube(through: [
        pose.node(-44, -14, 130, 1.1), pose.node(-39, -10, 72, 1.1), pose.node(-40, -2, 25, 1.1),
        pose.node(-42, 4, -20, 1.1), pose.node(-30, 2, -48, 1.1), pose.node(-8, -16, -60, 1.1),
        SIMD4(end, radius: 1.4),
      ])
      result.append(
        Metal(
          kind: .lead, tube: ventricular, attenuation: 9000, streak: random.uniform(250, 700),
          moves: true))
      if random.chance(0.6) {
        let atrial = Tube(through: [
          pose.node(-40, -12, 130, 1), pose.node(-36, -6, 72, 1), pose.node(-37, 1, 25, 1),
          pose.node(-40, 2, -10, 1), pose.node(-34, -8, -18, 1), pose.node(-30, -16, -6, 1.2),
        ])
        result.append(
          Metal(
            kind: .lead, tube: atrial, attenuation: 9000, streak: random.uniform(200, 550),
            moves: true))
      }
    }
    if surgery {
      let cage = anatomy.cage
      for k in 0..<random.whole(4...6) {
        let z = 62 - 24 * Float(k)
        let y = cage.sternumInside(z)
        let x = anatomy.habitus.midline
        result.append(
          Metal(
            kind: .sternalWire,
            tube: Tube(
              through: [
                SIMD4(x - 13, y - 4, z, 0.45), SIMD4(x - 8, y - 14, z + 1, 0.45),
                SIMD4(x + 6, y - 14.5, z - 1, 0.45), SIMD4(x + 13, y - 4, z, 0.45),
                SIMD4(x + 2, y + 0.5, z, 0.45), SIMD4(x - 13, y - 4, z, 0.45),
              ], step: 2), attenuation: 8000, streak: random.uniform(120, 350), moves: false))
      }
      // Clips along a graft from the inner side of the chest wall to the front groove.
      let artery = anatomy.coronaries.main(.leftAnteriorDescending).tube
      let landing = artery.node(at: random.uniform(45, 75)).position + Point(0, -4, 0)
      let origin = Point(anatomy.habitus.midline + 30, cage.sternumInside(70) + 6, 70)
      for _ in 0..<random.whole(3...8) {
        let center = mix(origin, landing, random.unit()) + random.jitter(1.5)
        let along = random.direction() * 2
        result.append(
          Metal(
            kind: .clip,
            tube: Tube(nodes: [
              SIMD4(center - along, radius: 0.5), SIMD4(center + along, radius: 0.5),
            ]), attenuation: 5000, streak: random.uniform(60, 250), moves: true))
      }
    }
    return result
  }
}
