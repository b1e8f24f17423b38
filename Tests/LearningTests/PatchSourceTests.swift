// SPDX-License-Identifier: Apache-2.0
import Foundation
import NNUNet
import TestSupport
import Testing

@testable import Learning

@Suite struct `Patches read from cases` {
  /// Each voxel's value says where it lies; a small block of foreground in a far corner.
  private static func cases(_ folder: URL, shape: [Int] = [9, 14, 17]) throws -> [StoredCase] {
    let caseFolder = CaseFolder(folder)
    return try (0..<2).map { index in
      var (data, labels): ([Float], [Int16]) = ([], [])
      for z in 0..<shape[0] {
        for y in 0..<shape[1] {
          for x in 0..<shape[2] {
            data.append(Float(index * 1_000_000 + z * 10_000 + y * 100 + x + 1))
            let isForeground = z >= shape[0] - 2 && y < 3 && x >= shape[2] - 2
            labels.append(isForeground ? 1 : 0)
          }
        }
      }
      try caseFolder.write(
        Toy.preprocessed("case_\(index)", shape: shape, data: data, labels: labels))
      return try caseFolder.open("case_\(index)")
    }
  }

  @Test(arguments: [
    ([6, 8, 8], [4, 6, 6]), ([4, 6, 6], [4, 6, 6]), ([12, 20, 20], [8, 16, 16]),
    ([30, 5, 5], [24, 3, 3]),
  ]) func `in space hold the voxels of their place, nothing beyond the border`(
    initial: [Int], final: [Int]
  ) throws {
    let folder = try TemporaryFolder()
    let shape = [9, 14, 17]
    let source = try PatchSource(
      PatchCases(Self.cases(folder.url)), batchSize: 3, initialPatchSize: initial,
      patchSize: final)
    let sampler = PatchSampler(
      batchSize: 3, initialPatchSize: initial, finalPatchSize: final, foregroundShare: 0.33)
    var rng = SplitMix64(seed: 4)
    for _ in 0..<40 {
      let batch = try source.batch(using: &rng)
      #expect(batch.shape == [3, 1] + initial)
      let count = initial.reduce(1, *)
      for sample in 0..<3 {
        let image = batch.images[sample * count..<(sample + 1) * count]
        let labels = batch.labels[sample * count..<(sample + 1) * count]
        // Where the patch begins follows from any voxel of the scan in it.
        let inside = try #require(image.indices.first { image[$0] != 0 })
        let value = Int(image[inside]) - 1
        let which = value / 1_000_000
        let voxel = [value / 10_000 % 100, value / 100 % 100, value % 100]
        let at = inside - image.startIndex
        let start = [
          voxel[0] - at / (initial[1] * initial[2]),
          voxel[1] - at / initial[2] % initial[1], voxel[2] - at % initial[2],
        ]
        let forced = sampler.isForced(sample)
        for (axis, range) in sampler.bounds(for: shape).enumerated() {
          #expect(start[axis] >= range.lowerBound)
          // Only a patch about a voxel may run past the far end.
          if !forced { #expect(start[axis] <= range.upperBound) }
        }
        if forced { #expect(labels.contains(1)) }
        var wrong = 0
        for z in 0..<initial[0] {
          for y in 0..<initial[1] {
            for x in 0..<initial[2] {
              let location = [z + start[0], y + start[1], x + start[2]]
              let i = (z * initial[1] + y) * initial[2] + x
              let isInside = zip(location, shape).allSatisfy { (0..<$1).contains($0) }
              let wanted =
                isInside
                ? Float(
                  which * 1_000_000 + location[0] * 10_000 + location[1] * 100 + location[2] + 1)
                : 0
              if image[image.startIndex + i] != wanted { wrong += 1 }
              if (labels[labels.startIndex + i] == -1) == isInside { wrong += 1 }
            }
          }
        }
        #expect(wrong == 0)
      }
    }
  }

  @Test func `with infinities or NaN are an error that names the case`() throws {
    for bad in [Float.nan, .infinity, -.infinity] {
      let folder = try TemporaryFolder()
      let caseFolder = CaseFolder(folder.url)
      var data = [Float](repeating: 1, count: 64)
      data[37] = bad
      try caseFolder.write(
        Toy.preprocessed(
          "case_x", shape: [4, 4, 4], data: data, labels: [Int16](repeating: 0, count: 64)))
      let source = try PatchSource(
        PatchCases([caseFolder.open("case_x")]), batchSize: 2, initialPatchSize: [4, 4, 4],
        patchSize: [4, 4, 4])
      var rng = SplitMix64(seed: 1)
      let error = try #require(throws: LearningError.self) { try source.batch(using: &rng) }
      #expect(error.subject.contains("case_x") && error.detail.contains("no numbers"))
    }
  }

  @Test func `with other channels than the first case's are refused`() throws {
    let folder = try TemporaryFolder()
    let caseFolder = CaseFolder(folder.url)
    let labels = [Int16](repeating: 0, count: 64)
    let one = try Toy.preprocessed(
      "one", shape: [4, 4, 4], data: [Float](repeating: 0, count: 64), labels: labels)
    try caseFolder.write(one)
    try caseFolder.write(
      PreprocessedCase(
        name: "two", channels: 2, shape: [4, 4, 4], data: [Float](repeating: 0, count: 128),
        labels: labels, properties: one.properties, classLocations: []))
    let error = try #require(throws: LearningError.self) {
      try PatchSource(
        PatchCases([caseFolder.open("one"), caseFolder.open("two")]), batchSize: 2,
        initialPatchSize: [4, 4, 4], patchSize: [4, 4, 4])
    }
    #expect(error.subject.contains("two") && error.detail.contains("2 channels"))
  }
}
