// SPDX-License-Identifier: Apache-2.0
import Agatston
import Foundation
import Meshes
import Testing

@testable import Atlas

@Suite struct `The turn of a heart` {
  /// Points where patients have calcium, and some between them.
  private static let patients: [Artery: [SIMD3<Float>]] = {
    var points: [Artery: [SIMD3<Float>]] = [.leftMain: [[-2, 1, 0], [2, -1, 0]]]
    for artery in [Artery.leftAnteriorDescending, .leftCircumflex, .right] {
      let course = CalciumPlaces.rows.filter { $0.artery == artery }.map(\.mean)
      for (a, b) in zip(course, course.dropFirst()) {
        for t in [Float(0), 0.25, 0.5, 0.75] { points[artery, default: []].append(a + (b - a) * t) }
      }
      points[artery, default: []].append(course[course.count - 1])
    }
    return points
  }()

  @Test func `leaves a heart alone whose arteries run as those of patients do`() throws {
    let fit = try #require(CalciumPlaces.Fit(Self.patients))
    #expect(fit.cost < 0.05)
    #expect(squared(fit.rotation).squareRoot() < 0.02)
  }

  @Test(arguments: [
    SIMD3<Float>(0.4, 0, 0), [0, 0.5, 0], [0, 0, -0.3], [-0.3, -0.4, 0.1], [0.25, 0.45, 0.2],
  ])
  func `undoes a turn of arteries wherever they lie`(turn: SIMD3<Float>) throws {
    let moved = Self.patients.mapValues { points in
      points.map { turned($0, by: turn) + SIMD3<Float>(30, -100, 1200) }
    }
    let fit = try #require(CalciumPlaces.Fit(moved))
    for p in Self.patients.values.joined() {
      let back = turned(turned(p, by: turn), by: fit.rotation)
      #expect(squared(back - p).squareRoot() < 0.06 * squared(p).squareRoot() + 0.5)
    }
  }

  @Test func `needs all arteries`() {
    var some = Self.patients
    some[.right] = []
    #expect(CalciumPlaces.Fit(some) == nil)
    #expect(HeartTurn.fitting(some, pivot: [1, 2, 3]).heart([4, 5, 6]) == [4, 5, 6])
  }

  @Test func `moves the heart as a whole and what is far from it not at all`() {
    let turn = HeartTurn(pivot: [20, -120, 1230], rotation: [0, 0.5, 0])
    let apex: SIMD3<Float> = [70, -150, 1200]
    let moved = turn.heart(apex)
    #expect(
      abs(squared(moved - turn.pivot).squareRoot() - squared(apex - turn.pivot).squareRoot()) < 1e-3
    )
    #expect(squared(moved - apex).squareRoot() > 20)
    // Near the heart soft tissues go with it, at the spine and far away they stay.
    let near: SIMD3<Float> = [50, -125, 1230]
    #expect(squared(turn.surroundings(near) - turn.heart(near)) < 1e-3)
    for still: SIMD3<Float> in [[20, -60, 1190], [20, -120, 1450], [-180, -120, 1230]] {
      #expect(squared(turn.surroundings(still) - still).squareRoot() < 1.5)
    }
  }
}

@Suite struct `The body atlas's arteries` {
  @Test(
    .enabled(if: Archive.hasHeart, "VH_F_Heart.glb is not in ../shared/anatomy"),
    arguments: [false, true])
  func `run where patients have calcium, whichever heart it has`(isHers: Bool) throws {
    let heart =
      isHers
      ? try ReferenceHeart(
        BinaryGLTF(Data(contentsOf: Archive.heart), name: "heart"), name: "heart") : nil
    let atlas = try BodyAtlas(
      bodyParts3D: MeshArchive(zip: Archive.url), heart: heart, spacing: 3)
    var points: [Artery: [SIMD3<Float>]] = [:]
    for course in atlas.courses where course.isTrunk {
      points[course.artery, default: []] += course.points
    }
    let fit = try #require(CalciumPlaces.Fit(points))
    // Half of the places within a standard deviation; another turn would bring them no nearer.
    #expect(fit.cost < 40)
    #expect(squared(fit.rotation).squareRoot() < 0.12)
  }
}
