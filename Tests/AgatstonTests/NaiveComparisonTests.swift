// SPDX-License-Identifier: Apache-2.0
import TestSupport
import Testing
import Volume

@testable import Agatston

/// A small scan of random calcium, noise and labels.
func randomScan(using rng: inout SplitMix64) -> Plaques {
  let spacing = SIMD3(
    Double.random(in: 0.3...0.9, using: &rng), Double.random(in: 0.3...0.9, using: &rng),
    Double.random(in: 1...3.5, using: &rng))
  var scan = Plaques(
    .random(in: 1...5, using: &rng), .random(in: 1...12, using: &rng),
    .random(in: 1...40, using: &rng), spacing: spacing)
  let density = Double.random(in: 0.05...0.9, using: &rng)
  let labels: UInt8 = Bool.random(using: &rng) ? 1 : 4
  for i in scan.ct.voxels.indices {
    scan.ct.voxels[i] = .random(in: 60...450, using: &rng)
    if Double.random(in: 0..<1, using: &rng) < density {
      scan.mask.voxels[i] = .random(in: 1...labels, using: &rng)
    }
  }
  return scan
}

@Suite struct `Against the definitions read voxel by voxel` {
  @Test(arguments: Convention.all)
  func `random scans give the same numbers`(convention: Convention) throws {
    var rng = SplitMix64(seed: 42)
    for _ in 0..<150 {
      let scan = randomScan(using: &rng)
      let result = try scan.scored(convention, labels: .arteries) { $0.sliceThickness = 2.5 }
      let naive = NaiveScore(scan, convention: convention, thickness: 2.5)
      #expect(isClose(result.agatston, naive.agatston, within: 1e-10))
      #expect(isClose(result.volume, Double(naive.voxels) * scan.ct.geometry.voxelVolume))
      for artery in Artery.allCases {
        #expect(
          isClose(
            result.arteries?[artery]?.agatston ?? -1, naive.byLabel[artery.rawValue] ?? 0,
            within: 1e-10))
      }
      let voxelVolume = scan.ct.geometry.voxelVolume
      let sizes = result.lesions.map { Int(($0.volume / voxelVolume).rounded()) }.sorted()
      #expect(sizes == naive.lesionSizes)
    }
  }

  @Test(arguments: [Connectivity.four, .eight])
  func `all patterns of 3 × 3 pixels have the same components`(connectivity: Connectivity) throws {
    for pattern in 0..<512 {
      var scan = Plaques(1, 3, 3)
      let bright = (0..<9).filter { pattern >> $0 & 1 == 1 }.map { (0, $0 / 3, $0 % 3) }
      scan.paint(bright, hu: 200)
      try compare(scan, connectivity)
    }
  }

  @Test(arguments: [Connectivity.six, .twentySix])
  func `all patterns of 2 × 2 × 3 voxels have the same components`(
    connectivity: Connectivity
  ) throws {
    for pattern in 0..<4096 {
      var scan = Plaques(2, 2, 3)
      let bright = (0..<12).filter { pattern >> $0 & 1 == 1 }
        .map { ($0 / 6, $0 / 3 % 2, $0 % 3) }
      scan.paint(bright, hu: 200)
      try compare(scan, connectivity)
    }
  }

  @Test(arguments: Connectivity.allCases)
  func `random noise has the same components, whatever the labels`(
    connectivity: Connectivity
  ) throws {
    var rng = SplitMix64(seed: 7)
    for _ in 0..<200 { try compare(randomScan(using: &rng), connectivity) }
  }

  private func compare(_ scan: Plaques, _ connectivity: Connectivity) throws {
    let runs = try Runs(ct: scan.ct, mask: scan.mask, threshold: 130, highestLabel: 255)
    let components = try Components(runs, connectivity: connectivity)
    var sizes = [Int](repeating: 0, count: components.count)
    var voxels: Set<NaiveScore.Voxel> = []
    for (run, component) in zip(runs.runs, components.ofRun) {
      sizes[Int(component)] += run.count
      let (z, y) = Int(run.line).quotientAndRemainder(dividingBy: scan.ct.extent.rows)
      for x in run.start..<run.end { voxels.insert(.init(z, y, Int(x))) }
    }
    let naive = NaiveScore.components(voxels, connectivity)
    #expect(sizes.sorted() == naive.map(\.count).sorted())
  }
}
