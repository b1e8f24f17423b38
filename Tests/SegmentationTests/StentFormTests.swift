// SPDX-License-Identifier: Apache-2.0
import Agatston
import Foundation
import Testing

@testable import Segmentation

/// Slender dense rods are doubted, since a stent looks so; plaques of other forms are not.
@Suite struct StentFormTests {
  private func lesion(slices: Int, diameter: Double, volume: Double, peak: Int) throws -> Lesion {
    let numbers = (0..<slices).map(String.init).joined(separator: ", ")
    let json = """
      {"artery": "LAD", "agatston": 100, "volume_mm3": \(volume), "mass_mg": null, "area_mm2": 20,
       "slices": [\(numbers)], "slice_areas_mm2": [\(numbers)], "peak_hu": \(peak), "mean_hu": 300,
       "centroid_mm": [0, 0, 0], "diameter_mm": \(diameter), "density": 3, "background_hu": null,
       "integrated_mass_mg": null, "integrated_volume_mm3": null}
      """
    return try JSONDecoder().decode(Lesion.self, from: Data(json.utf8))
  }

  @Test(arguments: [
    // A stent of 12 mm along the slices, and one through five slices.
    (1, 12.0, 150.0, 500, true), (5, 4, 190, 450, true),
    // Short ones only where they are dense.
    (2, 6.5, 100, 1_400, true), (2, 6.5, 100, 601, false),
    // A block of calcium, a small plaque, a long faint one.
    (3, 9, 400, 900, false), (1, 4, 20, 1_200, false), (1, 14, 150, 390, false),
  ])
  func rodsAreTold(slices: Int, diameter: Double, volume: Double, peak: Int, isRod: Bool) throws {
    let lesion = try lesion(slices: slices, diameter: diameter, volume: volume, peak: peak)
    #expect(ScanLimits.looksLikeStent(lesion, increment: 3) == isRod)
  }
}
