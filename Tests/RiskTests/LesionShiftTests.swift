// SPDX-License-Identifier: Apache-2.0
import Agatston
import Foundation
import Random
import Testing

@testable import Risk

/// The lesions of two results are laid onto each other by a shift that most of them agree on.
@Suite struct LesionShiftTests {
  private func lesion(
    _ place: SIMD3<Double>, volume: Double = 20, artery: String? = "LAD"
  ) throws -> Lesion {
    let name = artery.map { "\"\($0)\"" } ?? "null"
    let json = """
      {"artery": \(name), "agatston": \(volume), "volume_mm3": \(volume), "mass_mg": null,
       "area_mm2": 5, "slices": [3], "slice_areas_mm2": [5], "peak_hu": 300, "mean_hu": 200,
       "centroid_mm": [\(place.x), \(place.y), \(place.z)], "diameter_mm": 3, "density": 2,
       "background_hu": null, "integrated_mass_mg": null, "integrated_volume_mm3": null}
      """
    return try JSONDecoder().decode(Lesion.self, from: Data(json.utf8))
  }

  private let arteries = ["LM", "LAD", "LCX", "RCA"]

  private func heart(_ count: Int, _ generator: inout SplitMix64) throws -> [Lesion] {
    try (0..<count).map { i in
      let place = SIMD3(
        Double.random(in: -50...50, using: &generator),
        Double.random(in: -50...50, using: &generator),
        Double.random(in: -50...50, using: &generator))
      return try lesion(
        place, volume: .random(in: 2...200, using: &generator), artery: arteries[i % 4])
    }
  }

  @Test func `finds a shift through jitter, a lost lesion and new ones`() throws {
    for seed in UInt64(1)...20 {
      var generator = SplitMix64(seed: seed)
      let before = try heart(9, &generator)
      let shift = SIMD3(37.0, -112, 80)
      var after = try before.dropLast().map { old in
        let jitter = SIMD3(
          Double.random(in: -2...2, using: &generator),
          Double.random(in: -2...2, using: &generator),
          Double.random(in: -2...2, using: &generator))
        return try lesion(
          old.centroid + shift + jitter, volume: old.volume,
          artery: old.artery.map { arteries[Int($0.rawValue) - 1] })
      }
      after += try heart(2, &generator).map {
        try lesion($0.centroid + shift, artery: $0.artery.map { arteries[Int($0.rawValue) - 1] })
      }
      let found = try #require(LesionShift(from: before, to: after.shuffled(using: &generator)))
      let error = found.offset - shift
      #expect((error * error).sum().squareRoot() < 1.5)
      #expect(found.pairs >= 8)
      #expect(found.distance < 3.5)
    }
  }

  @Test func `two pairs are chance and fix nothing`() throws {
    let before = [try lesion([0, 0, 0]), try lesion([30, 0, 0], artery: "RCA")]
    #expect(LesionShift(from: before, to: before) == nil)
    let third = try lesion([0, 40, 10], artery: "LCX")
    #expect(LesionShift(from: before + [third], to: before + [third])?.pairs == 3)
  }

  @Test func `lesions of other arteries do not meet, unknown ones may`() throws {
    let places: [SIMD3<Double>] = [[0, 0, 0], [20, 3, 0], [5, 40, 9]]
    let before = try places.map { try lesion($0, artery: "LAD") }
    #expect(LesionShift(from: before, to: try places.map { try lesion($0, artery: "RCA") }) == nil)
    #expect(LesionShift(from: before, to: try places.map { try lesion($0, artery: nil) }) != nil)
  }

  @Test func `hearts of other people seldom meet`() throws {
    var chance = 0
    for seed in UInt64(1)...40 {
      var generator = SplitMix64(seed: 1000 + seed)
      let before = try heart(8, &generator)
      if LesionShift(from: before, to: try heart(8, &generator)) != nil { chance += 1 }
    }
    #expect(chance <= 1)
  }

  @Test func `nothing meets nothing`() throws {
    #expect(LesionShift(from: [], to: []) == nil)
    #expect(LesionShift(from: [try lesion([0, 0, 0])], to: []) == nil)
  }
}
