// SPDX-License-Identifier: Apache-2.0

/// The branching vessels of both lungs, as rods of blood.
struct LungVessels: Sendable {
  let rods: [Capsule]

  init(_ random: inout KeyedRandom, anatomy: Anatomy) {
    struct Tip {
      var position: Point
      var heading: Point
      var radius: Float
    }
    let cage = anatomy.cage
    let x = anatomy.habitus.midline
    let reach = anatomy.habitus.halfWidth
    var rods: [Capsule] = []
    var tips: [Tip] = []
    for side: Float in [-1, 1] {
      let hilum = Point(x + side * 44, 32, 10)
      for k in 0..<24 {
        // Spread over the half space that faces the lung.
        var heading = random.direction()
        heading.x = side * abs(heading.x) + side * 0.15
        heading.z = heading.z * 1.15 - 0.15
        let start = hilum + Point(0, random.normal() * 7, random.normal() * 18)
        tips.append(Tip(position: start, heading: normalized(heading), radius: k < 8 ? 4 : 2.8))
      }
    }
    while let tip = tips.popLast(), rods.count < 4200 {
      let stretch = (7 + 2.2 * tip.radius) * random.uniform(0.8, 1.5)
      let end = tip.position + tip.heading * stretch
      let next = tip.radius * random.uniform(0.88, 0.96)
      guard cage.inner(end.z).distance(end) < -3, abs(end.x - x) < reach, end.z > -175 else {
        continue
      }
      rods.append(Capsule(from: tip.position, to: end, fromRadius: tip.radius, toRadius: next))
      guard next > 0.42 else { continue }
      let turn = normalized(cross(tip.heading, random.direction()))
      if random.chance(0.6) {
        let share = random.uniform(0.55, 0.85)
        tips.append(
          Tip(position: end, heading: normalized(tip.heading + 0.4 * turn), radius: next * 0.93))
        tips.append(
          Tip(position: end, heading: normalized(tip.heading - 0.9 * turn), radius: next * share))
      } else {
        tips.append(
          Tip(position: end, heading: normalized(tip.heading + 0.25 * turn), radius: next))
      }
    }
    self.rods = rods
  }
}
