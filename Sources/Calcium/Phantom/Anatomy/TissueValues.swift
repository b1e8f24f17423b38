// SPDX-License-Identifier: Apache-2.0

/// The attenuation of tissues in one subject, in HU at 120 kV without contrast medium.
struct TissueValues: Sendable {
  let skin: Float
  let fat: Float
  let innerFat: Float
  /// How uneven the fat within the chest is, in HU: strands, small vessels and nodes lie in it.
  let strands: Float
  let muscle: Float
  let blood: Float
  let myocardium: Float
  let pericardium: Float
  let liver: Float
  let spleen: Float
  let lung: Float
  /// How much denser the lung is per mm towards the back, in a patient who lies on it.
  let lungGradient: Float
  let cortex: Float
  let marrow: Float
  let cartilage: Float
  let disc: Float

  init(_ random: inout KeyedRandom, habitus: Habitus) {
    skin = random.uniform(0, 25)
    fat = random.uniform(-112, -98)
    innerFat = random.uniform(-95, -72)
    muscle = random.uniform(44, 58) - 8 * habitus.age
    // Blood of 35–50 HU; the wall a few HU above it, more so in anaemia.
    blood = random.uniform(35, 50)
    myocardium = blood + clamped(5 + 3 * random.normal(), 1, 12)
    pericardium = random.uniform(-60, 35)
    liver = random.chance(0.2) ? random.uniform(15, 45) : random.uniform(52, 66)
    spleen = random.uniform(44, 54)
    lung = random.uniform(-885, -835)
    lungGradient = random.uniform(0.15, 0.6)
    cortex = 620 * habitus.bone
    marrow = clamped(165 * habitus.bone + 15 * random.normal(), 60, 280)
    cartilage = 85 + 50 * habitus.age
    disc = random.uniform(70, 105)
    strands = random.uniform(50, 140)
  }
}
