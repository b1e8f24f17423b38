// SPDX-License-Identifier: Apache-2.0

/// The build of one subject: what varies from person to person before any organ is shaped.
///
/// Lengths in mm. Ranges are those of adults in CT series, widened a little on purpose.
struct Habitus: Sendable {
  let female: Bool
  /// Slim (−2) to heavy (+2.5).
  let build: Float
  /// Body length relative to the mean.
  let stature: Float
  /// 0 (about 40 years) … 1 (about 85 years): calcium other than coronary grows with it.
  let age: Float
  /// The x of the mid-sagittal plane; the left main lies to its left.
  let midline: Float
  /// Half the inner width of the rib cage at heart level.
  let halfWidth: Float
  /// The y of the centre of the vertebral bodies at heart level.
  let spine: Float
  /// The height of the lung apices.
  let apex: Float
  /// Subcutaneous fat at the side, in front and behind.
  let fat: (side: Float, front: Float, back: Float)
  /// How strong the muscles are, relative to the mean.
  let muscle: Float
  /// How dense the bones are, relative to the mean; falls with age.
  let bone: Float
  /// The tops of the right and left dome of the diaphragm.
  let domes: (right: Float, left: Float)
  /// The distance between neighbouring vertebrae and between neighbouring ribs.
  let segment: Float
  /// Where the levels of ribs and vertebrae start.
  let levelPhase: Float
  /// The thickness of fat between the heart and its sac, and how far the chest wall lies in front.
  let epicardialFat: Float
  let retrosternal: Float
  /// Breast size, 0 for none.
  let breast: Float

  init(_ random: inout KeyedRandom, age: Float) {
    self.age = age
    female = random.chance(0.45)
    build = clamped(random.normal() * 0.9 + 0.2, -1.8, 2.4)
    stature = (female ? 0.95 : 1.02) * (1 + 0.035 * random.normal())
    midline = -15 * stature + 3 * random.normal()
    halfWidth = 124 * stature * (1 + 0.035 * random.normal()) + 2 * build
    spine = 79 * stature + 3 * random.normal() + 1.5 * build
    apex = 132 * stature + 6 * random.normal()
    let thin = 1 + 0.15 * random.normal()
    fat = (
      side: clamped((15 + 9 * build) * thin, 4, 45), front: clamped((11 + 6 * build) * thin, 4, 32),
      back: clamped((13 + 7 * build) * thin, 5, 36)
    )
    muscle = (female ? 0.8 : 1.05) * (1 + 0.12 * random.normal()) * (1 - 0.15 * age)
    bone = clamped(1.15 - 0.4 * age + 0.12 * random.normal(), 0.55, 1.4)
    let high = random.normal()
    domes = (
      right: -62 * stature + 7 * high + 3 * random.normal() + 3 * build,
      left: -72 * stature + 7 * high + 4 * random.normal() + 2 * build
    )
    segment = 24 * stature + 0.7 * random.normal()
    levelPhase = random.unit()
    epicardialFat = clamped(0.6 + 0.6 * build + 0.6 * random.normal(), 0.2, 4)
    retrosternal = clamped(6 + 2 * build + 2.5 * random.normal(), 3.5, 18)
    breast = female ? random.uniform(0.5, 1.3) + 0.15 * max(build, 0) : 0
  }

  /// Relative body size, 0 (slim and small) … 1 (heavy and large); noise grows with it.
  var size: Float { clamped(0.42 + 0.2 * build + 1.2 * (stature - 1), 0, 1) }
}
