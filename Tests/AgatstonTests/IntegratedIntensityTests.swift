// SPDX-License-Identifier: Apache-2.0
import Agatston
import Foundation
import TestSupport
import Testing
import Volume

@Suite struct `An integrated-intensity volume` {
  @Test func `recovers a blurred object exactly`() {
    // 8 voxels of 500 HU in a background of 50 HU, their intensity spread over 30 voxels.
    let sum = 8.0 * 500 + 22 * 50
    let volume = integratedIntensityVolume(
      sum: sum, count: 30, background: 50, object: 500, voxelVolume: 0.75)
    #expect(volume == 6)
  }

  @Test func `does not exist without contrast`() {
    #expect(
      integratedIntensityVolume(sum: 100, count: 2, background: 50, object: 50, voxelVolume: 1)
        == nil)
  }

  /// A box of 3 × 4 pixels of 700 HU in 40 HU, moved by parts of a pixel: its border pixels hold
  /// what they are covered by.
  private func box(_ shift: Double, spacing: SIMD3<Double> = [0.5, 0.5, 3]) -> Plaques {
    func covered(_ pixel: Int, _ low: Double, _ high: Double) -> Double {
      max(0, min(Double(pixel) + 0.5, high) - max(Double(pixel) - 0.5, low))
    }
    var scan = Plaques(5, 40, 40, spacing: spacing)
    for y in 0..<40 {
      for x in 0..<40 {
        let share = covered(x, 17 + shift, 20 + shift) * covered(y, 17 + shift, 21 + shift)
        let hu = Int16((40 + 660 * share).rounded())
        if share > 0 { scan.ct[2, y, x] = hu }
        if hu >= 130 { scan.mask[2, y, x] = 1 }
      }
    }
    return scan
  }

  @Test(arguments: [0.5, 0.6, 0.75, 0.9])
  func `does not depend on where the pixels cut the plaque`(shift: Double) throws {
    let exact = 3 * 4 * 0.75
    let result = try box(shift).scored {
      $0.objectAttenuation = 700
      $0.massCalibration = 0.8
    }
    let lesion = try #require(result.lesions.first)
    #expect(result.lesions.count == 1 && lesion.background == 40)
    // Each of at most 20 pixels was rounded by half a HU or less.
    #expect(abs(try #require(lesion.integratedVolume) - exact) < 20 * 0.5 / 660 * 0.75)
    let mass = 0.8 * 660 * exact / 1000
    #expect(abs(try #require(lesion.integratedMass) - mass) < 0.8 * 20 * 0.5 * 0.75 / 1000)
    #expect(result.integratedVolume == lesion.integratedVolume)
    #expect(result.integratedMass == lesion.integratedMass)
    // Voxels counted whole differ with the cut.
    #expect(lesion.volume == (shift < 0.7 ? 12 : shift < 0.8 ? 19 : 20) * 0.75)
  }

  @Test func `counts what partial volume moved under the threshold and into the next slices`()
    throws
  {
    // 600 HU over 40, half in slice 2 and an eighth in slices 1 and 3: 115 HU, not scored.
    var scan = Plaques(5, 30, 30, spacing: [0.5, 0.5, 2])
    scan.paint(slice: 2, rows: 12..<16, columns: 12..<16, hu: 340)
    for z in [1, 3] {
      for y in 12..<16 { for x in 12..<16 { scan.ct[z, y, x] = 115 } }
    }
    let result = try scan.scored { $0.objectAttenuation = 640 }
    #expect(result.volume == 16 * 0.5)
    #expect(isClose(try #require(result.integratedVolume), 16 * 0.5 * (300 + 2 * 75) / 600))
  }

  @Test func `leaves a neighbour's calcium to the neighbour`() throws {
    var scan = Plaques(1, 40, 60, spacing: [0.5, 0.5, 3])
    scan.paint(slice: 0, rows: 16..<20, columns: 16..<20, hu: 440)
    let alone = try scan.scored { $0.objectAttenuation = 440 }
    #expect(isClose(try #require(alone.integratedVolume), 16 * 0.75))
    scan.paint(slice: 0, rows: 16..<20, columns: 22..<26, hu: 840)
    let both = try scan.scored { $0.objectAttenuation = 440 }
    #expect(both.lesions.count == 2)
    #expect(isClose(both.lesions[0].integratedVolume ?? 0, 16 * 0.75))
    #expect(isClose(both.lesions[1].integratedVolume ?? 0, 32 * 0.75))
  }

  @Test func `is absent unless asked for, and without surroundings`() throws {
    let plain = try box(0.5).scored()
    #expect(plain.integratedMass == nil && plain.integratedVolume == nil)
    #expect(plain.lesions[0].background == nil)
    var full = Plaques(1, 6, 6)
    for i in full.ct.voxels.indices { (full.ct.voxels[i], full.mask.voxels[i]) = (300, 1) }
    let result = try full.scored { $0.massCalibration = 1 }
    #expect(result.mass != nil && result.integratedMass == nil)
    #expect(result.lesions[0].background == nil)
  }

  @Test func `of a plaque at the border of the scan is that of its part`() throws {
    var scan = Plaques(1, 12, 12, spacing: [0.5, 0.5, 3])
    scan.paint(slice: 0, rows: 0..<3, columns: 9..<12, hu: 540)
    let result = try scan.scored { $0.objectAttenuation = 540 }
    #expect(isClose(try #require(result.integratedVolume), 9 * 0.75))
  }

  @Test(arguments: [0, 130, -5, .nan, .infinity] as [Double])
  func `needs the attenuation of calcium`(hu: Double) throws {
    let error = try #require(throws: AgatstonError.self) {
      try box(0.5).scored { $0.objectAttenuation = hu }
    }
    #expect(error.code == .option)
  }
}
