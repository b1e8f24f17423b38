// SPDX-License-Identifier: Apache-2.0
import Agatston
import TestSupport
import Testing
import Volume

@Suite struct `The candidates of a scan without a mask` {
  @Test func `are its bright components with size, peak and place`() throws {
    var scan = Plaques(3, 6, 50, spacing: [0.5, 0.5, 2], origin: [1, 2, 3])
    scan.paint(slice: 0, rows: 1..<3, columns: 1..<3, hu: 200)
    scan.paint([(1, 3, 3)], hu: 600)
    scan.paint([(2, 5, 49)], hu: 130)
    scan.paint([(2, 0, 0)], hu: 129)
    let found = try candidates(in: scan.ct)
    #expect(found.map(\.voxels) == [5, 1])
    #expect(found[0].peak == 600 && found[0].mean == 280 && found[0].slices == 0...1)
    #expect(found[0].volume == 2.5)
    #expect(found[0].peakVoxel == [3, 3, 1] && found[0].peakPosition == [2.5, 3.5, 5])
    #expect(found[1].peakVoxel == [49, 5, 2])
    #expect(isClose(found[0].centroid.x, 1 + 0.5 * (4 * 1.5 + 3) / 5))
    #expect(isClose(found[0].centroid.z, 3 + 2 * 0.2))
    #expect(try candidates(in: scan.ct, minimumVolume: 1).count == 1)
    #expect(try candidates(in: scan.ct, threshold: 300).map(\.voxels) == [1])
  }

  @Test func `point at the first of their brightest voxels, which the middle of a ring is not`()
    throws
  {
    var scan = Plaques(2, 7, 7)
    for (y, x) in [(1, 3), (2, 2), (3, 1), (4, 2), (5, 3), (4, 4), (3, 5), (2, 4)] {
      scan.ct[1, y, x] = 300
    }
    scan.ct[1, 4, 4] = 301
    scan.ct[1, 5, 3] = 301
    let ring = try #require(candidates(in: scan.ct).first)
    #expect(ring.voxels == 8 && ring.centroid == [3, 3, 3])
    #expect(ring.peakVoxel == [4, 4, 1])
    #expect(scan.ct[1, 3, 3] == 40)
  }

  @Test func `agree with a mask over everything`() throws {
    var rng = SplitMix64(seed: 11)
    for _ in 0..<100 {
      var scan = randomScan(using: &rng)
      for i in scan.mask.voxels.indices { scan.mask.voxels[i] = 1 }
      let lesions = try scan.scored(.vanVelzen).lesions
      let found = try candidates(in: scan.ct, minimumVolume: 1.5)
      #expect(found.map(\.peak) == lesions.map(\.peak))
      #expect(found.map(\.mean) == lesions.map(\.mean))
    }
  }
}
