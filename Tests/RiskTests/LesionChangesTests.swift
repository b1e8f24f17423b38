// SPDX-License-Identifier: Apache-2.0
import Agatston
import Foundation
import Testing

@testable import Risk

/// Lesions are followed from scan to scan by where they are and how large.
@Suite struct LesionChangesTests {
  private func lesion(
    _ place: SIMD3<Double>, volume: Double, artery: String? = "LAD", diameter: Double = 3
  ) throws -> Lesion {
    let name = artery.map { "\"\($0)\"" } ?? "null"
    let json = """
      {"artery": \(name), "agatston": \(volume), "volume_mm3": \(volume), "mass_mg": null,
       "area_mm2": 5, "slices": [3], "slice_areas_mm2": [5], "peak_hu": 300, "mean_hu": 200,
       "centroid_mm": [\(place.x), \(place.y), \(place.z)], "diameter_mm": \(diameter), "density": 2,
       "background_hu": null, "integrated_mass_mg": null, "integrated_volume_mm3": null}
      """
    return try JSONDecoder().decode(Lesion.self, from: Data(json.utf8))
  }

  private func states(
    _ prior: [Lesion], _ current: [Lesion], shift: SIMD3<Double> = .zero
  ) -> [LesionChanges.State] {
    LesionChanges(from: prior, to: current) { $0 + shift }.all.map(\.state)
  }

  @Test func volumesDecideBetweenSameGrownAndSmaller() throws {
    let before = try lesion([0, 0, 0], volume: 100)
    // 3.445 √100 = 34.45
    for (volume, state) in [
      (134.0, LesionChanges.State.same), (135, .grown), (65, .smaller), (66, .same),
    ] {
      #expect(states([before], [try lesion([1, 0, 0], volume: volume)]) == [state])
    }
  }

  @Test func theMotionIsThatOfTheRegistration() throws {
    let before = try lesion([0, 0, 0], volume: 50)
    let after = try lesion([30, -20, 10], volume: 50)
    #expect(states([before], [after]) == [.new, .gone])
    #expect(states([before], [after], shift: [29, -19, 10]) == [.same])
  }

  @Test func beyondTenMillimetresOfTheEdgeItIsAnotherLesion() throws {
    let before = try lesion([0, 0, 0], volume: 50, diameter: 4)
    #expect(states([before], [try lesion([11.9, 0, 0], volume: 50, diameter: 4)]) == [.same])
    #expect(
      states([before], [try lesion([12.1, 0, 0], volume: 50, diameter: 4)]) == [.new, .gone])
  }

  @Test func arteriesAreNotMixedButUnknownOnesFitAny() throws {
    let before = try lesion([0, 0, 0], volume: 50, artery: "LCX")
    #expect(states([before], [try lesion([1, 0, 0], volume: 50)]) == [.new, .gone])
    #expect(states([before], [try lesion([1, 0, 0], volume: 50, artery: nil)]) == [.same])
  }

  @Test func severalThatBecomeOneAreMergedAndOneThatBecomesSeveralIsSplit() throws {
    let two = [try lesion([0, 0, 0], volume: 30), try lesion([6, 0, 0], volume: 20)]
    let one = [try lesion([3, 0, 0], volume: 90, diameter: 9)]
    let merged = LesionChanges(from: two, to: one) { $0 }
    #expect(merged.all.map(\.state) == [.merged])
    #expect(merged.all[0].prior == [0, 1] && merged.all[0].current == [0])
    #expect(merged.all[0].volumes == (50, 90))
    let split = LesionChanges(from: one, to: two) { $0 }
    #expect(split.all.map(\.state) == [.split])
    #expect(split.all[0].current == [0, 1])
  }

  @Test func eachLesionIsInOneChange() throws {
    let prior = try (0..<12).map { try lesion([Double($0) * 7, 0, 0], volume: 20) }
    let current = try (0..<10).map { try lesion([Double($0) * 8 + 2, 1, 0], volume: 25) }
    let changes = LesionChanges(from: prior, to: current) { $0 }
    #expect(changes.all.flatMap(\.prior).sorted() == Array(0..<12))
    #expect(changes.all.flatMap(\.current).sorted() == Array(0..<10))
  }

  @Test func nothingBecomesNothing() { #expect(states([], []).isEmpty) }
}
