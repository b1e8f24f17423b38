// SPDX-License-Identifier: Apache-2.0

/// The large vessels of the chest, as tubes of blood.
struct GreatVessels: Sendable {
  /// From the valve ring over the arch to the abdominal aorta.
  let aorta: Tube
  let pulmonaryTrunk: Tube
  let pulmonaryBranches: [Tube]
  let veins: [Tube]
  let archBranches: [Tube]

  init(_ random: inout KeyedRandom, habitus: Habitus, heart: Heart) {
    let pose = heart.pose
    let wide = 1 + 0.06 * random.normal() + 0.12 * (habitus.age - 0.5)
    let down = habitus.midline + 27 + 3 * random.normal()
    let back = habitus.spine - 19
    func aortic(_ x: Float, _ y: Float, _ z: Float, _ r: Float) -> SIMD4<Float> {
      pose.node(x, y, z, r * wide)
    }
    // The ostium of the left main lies at the origin, on the wall of the root.
    var root = [
      pose.node(-8, -2, -21, 12.5), pose.node(-14, -4.2, -9, 16), pose.node(-15.5, -4.7, -2, 16),
    ]
    root += [
      pose.node(-18, -6, 6, 14.5), aortic(-24, -10, 25, 16), aortic(-26, -10, 45, 15.5),
      aortic(-20, -2, 66, 14.5), aortic(-4, 18, 77, 13.5), aortic(10, 42, 70, 13),
    ]
    let unfolding = 6 * max(0, habitus.age - 0.4)
    root += [
      SIMD4(down + unfolding, back - 4, 45, 12.5 * wide),
      SIMD4(down + unfolding, back, 0, 12 * wide),
      SIMD4(down - 4, back + 1, -70, 11.5 * wide), SIMD4(down - 12, back, -170, 10.5 * wide),
    ]
    aorta = Tube(through: root, step: 4)
    pulmonaryTrunk = Tube(through: [
      pose.node(8, -32, 0, 13.5), pose.node(11, -24, 15, 13.5), pose.node(11, -8, 30, 13.5),
      pose.node(6, 6, 36, 12.5),
    ])
    pulmonaryBranches = [
      Tube(through: [
        pose.node(6, 6, 36, 11), pose.node(-20, 12, 32, 10), pose.node(-45, 20, 26, 8.5),
        pose.node(-60, 25, 12, 7),
      ]),
      Tube(through: [
        pose.node(6, 6, 36, 11), pose.node(24, 20, 42, 10), pose.node(40, 32, 36, 9),
        pose.node(50, 38, 18, 7),
      ]),
    ]
    veins = [
      Tube(through: [
        pose.node(-36, 4, -16, 10), pose.node(-40, 0, 18, 9), pose.node(-40, -6, 50, 8.5),
        pose.node(-38, -12, 78, 7.5), pose.node(-46, -14, 110, 6.5),
      ]),
      Tube(through: [
        pose.node(-38, -12, 76, 6.5), pose.node(-5, -28, 88, 6), pose.node(32, -20, 108, 6),
      ]),
      Tube(through: [
        pose.node(-30, 15, -62, 12), pose.node(-29, 19, -85, 12), pose.node(-28, 24, -170, 12),
      ]),
      Tube(through: [pose.node(-33, 25, -2, 7), pose.node(-62, 18, 4, 5)]),
      Tube(through: [pose.node(-33, 34, -20, 7), pose.node(-60, 44, -27, 5)]),
      Tube(through: [pose.node(22, 30, 3, 7), pose.node(48, 20, 14, 5)]),
      Tube(through: [pose.node(22, 38, -15, 7), pose.node(52, 48, -24, 5)]),
    ]
    archBranches = [
      Tube(through: [
        pose.node(-20, -6, 78, 6), pose.node(-28, -8, 110, 6), pose.node(-36, -4, 140, 5),
      ]),
      Tube(through: [pose.node(-8, 7, 86, 4), pose.node(-5, 6, 115, 4), pose.node(-4, 4, 150, 4)]),
      Tube(through: [
        pose.node(4, 21, 86, 4.5), pose.node(10, 20, 112, 4.5), pose.node(28, 18, 140, 4),
      ]),
    ]
  }

  /// All tubes that are painted as vessels.
  var all: [Tube] {
    [aorta, pulmonaryTrunk] + pulmonaryBranches + veins + archBranches
  }
}
