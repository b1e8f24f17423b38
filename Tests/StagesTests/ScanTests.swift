// SPDX-License-Identifier: Apache-2.0
import Foundation
import TestSupport
import Testing
import Volume

@testable import Stages

@Suite struct `A scan in large voxels` {
  private func volume(
    _ extent: Extent, _ spacing: SIMD3<Double>, direction: Direction = .identity,
    _ value: (Int, Int, Int) -> Double
  ) -> Volume<Int16> {
    var volume = Volume<Int16>(
      geometry: Geometry(extent: extent, spacing: spacing, direction: direction), repeating: 0)
    for z in 0..<extent.slices {
      for y in 0..<extent.rows {
        for x in 0..<extent.columns { volume[z, y, x] = Int16(value(z, y, x).rounded()) }
      }
    }
    return volume
  }

  @Test(arguments: [SIMD3(0.4, 0.4, 3.0), SIMD3(0.8, 0.8, 5.0), SIMD3(4.0, 4.0, 4.0)])
  func `keeps a constant and the slope of a ramp`(spacing: SIMD3<Double>) {
    let extent = Extent(slices: 20, rows: 60, columns: 80)
    let flat = CoarseScan(volume(extent, spacing) { _, _, _ in 37 }, spacing: 4)
    #expect(flat.hu.allSatisfy { abs($0 - 37) < 1e-3 })
    let ramp = CoarseScan(
      volume(extent, spacing) { z, _, x in 10 * Double(x) * spacing.x + 3 * Double(z) * spacing.z },
      spacing: 4)
    let (nz, ny, nx) = (ramp.extent[0], ramp.extent[1], ramp.extent[2])
    #expect(nx == Int((80 * spacing.x / 4).rounded()))
    // Away from the border each voxel of 4 mm is 40 HU above the one before it.
    if nx > 4, nz > 4 {
      let middle = (nz / 2 * ny + ny / 2) * nx + nx / 2
      #expect(abs(ramp.hu[middle + 1] - ramp.hu[middle] - 40) < 1)
      #expect(abs(ramp.hu[middle + nx * ny] - ramp.hu[middle] - 12) < 1)
    }
  }

  @Test func `runs to the left, the back and the head whichever way the scan does`() {
    let extent = Extent(slices: 16, rows: 32, columns: 24)
    func value(_ z: Int, _ y: Int, _ x: Int) -> Double {
      Double(z * 20 + y * 3 + x * x) - 100
    }
    let plain = CoarseScan(volume(extent, [2, 2, 2], value), spacing: 4)
    let prone = Direction(x: [-1, 0, 0], y: [0, -1, 0], z: [0, 0, -1])
    let turned = CoarseScan(
      volume(extent, [2, 2, 2], direction: prone) { z, y, x in
        value(15 - z, 31 - y, 23 - x)
      }, spacing: 4)
    #expect(plain.extent == turned.extent)
    for (a, b) in zip(plain.hu, turned.hu) { #expect(abs(a - b) < 1e-3) }
  }

  @Test(arguments: [SIMD3(0.33, 0.5, -0.33), [-0.5, -0.25, 0.5], [1.25, 0, -1.5]])
  func `says the same of a place with its cubes elsewhere`(shift: SIMD3<Double>) {
    // A ramp is the same between its values, wherever they are taken.
    let scan = volume(Extent(slices: 40, rows: 60, columns: 60), [2, 2, 2]) { z, y, x in
      Double(10 * x - 4 * y + 7 * z)
    }
    let design = LocaliserDesign(features: [4, 8], classes: ["a", "b"], heatMaps: ["m"])
    func maps(_ scan: CoarseScan) -> ScanMaps {
      let count = scan.extent.reduce(1, *)
      return ScanMaps(
        scan,
        LocaliserMaps(
          extent: scan.extent, probabilities: scan.hu + scan.hu,
          heatMaps: (0..<count).map { scan.hu[$0] * 2 }), design: design)
    }
    let grid = CoarseScan(scan, spacing: 4)
    let other = CoarseScan(scan, spacing: 4, shift: shift)
    #expect(other.extent == grid.extent)
    let moved = maps(other).moved(by: shift, onto: grid)
    let (ny, nx) = (grid.extent[1], grid.extent[2])
    var compared = 0
    for (i, expected) in grid.hu.enumerated() {
      let place = [i / (nx * ny), i / nx % ny, i % nx]
      guard zip(place, grid.extent).allSatisfy({ $0 > 2 && $0 < $1 - 3 }) else { continue }
      compared += 1
      #expect(abs(moved.maps.probabilities[i] - expected) < 0.6)
      #expect(abs(moved.maps.heatMaps[i] - 2 * expected) < 1.2)
    }
    #expect(compared > 1000)
    let mean = ScanMaps.mean([maps(grid), moved])
    for (i, value) in mean.maps.heatMaps.enumerated() {
      #expect(abs(value - (2 * grid.hu[i] + moved.maps.heatMaps[i]) / 2) < 1e-2)
    }
    #expect(ScanMaps.mean([moved]).maps.heatMaps == moved.maps.heatMaps)
  }

  @Test func `gives its maps back at the scan's own voxels`() {
    let scan = volume(Extent(slices: 12, rows: 40, columns: 40), [1, 1, 3]) { _, _, _ in 0 }
    let coarse = CoarseScan(scan, spacing: 4)
    let design = LocaliserDesign(features: [4, 8], classes: ["a", "b"], heatMaps: ["m"])
    let count = coarse.extent.reduce(1, *)
    let heat = (0..<count).map { Float($0 % coarse.extent[2]) }
    let maps = ScanMaps(
      coarse,
      LocaliserMaps(
        extent: coarse.extent, probabilities: Array(repeating: 0.5, count: 2 * count),
        heatMaps: heat), design: design)
    #expect(maps.heatMap("m") == heat)
    #expect(maps.heatMap("n") == nil)
    #expect(maps.probability(of: ["a", "b"]).allSatisfy { abs($0 - 1) < 1e-6 })
    // Coarse voxel i has its centre at 1.5 + 4 i of the scan's voxels.
    for x in [1.5, 5.5, 7.5, 20.0] {
      #expect(abs(Double(maps.value(heat, x: x, y: 20, z: 5)) - (x - 1.5) / 4) < 1e-4)
    }
    #expect(maps.value(heat, x: -50, y: 0, z: 0) == 0)
  }
}

@Suite struct `Candidates` {
  private func scan(_ bright: [(z: Int, y: Int, x: Int, hu: Int16)]) -> Volume<Int16> {
    var volume = Volume<Int16>(
      geometry: Geometry(
        extent: Extent(slices: 6, rows: 30, columns: 30), spacing: [0.5, 0.5, 3]), repeating: 40)
    for (z, y, x, hu) in bright { volume[z, y, x] = hu }
    return volume
  }
  private func block(
    _ z: ClosedRange<Int>, _ y: ClosedRange<Int>, _ x: ClosedRange<Int>, _ hu: Int16
  ) -> [(z: Int, y: Int, x: Int, hu: Int16)] {
    z.flatMap { k in y.flatMap { j in x.map { (z: k, y: j, x: $0, hu: hu) } } }
  }

  @Test func `are connected over corners and have their peak and centre`() throws {
    let found = CandidateFinder().candidates(
      in: scan(
        block(1...1, 4...5, 4...5, 200) + block(2...2, 6...7, 6...7, 350)
          + block(4...4, 20...21, 20...21, 130)), where: { _, _, _ in true })
    #expect(found.count == 2)
    let first = try #require(found.first)
    #expect(first.voxels.count == 8)
    #expect(first.peak == 350)
    #expect(first.centre == [5.5, 5.5, 1.5])
    #expect(found[1].peak == 130)
  }

  @Test func `are left out below 130 HU, below the least area, above the largest volume`() {
    let small = CandidateFinder(largestVolume: 100)
    #expect(
      small.candidates(in: scan(block(1...1, 4...6, 4...6, 129)), where: { _, _, _ in true })
        .isEmpty)
    // Three pixels of 0.25 mm² are less than 1 mm².
    #expect(
      small.candidates(in: scan(block(1...1, 4...4, 4...6, 300)), where: { _, _, _ in true })
        .isEmpty)
    // A bone that begins outside the region is too large as a whole.
    let bone = block(0...5, 2...20, 2...20, 600)
    #expect(small.candidates(in: scan(bone), where: { x, _, _ in x > 19 }).isEmpty)
    #expect(
      CandidateFinder().candidates(in: scan(bone), where: { x, _, _ in x > 19 }).count == 1)
  }

  @Test func `begin inside the region only, but keep their parts outside it`() throws {
    let lesion = block(2...2, 10...12, 5...15, 300)
    let found = CandidateFinder().candidates(in: scan(lesion), where: { x, _, _ in x == 15 })
    #expect(try #require(found.first).voxels.count == 33)
    #expect(CandidateFinder().candidates(in: scan(lesion), where: { x, _, _ in x > 15 }).isEmpty)
  }

  @Test func `are separated from a bone that noise links them to`() throws {
    let bone = block(0...5, 2...20, 2...10, 600)
    let thread = block(3...3, 8...8, 11...17, 140)
    let plaque = block(3...3, 7...9, 18...22, 300)
    let found = CandidateFinder(largestVolume: 100).candidates(
      in: scan(bone + thread + plaque), where: { x, _, _ in x > 12 })
    let only = try #require(found.first)
    #expect(found.count == 1)
    // The plaque with the end of the thread that touches it.
    #expect(only.voxels.count == 16 && only.peak == 300)
  }
}
