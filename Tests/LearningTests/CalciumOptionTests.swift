// SPDX-License-Identifier: Apache-2.0
import Foundation
import Learning
import NNUNet
import TestSupport
import Testing

@Suite struct `Mirroring that keeps left and right apart` {
  @Test(arguments: [([64, 64], 1), ([28, 256, 256], 2), ([64, 64, 64], 2)])
  func `never puts one side in the other's place, also by a turn`(patch: [Int], side: Int) {
    var settings = AugmentationSettings(patchSize: patch)
    settings.sideAxis = side
    var generator = SplitMix64(seed: 3)
    var mirrored = Set<[Int]>()
    for _ in 0..<4000 {
      let draw = settings.draw(channels: 1, using: &generator)
      mirrored.insert(draw.mirroredAxes)
      #expect(!draw.mirroredAxes.contains(side))
      if let angle = draw.rotation?.first, patch.count == 2 || settings.rotatesInPlane,
        abs(angle) > .pi / 2
      {
        #expect(!draw.mirroredAxes.contains(side - 1))
      }
    }
    // The other axes are still mirrored, each alone and all together.
    #expect(mirrored.count == 1 << (patch.count - 1))
  }

  @Test func `holds for predictions, too`() {
    var options = TrainingOptions(batchSize: 2)
    options.sideAxis = 2
    #expect(TrainingState(options: options).mirroringAxes(dimensions: 3) == [0, 1])
    options.mirrors = false
    #expect(TrainingState(options: options).mirroringAxes(dimensions: 3) == [])
  }
}

@Suite struct `Negative patches` {
  /// A case without foreground, and one with a voxel in slice 2 of 6; values tell them apart.
  private func cases(_ folder: URL) throws -> [StoredCase] {
    let caseFolder = CaseFolder(folder)
    return try [false, true].map { isDiseased in
      var labels = [Int16](repeating: 0, count: 6 * 64)
      if isDiseased { labels[2 * 64 + 27] = 1 }
      let name = isDiseased ? "diseased" : "healthy"
      try caseFolder.write(
        Toy.preprocessed(
          name, shape: [6, 8, 8], data: [Float](repeating: isDiseased ? 2 : 1, count: 6 * 64),
          labels: labels))
      return try caseFolder.open(name)
    }
  }

  @Test func `hold no foreground and come from both kinds of cases, the forced ones stay`() throws {
    let folder = try TemporaryFolder()
    let source = try PatchSource(
      PatchCases(cases(folder.url)), batchSize: 6, initialPatchSize: [8, 8], patchSize: [8, 8],
      foregroundShare: 0.5, negativeShare: 0.5)
    var generator = SplitMix64(seed: 5)
    var (diseased, forced) = (0, 0)
    for _ in 0..<200 {
      let batch = try source.batch(using: &generator)
      #expect(batch.labels[..<(3 * 64)].allSatisfy { $0 == 0 })
      diseased += (0..<3).count { batch.images[$0 * 64] == 2 }
      forced += (3..<6).count { batch.labels[$0 * 64..<($0 + 1) * 64].contains(1) }
    }
    #expect((200...400).contains(diseased))
    #expect((200...400).contains(forced))
  }

  @Test func `are of healthy cases where every patch of the others holds foreground`() throws {
    let folder = try TemporaryFolder()
    let source = try PatchSource(
      PatchCases(cases(folder.url)), batchSize: 4, initialPatchSize: [6, 8, 8],
      patchSize: [6, 8, 8], negativeShare: 0.5)
    var generator = SplitMix64(seed: 6)
    for _ in 0..<50 {
      let batch = try source.batch(using: &generator)
      #expect(batch.labels[..<(2 * 6 * 64)].allSatisfy { $0 == 0 })
    }
  }

  @Test func `of share 0 change nothing of nnU-Net's draws`() throws {
    let folder = try TemporaryFolder()
    let all = try cases(folder.url)
    func batch(_ share: Double?) throws -> PatchBatch {
      let source =
        try share.map {
          try PatchSource(
            PatchCases(all), batchSize: 4, initialPatchSize: [8, 8], patchSize: [8, 8],
            negativeShare: $0)
        }
        ?? PatchSource(PatchCases(all), batchSize: 4, initialPatchSize: [8, 8], patchSize: [8, 8])
      var generator = SplitMix64(seed: 7)
      return try source.batch(using: &generator)
    }
    #expect(try batch(0).images == batch(nil).images)
  }
}
