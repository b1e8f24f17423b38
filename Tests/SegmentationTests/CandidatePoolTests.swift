// SPDX-License-Identifier: Apache-2.0
import Foundation
import Phantom
import Random
import Stages
import TestSupport
import Testing
import Volume

@testable import Segmentation

/// Candidates of a small design.
private enum Small {
  static let design = CandidatePoolMaker.design

  static func record(label: Int, area: Float, points: Float = 4, seed: UInt64 = 1)
    -> CandidateRecord
  {
    var random = SplitMix64(seed: seed)
    func values(_ count: Int) -> [Float] {
      (0..<count).map { _ in Float.random(in: -1...1, using: &random) }
    }
    return CandidateRecord(
      sample: ClassifierSample(
        fine: values(design.fineCount),
        coarse: (0..<ClassifierDesign.views).map { _ in values(design.coarseCount) },
        scalars: values(design.scalars), label: label), area: area, points: points)
  }

  static func pool(_ records: [CandidateRecord], in folder: TemporaryFolder) throws -> CandidatePool
  {
    let file = CandidatePool.file(0, in: folder.url)
    try records.reduce(Data()) { $0 + $1.bytes }.write(to: file)
    return try CandidatePool([file], design: design)
  }
}

@Suite struct `A pool of candidates` {
  private let folder = try? TemporaryFolder()

  @Test func `keeps numbers as they are and views within an eighth of a hundredth`() throws {
    let folder = try #require(folder)
    let records = [
      Small.record(label: 3, area: 2.5, points: 7.25), Small.record(label: 9, area: 1, seed: 2),
    ]
    let pool = try Small.pool(records, in: folder)
    #expect(pool.entries.map(\.label) == [3, 9])
    #expect(pool.counts[3] == 1 && pool.counts[9] == 1 && pool.counts[0] == 0)
    for (entry, record) in zip(pool.entries, records) {
      let read = pool.record(entry)
      #expect(read.area == record.area && read.points == record.points)
      #expect(read.sample.scalars == record.sample.scalars)
      for (a, b) in zip(read.sample.fine, record.sample.fine) {
        #expect(abs(a - b) < 0.5 / 127 + 1e-6)
      }
      for (a, b) in zip(read.sample.coarse[2], record.sample.coarse[2]) {
        #expect(abs(a - b) < 0.5 / 127 + 1e-6)
      }
    }
  }

  @Test func `refuses a file that was cut short`() throws {
    let folder = try #require(folder)
    let file = CandidatePool.file(4, in: folder.url)
    try Small.record(label: 0, area: 1).bytes.dropLast(3).write(to: file)
    #expect(throws: (any Error).self) { try CandidatePool([file], design: Small.design) }
  }

  @Test func `draws each group of classes by its share, small and large lesions alike`() throws {
    let folder = try #require(folder)
    // One small lesion of the LAD among many large ones; aorta, noise and bone.
    let labels = [1, 1, 1, 1, 1, 4, 9, 6]
    let records = labels.enumerated().map { i, label in
      Small.record(label: label, area: i == 0 ? 2 : 20, seed: UInt64(i))
    }
    let sampler = try CandidateSampler(Small.pool(records, in: folder), seed: 5)
    let drawn = (0..<120).map { sampler.sample($0) }
    let counts = Dictionary(grouping: drawn, by: \.label).mapValues(\.count)
    for (label, share) in [(1, 0.4), (9, 0.3), (4, 0.2), (6, 0.1)] {
      #expect(abs(Double(counts[label] ?? 0) / 120 - share) < 0.12, "\(label)")
    }
    // The same number gives the same sample, another seed another order.
    #expect(
      sampler.sample(17).fine == drawn[17].fine && sampler.sample(17).label == drawn[17].label)
    let other = try CandidateSampler(Small.pool(records, in: folder), seed: 6)
    #expect((0..<30).map { other.sample($0).label } != drawn.prefix(30).map(\.label))
    for sample in drawn.prefix(10) {
      #expect(
        (sample.fine + sample.coarse.flatMap(\.self)).allSatisfy { (-1.01...1.01).contains($0) })
    }
  }
}

@Suite struct `Plaques painted into a real scan` {
  @Test func `lie where the localiser sees arteries, and are known by their voxels`() throws {
    let extent = Extent(slices: 30, rows: 96, columns: 96)
    let scan = Volume<Int16>(
      geometry: Geometry(extent: extent, spacing: [1, 1, 3]), repeating: 40)
    let coarse = CoarseScan(scan, spacing: 4)
    let design = LocaliserDesign(
      features: [4, 8], classes: ["background", "sac"], heatMaps: StagedModel.arteries)
    let count = coarse.extent.reduce(1, *)
    // All of it is sac; the RCA runs along x through the middle, others are nowhere.
    var heat = Array(repeating: Float(0), count: 4 * count)
    let (nz, ny, nx) = (coarse.extent[0], coarse.extent[1], coarse.extent[2])
    for x in 2..<nx - 2 { heat[3 * count + (nz / 2 * ny + ny / 2) * nx + x] = 0.9 }
    let maps = ScanMaps(
      coarse,
      LocaliserMaps(
        extent: coarse.extent,
        probabilities: Array(repeating: 0, count: count) + Array(repeating: 1, count: count),
        heatMaps: heat), design: design)
    let plain = PaintedScan(scan, maps, seed: 3, isPlain: true)
    #expect(plain.ct.voxels == scan.voxels)
    var arteries = 0
    for seed in 1...24 {
      let painted = PaintedScan(scan, maps, seed: UInt64(seed), isPlain: false)
      let again = PaintedScan(scan, maps, seed: UInt64(seed), isPlain: false)
      #expect(painted.ct.voxels == again.ct.voxels)
      for candidate in CandidateFinder().candidates(in: painted.ct, where: { _, _, _ in true })
      where candidate.voxels.count > 8 {
        let name = TrainingSubject.classNames[painted.classNumber(of: candidate)]
        let off = SIMD2(candidate.centre.y - 47.5, (candidate.centre.z - 14.5) * 3)
        let distance = (off * off).sum().squareRoot()
        if name == "RCA" {
          arteries += 1
          #expect(distance < 16)
        } else {
          #expect(["other", "noise"].contains(name))
        }
      }
    }
    #expect(arteries > 8)
  }
}
