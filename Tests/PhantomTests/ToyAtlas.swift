// SPDX-License-Identifier: Apache-2.0
import Agatston
import Meshes

@testable import Atlas

/// A body of ellipsoids: muscle, two lungs, a heart with an artery round it.
///
/// It is made once: without optimisation that takes seconds.
let toyAtlas = drawnAtlas()

private func drawnAtlas() -> BodyAtlas {
  let grid = VoxelGrid(origin: [-150, -110, -120], spacing: 4, extent: [76, 56, 61])
  func inside(_ p: SIMD3<Float>, _ centre: SIMD3<Float>, _ half: SIMD3<Float>) -> Bool {
    squared((p - centre) / half) <= 1
  }
  var (tissues, sac, outside) = ([UInt8](), [UInt8](), [UInt8]())
  var sacDistances: [UInt8] = []
  var distances: [Artery: [UInt8]] = [:]
  let courses = Artery.allCases.enumerated().map { number, artery in
    let points = (0..<30).map { i in
      SIMD3<Float>(10 + 12 * Float(number) - 18, -40 + 2 * Float(i), 45 - 1.5 * Float(i))
    }
    return CoronaryCourse(
      artery: artery, isTrunk: true, points: points,
      distances: points.indices.map { 2.5 * Float($0) },
      radii: points.map { _ in 1.4 })
  }
  for artery in Artery.allCases { distances[artery] = [] }
  for i in 0..<grid.count {
    let p = grid.position(ofVoxel: i)
    let isHeart = inside(p, [0, 0, 0], [55, 50, 60])
    let isBody = inside(p, [0, 0, 0], [140, 95, 400])
    let tissue: Tissue =
      inside(p, [0, 0, 0], [45, 40, 50])
      ? .leftVentricle
      : isHeart ? .epicardialFat : inside(p, [0, 0, 0], [115, 75, 110]) ? .lung : .muscle
    tissues.append((isBody ? tissue : .outside).rawValue)
    sac.append(isHeart ? 1 : 0)
    // Along a radius, which is near enough.
    let radius = (squared(p / [55, 50, 60])).squareRoot()
    sacDistances.append(UInt8(min(max(4 * 55 * (radius - 1), 0), 255)))
    outside.append(isBody ? 0 : 30)
    for course in courses {
      let d = course.points.reduce(Float.infinity) { min($0, squared($1 - p)) }.squareRoot()
      distances[course.artery]?.append(UInt8(min(d * 10, 255)))
    }
  }
  return BodyAtlas(
    grid: grid, tissues: tissues, isUniform: tissues.map { _ in 0 }, sac: sac,
    sacDistances: sacDistances, outsideDistances: outside,
    arteryDistances: distances, courses: courses, heartCentre: .zero,
    landmarks: [
      "left ostium": courses[0].points[0], "right ostium": courses[3].points[0],
      "apex": [30, -30, -40],
    ],
    calcificationSites: [.aorticValve: [Int32(grid.index(at: [0, 10, 30]) ?? 0)]])
}
