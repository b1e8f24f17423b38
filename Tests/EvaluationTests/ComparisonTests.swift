// SPDX-License-Identifier: Apache-2.0
import Files
import Foundation
import Statistics
import TestSupport
import Testing

@testable import Evaluation

@Suite struct `Models side by side` {
  private func models(_ others: [[(Double, Double)]]) throws -> [ModelEvaluation] {
    try ([SampleScores.cohort] + others).enumerated().map {
      try ModelEvaluation(
        name: "m\($0)", table: SampleScores.table($1), options: SampleScores.quick)
    }
  }

  @Test func `differ by what their metrics differ, p values corrected together`() async throws {
    let worse = SampleScores.cohort.map { ($0.0, $0.1 * 1.5 + 30) }
    var all = try models([worse, SampleScores.cohort])
    try await ModelEvaluation.compare(&all)
    #expect(all.map { $0.comparisons.map(\.other) } == [["m1", "m2"], ["m2"], []])
    let bias = try #require(all[0].comparisons[0].metrics[.bias])
    let expected =
      (all[0].agatston.blandAltman.value?.bias ?? 0)
      - (all[1].agatston.blandAltman.value?.bias ?? 0)
    #expect(abs((bias.difference.value?.estimate ?? 0) - expected) < 1e-10)
    #expect(abs((bias.test.value?.difference ?? 0) - expected) < 1e-10)
    // The same results twice do not differ.
    let same = try #require(all[0].comparisons[1].metrics[.bias])
    #expect(same.test.value?.pValue == 1 && same.holm == 1)
    #expect(same.difference.value == nil)
    let tests = all.flatMap { $0.comparisons.flatMap { Array($0.metrics.values) } }
    let p = tests.compactMap { $0.test.value?.pValue }
    #expect(tests.count == 18 && p.count == 18)
    #expect(tests.compactMap(\.holm).sorted() == (try holmCorrected(p)).sorted())
    let data = try JSONEncoder().encode(all)
    #expect(try JSONDecoder().decode([ModelEvaluation].self, from: data) == all)
  }

  @Test func `compare subjects by name, not by row`() async throws {
    var turned = try models([SampleScores.cohort])
    let table = ResultTable(rows: SampleScores.table(SampleScores.cohort).rows.reversed())
    turned[1] = try ModelEvaluation(name: "m1", table: table, options: SampleScores.quick)
    try await ModelEvaluation.compare(&turned)
    for (metric, row) in try nonEmpty(#require(turned[0].comparisons.first).metrics) {
      #expect(row.test.value?.difference == 0 || abs(row.test.value?.difference ?? 1) < 1e-12)
      #expect(row.test.value?.pValue == 1, "\(metric)")
    }
  }

  @Test func `of other subjects are refused by name`() async throws {
    var all = try models([])
    all.append(
      try ModelEvaluation(
        name: "other",
        table: SampleScores.table(Array(SampleScores.cohort.dropLast()) + [], prefix: "s"),
        options: SampleScores.quick))
    all.append(
      try ModelEvaluation(
        name: "x", table: SampleScores.table(SampleScores.cohort, prefix: "x"),
        options: SampleScores.quick))
    var (few, strange) = ([all[0], all[1]], [all[0], all[2]])
    let error = try await #require(throws: EvaluationError.self) {
      try await ModelEvaluation.compare(&few)
    }
    #expect(
      error.description == "m0 and other: they hold different subjects; only in m0: s14")
    let long = try await #require(throws: EvaluationError.self) {
      try await ModelEvaluation.compare(&strange)
    }
    #expect(long.description.contains("only in m0: s0, s1, s10"))
    #expect(long.description.contains("only in x: x0, x1, x10"))
  }

  @Test func `tell whose reference differs`() throws {
    var other = SampleScores.cohort
    other[3].0 = 6
    let all = try models([other])
    #expect(all[0].subjectsWithOtherReference(than: all[1]) == ["s3"])
    #expect(all[0].subjectsWithOtherReference(than: all[0]).isEmpty)
  }
}
