// SPDX-License-Identifier: Apache-2.0
import NNUNet
import TestSupport
import Testing

@testable import Learning

@Suite struct `Patches of a batch` {
  @Test(
    arguments: [
      ([512, 512], [602, 602], 180.0, false), ([512, 448], [602, 602], 180, false),
      ([512, 320], [679, 376], 15, false), ([80, 64], [94, 94], 180, false),
      ([28, 256, 256], [28, 301, 301], 180, true), ([128, 128, 128], [205, 205, 205], 30, false),
      ([112, 160, 128], [208, 238, 196], 30, false),
    ] as [([Int], [Int], Double, Bool)])
  func `are read as large as nnU-Net's`(
    patch: [Int], initial: [Int], degrees: Double, inPlane: Bool
  ) {
    let settings = AugmentationSettings(patchSize: patch)
    #expect(settings.initialPatchSize == initial)
    #expect(settings.rotation == degrees * .pi / 180)
    #expect(settings.rotatesInPlane == inPlane)
    #expect(settings.mirrorAxes == Array(patch.indices))
  }

  @Test(arguments: [
    (2, 1), (3, 1), (4, 1), (5, 2), (6, 2), (7, 2), (8, 3), (10, 3), (11, 4), (13, 4), (16, 5),
    (32, 11),
  ]) func `are forced to hold foreground in the last third`(batch: Int, forced: Int) {
    let sampler = PatchSampler(
      batchSize: batch, initialPatchSize: [8, 8], finalPatchSize: [8, 8], foregroundShare: 0.33)
    #expect((0..<batch).count { sampler.isForced($0) } == forced)
    #expect(sampler.isForced(batch - 1))
    #expect(!sampler.isForced(0))
  }

  /// The bounds as Python computes them, with its floor division.
  private func python(_ initial: Int, _ final: Int, _ shape: Int) -> ClosedRange<Int> {
    func floorDivided(_ a: Int) -> Int { a >= 0 ? a / 2 : -((1 - a) / 2) }
    var need = initial - final
    if need + shape < initial { need = initial - shape }
    return floorDivided(-need)...shape + floorDivided(need) + need % 2 - initial
  }

  @Test func `start within bounds that centre small images`() {
    for initial in 4...12 {
      for final in 3...initial {
        for shape in 1...20 {
          let sampler = PatchSampler(
            batchSize: 2, initialPatchSize: [4, initial, 5], finalPatchSize: [4, final, 5],
            foregroundShare: 0.33)
          #expect(sampler.bounds(for: [4, shape, 5])[1] == python(initial, final, shape))
        }
      }
    }
  }

  @Test func `that are forced contain a stored voxel, in 2D its slice`() {
    var random = SplitMix64(seed: 21)
    let flat = PatchSampler(
      batchSize: 2, initialPatchSize: [20, 20], finalPatchSize: [16, 16], foregroundShare: 0.33)
    let locations = [
      ClassLocations(values: [1], voxels: [3, 39, 0]), ClassLocations(values: [2], voxels: []),
    ]
    for _ in 0..<50 {
      let start = flat.start(
        forced: true, shape: [9, 40, 40], locations: locations, using: &random)
      #expect(start == [3, 29, -2])
    }
    // Without any foreground the patch falls anywhere.
    var seen = Set<Int>()
    for _ in 0..<300 {
      seen.insert(
        flat.start(forced: true, shape: [9, 40, 40], locations: [], using: &random)[0])
    }
    #expect(seen == Set(0..<9))
  }

  @Test func `that are forced are centred on a voxel along all three axes`() {
    var random = SplitMix64(seed: 24)
    let sampler = PatchSampler(
      batchSize: 2, initialPatchSize: [7, 12, 10], finalPatchSize: [5, 8, 10], foregroundShare: 0.33
    )
    // Bounds begin at −1, −2 and 0; the far end is not pushed back.
    for (voxel, start) in [
      ([0, 0, 0], [-1, -2, 0]), ([4, 20, 15], [1, 14, 10]), ([19, 39, 29], [16, 33, 24]),
    ] {
      let location = ClassLocations(values: [1], voxels: voxel.map { Int32($0) })
      #expect(
        sampler.start(
          forced: true, shape: [20, 40, 30], locations: [location], using: &random) == start)
    }
  }

  @Test func `that are free begin anywhere within bounds, equally often`() {
    var random = SplitMix64(seed: 25)
    let sampler = PatchSampler(
      batchSize: 2, initialPatchSize: [6, 9, 9], finalPatchSize: [4, 8, 8], foregroundShare: 0.33)
    let shape = [12, 7, 20]
    let starts = (0..<10_000).map { _ in
      sampler.start(forced: false, shape: shape, locations: [], using: &random)
    }
    for (axis, range) in sampler.bounds(for: shape).enumerated() {
      let p = 1 / Double(range.count)
      for value in range {
        let hits = starts.count { $0[axis] == value }
        #expect(
          abs(Double(hits) / 10_000 - p) <= 5 * (p * (1 - p) / 10_000).squareRoot())
      }
      #expect(starts.allSatisfy { range.contains($0[axis]) })
    }
  }

  @Test func `choose classes evenly, however many voxels they have`() {
    var random = SplitMix64(seed: 22)
    let sampler = PatchSampler(
      batchSize: 2, initialPatchSize: [8, 8], finalPatchSize: [8, 8], foregroundShare: 0.33)
    let many = ClassLocations(values: [1], voxels: (0..<300).map { $0 % 3 == 0 ? 1 : 20 })
    let one = ClassLocations(values: [2], voxels: [2, 20, 20])
    var second = 0
    for _ in 0..<2000 {
      let start = sampler.start(
        forced: true, shape: [5, 40, 40], locations: [many, one], using: &random)
      if start[0] == 2 { second += 1 }
    }
    #expect((850...1150).contains(second))
  }

  @Test func `look at annotated voxels where a label is ignored`() {
    var random = SplitMix64(seed: 23)
    let sampler = PatchSampler(
      batchSize: 2, initialPatchSize: [8, 8], finalPatchSize: [8, 8], foregroundShare: 0.33)
    let annotated = ClassLocations(values: [-1, 0, 1], voxels: [4, 20, 20])
    let one = ClassLocations(values: [1], voxels: [2, 20, 20])
    for _ in 0..<20 {
      let shape = [5, 40, 40]
      #expect(
        sampler.start(forced: false, shape: shape, locations: [one, annotated], using: &random)[0]
          == 4)
      #expect(
        sampler.start(forced: true, shape: shape, locations: [one, annotated], using: &random)[0]
          == 2)
      #expect(
        sampler.start(forced: true, shape: shape, locations: [annotated], using: &random)[0] == 4)
    }
  }

  @Test func `come from all cases and repeat with the seed`() {
    let sampler = PatchSampler(
      batchSize: 64, initialPatchSize: [8, 8], finalPatchSize: [8, 8], foregroundShare: 0.33)
    func draw(_ seed: UInt64) -> [PatchSampler.Choice] {
      var random = SplitMix64(seed: seed)
      return sampler.batch(caseCount: 4, using: &random) { _ in ([3, 20, 20], []) }
    }
    #expect(draw(1) == draw(1))
    #expect(draw(1) != draw(2))
    #expect(Set(draw(1).map(\.caseIndex)) == [0, 1, 2, 3])
  }
}
