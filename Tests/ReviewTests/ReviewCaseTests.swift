// SPDX-License-Identifier: Apache-2.0
import Agatston
import Foundation
import Random
import Review
import Scoring
import TestSupport
import Testing
import Volume

@Suite struct ReviewCaseTests {
  @Test(arguments: 0..<5) func `bright groups are the components that candidates have`(seed: UInt64)
    throws
  {
    var rng = SplitMix64(seed: seed)
    var scan = DrawnScan()
    for i in scan.ct.voxels.indices where Int.random(in: 0..<12, using: &rng) == 0 {
      scan.ct.voxels[i] = Int16.random(in: 120...400, using: &rng)
    }
    let groups = try CandidateGroups(scan.ct, threshold: 130)
    let candidates = try Agatston.candidates(in: scan.ct, threshold: 130)
    #expect(groups.count == candidates.count)
    for candidate in candidates {
      let voxel = candidate.peakVoxel
      #expect(groups.group(at: [voxel.x, voxel.y, voxel.z])?.count == candidate.voxels)
    }
    let columns = scan.ct.extent.columns
    for i in scan.ct.voxels.indices {
      let voxel = [i % columns, i / columns % scan.ct.extent.rows, i / scan.ct.extent.sliceCount]
      #expect((groups.group(at: voxel) != nil) == (scan.ct.voxels[i] >= 130))
    }
  }

  @Test(arguments: 0..<8) func `runs score as the mask that they make does, to the last digit`(
    seed: UInt64
  ) throws {
    var rng = SplitMix64(seed: seed)
    var scan = DrawnScan()
    for i in scan.ct.voxels.indices where Int.random(in: 0..<4, using: &rng) == 0 {
      scan.ct.voxels[i] = Int16.random(in: 120...900, using: &rng)
    }
    // With and without calcium of no named artery.
    let labels: [ReviewLabel] =
      [.leftMain, .leftAnteriorDescending, .leftCircumflex, .right, .aorta]
      + (seed % 2 == 0 ? [.calcium] : [])
    var reading = Reading(try scan.subject())
    for _ in 0..<60 {
      let at = [0..<24, 0..<24, 0..<8].map { Double(Int.random(in: $0, using: &rng)) }
      let corners = [[0.0, 0], [4, 0], [4, 4], [0, 4]].map { [at[0] + $0[0], at[1] + $0[1]] }
      let label = try #require(labels.randomElement(using: &rng))
      _ = try? reading.take(
        .lasso(plane: .axial, slices: [Int(at[2]), Int(at[2])], polygon: corners, label: label))
    }
    #expect(reading.state.lesions.count > 10)
    let (mask, meaning) = reading.subject.mask(of: reading.state)
    let score = try reading.subject.scoring.score(mask, labels: meaning)
    #expect(score.score.agatston > 0)
    #expect(score == (try reading.subject.score(reading.state)))
  }

  @Test func `the exported mask scores as the reading does`() throws {
    let folder = try TemporaryFolder()
    var reading = Reading(try DrawnScan.threePlaques.subject())
    try reading.take(.pick(voxel: [3, 3, 1], scope: .group, label: .right))
    try reading.take(.pick(voxel: [6, 15, 3], scope: .group, label: .leftAnteriorDescending))
    let files = ReviewFiles(reading.subject, reading.state, reader: "reader")
    try files.writeMask(to: folder.file("mask.nii.gz"))
    #expect(FileManager.default.fileExists(atPath: folder.file("mask.nii.gz").path))
    let (mask, labels) = reading.subject.mask(of: reading.state)
    let score = try reading.subject.scoring.score(mask, labels: labels)
    #expect(score == (try reading.subject.score(reading.state)))
    let report = try files.report()
    #expect(report.contains("not signed") && !report.contains("<script"))
  }

  @Test func `calcium of no named artery gives a total and no arteries`() throws {
    var reading = Reading(try DrawnScan.threePlaques.subject())
    try reading.take(.pick(voxel: [3, 3, 1], scope: .group, label: .right))
    try reading.take(.pick(voxel: [11, 4, 4], scope: .group, label: .calcium))
    let score = try reading.subject.score(reading.state).score
    #expect(score.agatston == 18 * 2 + 9 * 4 && score.arteries == nil)
  }

  @Test func `chunks hold every voxel once`() throws {
    let scan = DrawnScan.threePlaques
    #expect(VolumeChunk.count(scan.ct.extent) == 1)
    #expect(VolumeChunk.gzip(0, of: scan.ct)?.prefix(2) == Data([0x1F, 0x8B]))
    #expect(VolumeChunk.gzip(1, of: scan.ct) == nil)
    #expect(VolumeChunk.gzip(-1, of: scan.ct) == nil)
  }

  @Test func `two readings that agree leave nothing to decide`() throws {
    let subject = try DrawnScan.threePlaques.subject()
    var (a, b) = (Reading(subject), Reading(subject))
    for voxel in [[3, 3, 1], [11, 4, 4]] {
      try a.take(.pick(voxel: voxel, scope: .group, label: .right))
      try b.take(.pick(voxel: voxel, scope: .group, label: .right))
    }
    let proposal = Proposal(comparing: a.state, b.state, names: ("ana", "ben"), rows: 24)
    #expect(proposal.parts.allSatisfy { $0.isSettled == true && $0.label == .right })
    #expect(proposal.parts.count == 2)
  }

  @Test func `where two readings differ the adjudicator decides`() throws {
    let subject = try DrawnScan.threePlaques.subject()
    var (a, b) = (Reading(subject), Reading(subject))
    try a.take(.pick(voxel: [3, 3, 1], scope: .group, label: .right))
    try b.take(.pick(voxel: [3, 3, 1], scope: .group, label: .leftMain))
    try b.take(.pick(voxel: [11, 4, 4], scope: .group, label: .right))
    var decided = Reading(subject)
    decided.proposals["x"] = Proposal(
      comparing: a.state, b.state, names: ("ana", "ben"), rows: 24)
    try decided.take(.propose(proposal: "x"))
    #expect(decided.labels == [nil, nil])
    #expect(
      Set(decided.state.lesions.values.compactMap(\.remark)) == [
        "ana: RCA · ben: LM", "ana: nothing · ben: RCA",
      ])
    #expect(decided.state.unseen.count == 2)
  }
}
