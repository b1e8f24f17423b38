// SPDX-License-Identifier: Apache-2.0
import Agatston
import Foundation
import Segmentation
import Statistics
import Testing
import Volume

@testable import Scoring

@Suite struct `The range of a score` {
  private func range(
    _ parts: [CountedSum.Part], score: Double, margin: Double? = nil
  ) -> ScoreRange {
    ScoreRange(CountedSum(parts), score: score, margin: margin)
  }

  @Test func `is the score alone where every candidate is certain`() {
    let range = range([(120, [1]), (30.5, [1]), (900, [0])], score: 150.5)
    #expect(abs(range.low - 150.5) < 0.1 && abs(range.high - 150.5) < 0.1)
    #expect(range.classes == [.moderate])
    #expect(self.range([], score: 0).classes == [.zero])
  }

  @Test(arguments: [(0.03, 0.0, 0.0), (0.2, 0, 50), (0.8, 0, 50), (0.97, 50, 50)])
  func `holds the one candidate that is more likely than a twentieth`(
    chance: Double, low: Double, high: Double
  ) {
    let range = range([(50, [chance])], score: chance > 0.5 ? 50 : 0)
    #expect(abs(range.low - low) < 0.2 && abs(range.high - high) < 0.2)
  }

  @Test func `is wide where opinions disagree about all at once`() {
    // Each opinion is sure, one of all, the other of none.
    let wide = range(Array(repeating: (40, [0.0, 1]), count: 5), score: 0)
    #expect(wide.low == 0 && abs(wide.high - 200) < 0.5)
    // A candidate that was not looked at again keeps its chance.
    let kept = range([(40, [0, 1, 1]), (10, [1])], score: 10)
    #expect(abs(kept.low - 10) < 0.2 && abs(kept.high - 50) < 0.2)
  }

  @Test func `holds the score that is reported, and names every class that it meets`() {
    // Many unlikely candidates, none of which is counted.
    let range = range(Array(repeating: (20, [0.4]), count: 30), score: 0)
    #expect(range.low == 0 && range.high > 200)
    #expect(range.classes == [.zero, .minimal, .mild, .moderate])
  }

  @Test func `is widened by its margin in proportion, and from 0 not at all`() {
    let margin = log(1.1)
    let wider = range([(99, [1])], score: 99, margin: margin)
    #expect(abs(wider.low - (100 / 1.1 - 1)) < 1e-9 && abs(wider.high - 109) < 1e-9)
    #expect(wider.isCalibrated && wider.classes == [.mild, .moderate])
    let none = range([(99, [0.01])], score: 0, margin: margin)
    #expect(none.low == 0 && none.high == 0)
    #expect(range([(1, [0.5])], score: 1, margin: 3).low == 0)
  }

  @Test(arguments: [0.0, 40, 99, 120, 1000])
  func `needs just the margin that brings a truth within`(truth: Double) {
    let sum = CountedSum([(60, [1]), (39, [0.6])])
    let needed = ScoreRange.margin(toHold: truth, sum, score: 99)
    let wide = ScoreRange(sum, score: 99, margin: max(0, needed) + 1e-9)
    #expect(wide.low <= truth && truth <= wide.high)
    if needed > 0 {
      let narrow = ScoreRange(sum, score: 99, margin: needed * 0.99)
      #expect(!(narrow.low <= truth && truth <= narrow.high))
    }
    let missed = ScoreRange.margin(toHold: 5, CountedSum([]), score: 0)
    #expect(missed == .infinity)
  }
}

@Suite struct `The uncertainty of a score` {
  /// A candidate of one voxel in slice `slice` of slices of 100 voxels.
  private func part(
    _ points: Double, _ chances: [Double], slice: Int = 0, artery: String? = "LAD",
    isCounted: Bool = true
  ) throws -> ScoreUncertainty.Part {
    .init(
      candidate: WeighedCandidate(
        voxels: [slice * 100 + 5], artery: artery, isCounted: isCounted, chance: chances[0],
        chances: chances), score: try Self.score([(points, slice)]))
  }

  /// A score of lesions of one area and peak, each in a slice of its own.
  private static func score(_ lesions: [(points: Double, slice: Int)]) throws -> CalciumScore {
    let slices = 40
    var ct = Volume<Int16>(
      geometry: Geometry(
        extent: Extent(slices: slices, rows: 10, columns: 10), spacing: [1, 1, 3],
        origin: [0, 0, 0], direction: .identity), repeating: 0)
    var mask = ct.map { _ in UInt8(0) }
    for lesion in lesions {
      // A pixel of 1 mm² from 130 HU is worth a point.
      for pixel in 0..<Int(lesion.points) {
        ct[lesion.slice, 1 + pixel / 8, 1 + pixel % 8] = 150
        mask[lesion.slice, 1 + pixel / 8, 1 + pixel % 8] = 1
      }
    }
    return try Agatston.score(
      ct: ct, mask: mask, options: ScoringOptions(labels: .calcium, voltageRule: .forced))
  }

  private func uncertainty(
    _ parts: [ScoreUncertainty.Part], _ score: CalciumScore,
    _ calibration: UncertaintyCalibration? = nil
  ) -> ScoreUncertainty {
    ScoreUncertainty(parts, score: score, calibration: calibration, sliceCount: 100)
  }

  @Test func `hangs on what adds most to its variance, first`() throws {
    let score = try Self.score([(6, 3), (20, 9), (9, 20)])
    let found = uncertainty(
      [
        try part(6, [0.99], slice: 3), try part(20, [0.61, 0.7], slice: 9),
        try part(9, [0.9], slice: 20, artery: "RCA"),
        try part(12, [0.5], slice: 30, artery: nil, isCounted: false),
      ], score)
    #expect(found.lesions.map(\.slice) == [9, 30, 20])
    #expect(found.lesions.map(\.number) == [2, nil, 3])
    #expect(found.lesions[0].disagreement > 0.04 && found.lesions[1].disagreement == 0)
    #expect(
      found.lines[2] == "hangs on lesion 2, LAD, slice 9, 20.0 Agatston, p 0.66")
    #expect(
      found.lines[3]
        == "hangs on a candidate that is not counted, slice 30, 12.0 Agatston, p 0.50")
    #expect(abs(found.lesions.reduce(0) { $0 + $1.share } - 1) < 0.03)
  }

  @Test func `gives each class its probability`() throws {
    let score = try Self.score([(8, 3), (5, 9)])
    let found = uncertainty([try part(8, [0.9]), try part(5, [0.3])], score)
    // 0: neither. 1 to 10: one of both. 11 to 100: both.
    #expect(abs((found.classes[.zero] ?? 0) - 0.07) < 1e-6)
    #expect(abs((found.classes[.minimal] ?? 0) - 0.66) < 1e-6)
    #expect(abs((found.classes[.mild] ?? 0) - 0.27) < 1e-6)
    #expect(abs(found.classes.values.reduce(0, +) - 1) < 1e-9)
    #expect(found.classText == "0 p 0.07, 1-10 p 0.66, 11-100 p 0.27")
    #expect(found.classChances == ["7 %", "66 %", "27 %", "–", "–"])
  }

  @Test func `is less sure at a higher temperature, and of the class near its bound`() throws {
    let score = try Self.score([(9, 3)])
    let calibration = UncertaintyCalibration(
      temperature: 2, margin: 0.2, level: 0.9, scans: 40, candidates: 90)
    let found = uncertainty([try part(9, [81 / 82])], score, calibration)
    #expect(abs((found.classes[.zero] ?? 0) - 0.1) < 1e-6)
    // 9 of 10 points: what rims change may be the point that is missing.
    let mild = try #require(found.classes[.mild])
    #expect(mild > 0.15 && mild < 0.3)
    #expect(found.lesions.first?.probability ?? 0 < 0.91)
    #expect(found.range.isCalibrated && found.range.high > 10.5)
    #expect(abs(found.classes.values.reduce(0, +) - 1) < 1e-9)
  }
}
