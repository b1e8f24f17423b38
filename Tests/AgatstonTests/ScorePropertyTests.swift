// SPDX-License-Identifier: Apache-2.0
import Agatston
import TestSupport
import Testing
import Volume

@Suite struct `Whatever the scan` {
  private static let unrounded: [Convention] = [
    .agatston, .erasmus, .deepCAC, .vanVelzen, .orCaScore,
  ]

  @Test(arguments: Convention.all)
  func `the arteries add up to the total`(convention: Convention) throws {
    var rng = SplitMix64(seed: 1)
    for _ in 0..<100 {
      let result = try randomScan(using: &rng).scored(convention, labels: .arteries)
      let parts = try #require(result.arteries)
      #expect(isClose(parts.values.reduce(0) { $0 + $1.agatston }, result.agatston))
      #expect(isClose(parts.values.reduce(0) { $0 + $1.volume }, result.volume))
      #expect(parts.values.reduce(0) { $0 + $1.lesions } == result.lesions.count)
      #expect(isClose(result.lesions.reduce(0) { $0 + $1.agatston }, result.agatston))
      #expect(isClose(result.lesions.reduce(0) { $0 + $1.volume }, result.volume))
      if let density = result.density { #expect(density >= 1 && density <= 4) }
    }
  }

  @Test(arguments: unrounded)
  func `adding calcium never lowers the score`(convention: Convention) throws {
    var rng = SplitMix64(seed: 2)
    for _ in 0..<60 {
      var scan = randomScan(using: &rng)
      var before = try scan.scored(convention)
      for _ in 0..<10 {
        let i = Int.random(in: scan.ct.voxels.indices, using: &rng)
        scan.mask.voxels[i] = 1
        scan.ct.voxels[i] = max(scan.ct.voxels[i], .random(in: 130...900, using: &rng))
        let after = try scan.scored(convention)
        #expect(after.agatston >= before.agatston - 1e-9)
        #expect(after.volume >= before.volume - 1e-9)
        before = after
      }
    }
  }

  @Test(arguments: Convention.all, [0, 1, 2])
  func `a flip along an axis changes nothing`(convention: Convention, axis: Int) throws {
    var rng = SplitMix64(seed: 3)
    for _ in 0..<30 {
      let scan = randomScan(using: &rng)
      var flipped = scan
      let e = scan.ct.extent
      for z in 0..<e.slices {
        for y in 0..<e.rows {
          for x in 0..<e.columns {
            let (a, b, c) = (
              axis == 0 ? e.slices - 1 - z : z, axis == 1 ? e.rows - 1 - y : y,
              axis == 2 ? e.columns - 1 - x : x
            )
            flipped.ct[a, b, c] = scan.ct[z, y, x]
            flipped.mask[a, b, c] = scan.mask[z, y, x]
          }
        }
      }
      let (one, other) = (
        try scan.scored(convention, labels: .arteries) { $0.massCalibration = 0.8 },
        try flipped.scored(convention, labels: .arteries) { $0.massCalibration = 0.8 }
      )
      #expect(isClose(one.agatston, other.agatston))
      #expect(isClose(one.mass ?? -1, other.mass ?? -1))
      #expect(isClose(one.integratedMass ?? -1, other.integratedMass ?? -1, within: 1e-9))
      #expect(one.volume == other.volume && one.density == other.density)
      #expect(
        one.lesions.map(\.peak).sorted() == other.lesions.map(\.peak).sorted())
      for (a, b) in zip(
        one.lesions.map(\.diameter).sorted(), other.lesions.map(\.diameter).sorted())
      {
        #expect(isClose(a, b))
      }
    }
  }

  /// Slices of one scan as two studies.
  private func split(_ scan: Plaques, before slice: Int) -> [Plaques] {
    let e = scan.ct.extent
    return [0..<slice, slice..<e.slices].map { part in
      var study = Plaques(part.count, e.rows, e.columns, spacing: scan.ct.geometry.spacing)
      let voxels = part.lowerBound * e.sliceCount..<part.upperBound * e.sliceCount
      study.ct.voxels = Array(scan.ct.voxels[voxels])
      study.mask.voxels = Array(scan.mask.voxels[voxels])
      return study
    }
  }

  @Test(arguments: Convention.all)
  func `splitting it into studies changes nothing`(convention: Convention) throws {
    var rng = SplitMix64(seed: 5)
    for _ in 0..<40 {
      var scan = randomScan(using: &rng)
      let cut = Int.random(in: 0...scan.ct.extent.slices, using: &rng)
      // A component over slices may be cut only where there is none.
      if !convention.connectivity.isPlanar, cut < scan.ct.extent.slices {
        let n = scan.ct.extent.sliceCount
        for i in cut * n..<(cut + 1) * n { scan.mask.voxels[i] = 0 }
      }
      let whole = try scan.scored(convention, labels: .arteries) { $0.massCalibration = 0.8 }
      let parts = try split(scan, before: cut).map {
        try $0.scored(convention, labels: .arteries) { $0.massCalibration = 0.8 }
      }
      #expect(isClose(parts.reduce(0) { $0 + $1.agatston }, whole.agatston))
      #expect(isClose(parts.reduce(0) { $0 + $1.volume }, whole.volume))
      #expect(isClose(parts.reduce(0) { $0 + ($1.mass ?? -1) }, whole.mass ?? -1))
      for artery in Artery.allCases {
        #expect(
          isClose(
            parts.reduce(0) { $0 + ($1.arteries?[artery]?.agatston ?? -9) },
            whole.arteries?[artery]?.agatston ?? -9))
      }
    }
  }

  @Test(arguments: Convention.all)
  func `dropping its arteries is scoring it without them`(convention: Convention) throws {
    var rng = SplitMix64(seed: 6)
    for _ in 0..<40 {
      let scan = randomScan(using: &rng)
      #expect(
        try scan.scored(convention, labels: .arteries).withoutArteries
          == scan.scored(convention, labels: .calcium))
    }
  }

  @Test func `more attenuation never lowers its isotropic volume`() throws {
    var rng = SplitMix64(seed: 8)
    for _ in 0..<20 {
      var scan = randomScan(using: &rng)
      var last = try scan.scored { $0.volumeMethod = .isotropic(step: 0.7) }.volume
      for _ in 0..<5 {
        let i = Int.random(in: scan.ct.voxels.indices, using: &rng)
        scan.mask.voxels[i] = 1
        scan.ct.voxels[i] += .random(in: 0...300, using: &rng)
        let next = try scan.scored { $0.volumeMethod = .isotropic(step: 0.7) }.volume
        #expect(next >= last - 1e-9)
        last = next
      }
    }
  }

  @Test(arguments: Convention.all)
  func `empty space around it changes nothing but indices`(convention: Convention) throws {
    var rng = SplitMix64(seed: 4)
    for _ in 0..<40 {
      let scan = randomScan(using: &rng)
      let e = scan.ct.extent
      let s = scan.ct.geometry.spacing
      var padded = Plaques(
        e.slices + 3, e.rows + 5, e.columns + 9, spacing: s,
        origin: SIMD3(-4, -2, -1) * s)
      for z in 0..<e.slices {
        for y in 0..<e.rows {
          for x in 0..<e.columns {
            padded.ct[z + 1, y + 2, x + 4] = scan.ct[z, y, x]
            padded.mask[z + 1, y + 2, x + 4] = scan.mask[z, y, x]
          }
        }
      }
      let (one, other) = (
        try scan.scored(convention, labels: .arteries),
        try padded.scored(convention, labels: .arteries)
      )
      #expect(one.agatston == other.agatston && one.arteries == other.arteries)
      #expect(one.lesions.count == other.lesions.count)
      for (a, b) in zip(one.lesions, other.lesions) {
        #expect(a.slices.map { $0 + 1 } == b.slices && a.sliceAreas == b.sliceAreas)
        let d = a.centroid - b.centroid
        #expect((d * d).sum() < 1e-16)
        #expect(isClose(a.diameter, b.diameter))
      }
    }
  }

  @Test func `a wide scan is read like a narrow one`() throws {
    // Widths around the 32 voxels that are skipped at once.
    for columns in [1, 7, 31, 32, 33, 63, 64, 65, 100] {
      for x in 0..<columns {
        var scan = Plaques(2, 2, columns)
        scan.paint([(1, 0, x)], hu: 300)
        let result = try scan.scored()
        #expect(result.agatston == 3 && result.lesions[0].slices == [1])
        #expect(result.lesions[0].centroid == SIMD3(Double(x), 0, 3))
      }
    }
  }
}

@Suite struct `A mask of everything` {
  @Test(arguments: Convention.all)
  func `bright everywhere is one lesion`(convention: Convention) throws {
    var scan = Plaques(6, 64, 64)
    for i in scan.ct.voxels.indices {
      scan.ct.voxels[i] = .max
      scan.mask.voxels[i] = 1
    }
    let result = try scan.scored(convention)
    #expect(result.lesions.count == 1)
    #expect(result.agatston == 6 * 64 * 64 * 4)
    #expect(result.lesions[0].mean == Double(Int16.max))
  }

  @Test func `of the lowest attenuation scores nothing`() throws {
    var scan = Plaques(2, 8, 8)
    for i in scan.ct.voxels.indices {
      scan.ct.voxels[i] = .min
      scan.mask.voxels[i] = 4
    }
    #expect(try scan.scored(labels: .arteries).agatston == 0)
    let seed = try scan.scored(.erasmus, labels: .arteries)
    #expect(seed.agatston == 0 && seed.volume == 2 * 64 * 3 && seed.density == nil)
    #expect(seed.calcifiedArteries == 0)
  }

  @Test func `in a checkerboard is one lesion by corners and many by edges`() throws {
    var scan = Plaques(1, 40, 40)
    for y in 0..<40 {
      for x in 0..<40 where (x + y) % 2 == 0 { scan.paint([(0, y, x)], hu: 200) }
    }
    #expect(try scan.scored().agatston == 800 * 2)
    scan.ct[0, 0, 0] = 400
    #expect(try scan.scored().agatston == 800 * 4)
    #expect(try scan.scored(.erasmus).agatston == 799 * 2 + 4)
  }
}
