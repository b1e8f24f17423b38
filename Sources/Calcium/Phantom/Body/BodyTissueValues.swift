// SPDX-License-Identifier: Apache-2.0
import Atlas

/// The HU of each tissue of one subject, and how uneven each one is.
struct BodyTissueValues: Sendable {
  /// By raw value of `Tissue`.
  private(set) var mean: [Float]
  /// The half range of the uneven part, in HU.
  private(set) var texture: [Float]
  /// The thickness of the fat under the skin, in mm, and how uneven it is.
  let fatThickness: Float
  /// How far the fat outside the pericardium reaches into the lung at most, in mm.
  let fatPad: Float
  /// The share of the muscles of the trunk's wall that fat fills.
  let muscleFat: Float
  /// How wide the vessels of the lung are, as a level of the noise that makes them, and their HU.
  let lungVessels: Float
  let vessel: Float
  /// The thickness of the pericardium at most, in mm of the atlas.
  let pericardium: Float
  /// The HU of fat.
  let fat: Float
  /// The share of the fat round the heart that strands and vessels fill.
  let strandShare: Float
  /// The HU of those strands.
  let strands: Float
  /// About how far the fat of the grooves reaches from the vessels into the heart, in mm of the atlas.
  let grooveFat: Float
  /// The share of the fat of the belly that bowel and other organs fill, and their HU.
  let visceraShare: Float
  let viscera: Float
  /// How uneven the inside of bones is from mm to mm, in HU.
  let trabeculae: Float

  init(without: Set<Realism> = [], _ random: inout KeyedRandom) {
    func drawn(_ realism: Realism, _ value: Float, plain: Float = 0) -> Float {
      without.contains(realism) ? plain : value
    }
    mean = Array(repeating: 0, count: Tissue.allCases.count)
    texture = Array(repeating: 0, count: Tissue.allCases.count)
    let blood = random.uniform(28, 62)
    let fat = random.uniform(-108, -84)
    self.fat = fat
    strandShare = drawn(.fat, random.chance(0.85) ? random.uniform(0.1, 0.6) : 0.02)
    strands = random.uniform(-25, 45)
    fatPad = drawn(.fat, random.chance(0.5) ? random.uniform(0, 3) : random.uniform(2, 11))
    fatThickness = random.chance(0.15) ? random.uniform(24, 48) : random.uniform(3, 24)
    trabeculae = random.uniform(80, 360)
    muscleFat = drawn(.fat, random.uniform(0, 0.4))
    pericardium = drawn(.pericardium, random.chance(0.3) ? 0 : random.uniform(0.5, 2.5))
    lungVessels = random.uniform(0.002, 0.014)
    vessel = random.uniform(-150, 40)
    grooveFat = drawn(.fat, random.chance(0.25) ? random.uniform(0, 3) : random.uniform(1.5, 8))
    visceraShare = drawn(.belly, random.uniform(0.35, 0.9))
    viscera = random.uniform(15, 60)
    func set(_ tissue: Tissue, _ hu: Float, _ uneven: Float) {
      mean[Int(tissue.rawValue)] = hu
      texture[Int(tissue.rawValue)] = uneven
    }
    let muscle = random.uniform(38, 62)
    let wall = blood + random.uniform(-6, 14)
    set(.outside, fat, 12)
    set(.lung, random.uniform(-875, -765), 40)
    set(.muscle, muscle, 16)
    set(.corticalBone, random.uniform(350, 900), 120)
    set(
      .cancellousBone, random.chance(0.6) ? random.uniform(70, 190) : random.uniform(150, 330), 90)
    set(.cartilage, random.uniform(60, 150), 25)
    set(.disc, random.uniform(70, 120), 12)
    set(.mediastinalFat, fat + 10, 30)
    set(.epicardialFat, fat + random.uniform(4, 22), 30)
    set(.abdominalFat, fat + 4, 25)
    set(.wallFat, fat + 6, 25)
    set(.myocardium, wall, 7)
    set(.atrialWall, wall - 4, 6)
    for cavity in [
      Tissue.leftVentricle, .rightVentricle, .leftAtrium, .rightAtrium, .aorta, .pulmonaryTrunk,
      .pulmonaryVessel, .vein, .coronaryVein,
    ] { set(cavity, blood + random.uniform(-4, 4), 4) }
    set(.coronaryArtery, blood + random.uniform(-6, 8), 6)
    set(.aorticValve, blood + 8, 10)
    set(.mitralValve, blood + 6, 8)
    set(.liver, random.chance(0.2) ? random.uniform(5, 40) : random.uniform(45, 68), 7)
    let content = random.unit()
    set(.stomach, content < 0.45 ? -950 : random.uniform(0, 60), content < 0.45 ? 20 : 35)
    set(.spleen, random.uniform(40, 58), 6)
    set(.kidney, random.uniform(25, 40), 8)
    set(.bowel, random.chance(0.4) ? random.uniform(-700, -200) : random.uniform(0, 45), 60)
    set(.oesophagus, random.chance(0.25) ? random.uniform(-400, 0) : random.uniform(20, 50), 20)
    set(.airway, -990, 8)
    set(.thymus, random.uniform(-85, 40), 20)
  }
}
