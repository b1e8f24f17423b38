// SPDX-License-Identifier: Apache-2.0
import Agatston
import Foundation
import Statistics
import Testing

@testable import Evaluation

/// Subjects s0, s1, … with a reference and a computed score each.
private func table(_ scores: [(Double, Double)], prefix: String = "s") -> ResultTable {
  ResultTable(
    rows: scores.enumerated().map { i, pair in
      ResultRow(
        subject: "\(prefix)\(i)", reference: SubjectScores(agatston: pair.0),
        computed: SubjectScores(agatston: pair.1))
    })
}

private let cohort: [(Double, Double)] = [
  (0, 0), (0, 12), (0.5, 0), (5, 8), (9.9, 10), (50, 45), (90, 130), (150, 140), (380, 420),
  (900, 850), (2000, 2100), (30, 500), (0, 0), (12, 14), (310, 290),
]

private let quick = EvaluationOptions(bootstrap: BootstrapOptions(resamples: 300))

@Suite struct `Cut-offs, classes and vessels` {
  @Test(arguments: [
    (Cutoff.any, 0.0, false), (.any, 0.1, true), (.from10, 9.99, false), (.from10, 10, true),
    (.from100, 99.9, false), (.from100, 100, true), (.from300, 299.9, false), (.from300, 300, true),
    (.from400, 399.9, false), (.from400, 400, true),
  ]) func `begin where they say`(cutoff: Cutoff, score: Double, holds: Bool) {
    #expect(cutoff.holds(score) == holds)
  }

  @Test func `are counted by hand`() throws {
    let result = try ModelEvaluation(name: "m", table: table(cohort))
    #expect(result.cutoffs.map(\.cutoff) == Cutoff.allCases)
    // Found: all but s2; false alarm: s1.
    let any = try #require(result.cutoffs.first)
    #expect(any.sensitivity.value == (try Proportion(11, of: 12)))
    #expect(any.specificity.value == (try Proportion(2, of: 3)))
    #expect(any.sensitivity.value?.share == result.calciumSensitivity)
    // From 300: s8, s9, s10 and s14 by reference; s8, s9, s10 and s11 computed.
    let high = result.cutoffs[3]
    #expect(high.counts.truePositives == 3 && high.counts.falsePositives == 1)
    #expect(high.counts.falseNegatives == 1 && high.counts.trueNegatives == 10)
    #expect(high.positivePredictiveValue.value?.share == 0.75)
    #expect(abs((high.f1.value?.value ?? 0) - 0.75) < 1e-15)
    let healthy = try ModelEvaluation(name: "m", table: table([(0, 0), (0, 0)]))
    guard case .undefined(let reason) = healthy.cutoffs[0].sensitivity else {
      Issue.record("a sensitivity without calcium")
      return
    }
    #expect(reason == "sensitivity: needs at least 1 subject, there is 0")
  }

  @Test func `name everyone two or more classes away`() throws {
    let result = try ModelEvaluation(name: "m", table: table(cohort))
    // s1 from very low to moderate, s11 from moderate to high; s8 moves by one.
    #expect(result.farApart.map(\.subject) == ["s1", "s11"])
  }

  @Test func `count arteries of subjects with all four only`() throws {
    var table = table([(1, 1), (2, 3), (3, 2)])
    let (found, all): ([Double], [Double]) = ([0, 3, 0, 4], [1, 3, 0, 4])
    for (artery, (a, b)) in zip(Artery.allCases, zip(found, all)) {
      table.rows[0].reference.arteries[artery] = a
      table.rows[0].computed.arteries[artery] = b
      table.rows[1].reference.arteries[artery] = a
      table.rows[1].computed.arteries[artery] = artery == .right ? nil : b
      table.rows[2].reference.arteries[artery] = a
      table.rows[2].computed.arteries[artery] = a
    }
    let vessels = try #require(try ModelEvaluation(name: "m", table: table).vesselCount)
    #expect(vessels.count == 2 && vessels.accuracy == 0.5 && vessels.bias == 0.5)
    #expect(vessels.confusion.counts[2] == [0, 0, 1, 1, 0])
    table.rows = [table.rows[1]]
    #expect(try ModelEvaluation(name: "m", table: table).vesselCount == nil)
  }
}

@Suite struct `Resampled metrics` {
  @Test func `have the values of the plain ones, and survive JSON`() async throws {
    var result = try ModelEvaluation(name: "m", table: table(cohort), options: quick)
    #expect(result.resampled == nil)
    await result.resample()
    let metrics = try #require(result.resampled)
    #expect(Set(metrics.keys) == Set(Metric.resampled))
    let plain: [Metric: Double?] = [
      .pearson: result.agatston.pearson.value?.coefficient,
      .spearman: result.agatston.spearman.value?.coefficient,
      .slope: result.agatston.line.value?.slope,
      .intercept: result.agatston.line.value?.intercept,
      .linearKappa: result.classes.linearKappa.value?.coefficient,
      .quadraticKappa: result.classes.quadraticKappa.value?.coefficient,
      .bias: result.agatston.blandAltman.value?.bias,
      .meanAbsoluteError: result.agatston.meanAbsoluteError,
    ]
    for (metric, value) in plain {
      let estimate = metrics[metric]?.value?.estimate
      #expect(abs((estimate ?? .nan) - (value ?? 0)) < 1e-10, "\(metric)")
    }
    let data = try JSONEncoder().encode(result)
    #expect(try JSONDecoder().decode(ModelEvaluation.self, from: data) == result)
  }

  @Test func `are absent without a bootstrap`() async throws {
    var result = try ModelEvaluation(
      name: "m", table: table(cohort), options: EvaluationOptions(bootstrap: nil))
    await result.resample(by: [(column: "kernel", values: ["s0": "a"])])
    #expect(result.resampled == nil && result.subgroups.isEmpty)
  }

  @Test func `of too few or equal subjects keep the reason`() async throws {
    for scores in [[(0, 0), (0, 0), (0, 0), (0, 0)], [(5, 6), (7, 8)]] as [[(Double, Double)]] {
      var result = try ModelEvaluation(name: "m", table: table(scores), options: quick)
      await result.resample()
      guard case .undefined(let reason) = result.resampled?[.pearson] else {
        Issue.record("an interval of nothing")
        continue
      }
      #expect(reason.hasPrefix("Pearson's correlation: "))
    }
  }

  @Test func `by a column are those of each group alone`() async throws {
    let csv =
      "age,patient_name,kernel\n"
      + (0..<14).map { "\($0), s\($0) ,\($0 % 2 == 0 ? "B10" : "9")\n" }.joined()
    let groups = try SubjectTable(parsing: csv.utf8, path: "t.csv").groups(by: "kernel")
    var result = try ModelEvaluation(name: "m", table: table(cohort), options: quick)
    await result.resample(by: [(column: "kernel", values: groups)])
    let found = try #require(result.subgroups.first)
    #expect(found.groups.map(\.value) == ["9", "B10"] && found.groups.map(\.count) == [7, 7])
    #expect(found.unlisted == ["s14"])
    var odd = try ModelEvaluation(
      name: "odd",
      table: ResultTable(
        rows: table(cohort).rows.enumerated().filter { $0.offset % 2 == 1 }.map(\.element)),
      options: quick)
    await odd.resample()
    #expect(found.groups[0].metrics == odd.resampled)
  }

  @Test(arguments: [
    ("kernel\na\n", "row 1, column patient_name: the column is missing"),
    ("patient_name,kernel\n", "the table has a header but no subject"),
    (
      "patient_name,age\na,1\n",
      "column kernel: the column is missing; there are patient_name, age"
    ),
    ("patient_name,kernel\na,1\nb,1\na,2\n", "row 4, column patient_name: \"a\" is in row 2"),
    (
      "patient_name,kernel\n" + (0..<21).map { "s\($0),\($0)\n" }.joined(),
      "21 different values are no groups"
    ),
  ])
  func `by a column that will not do are refused`(csv: String, message: String) throws {
    let error = try #require(throws: EvaluationError.self) {
      try SubjectTable(parsing: csv.utf8, path: "t.csv").groups(by: "kernel")
    }
    #expect(error.description.hasPrefix("t.csv") && error.description.contains(message))
  }
}

@Suite struct `Models side by side` {
  private func models(_ others: [[(Double, Double)]]) throws -> [ModelEvaluation] {
    try ([cohort] + others).enumerated().map {
      try ModelEvaluation(name: "m\($0)", table: table($1), options: quick)
    }
  }

  @Test func `differ by what their metrics differ, p values corrected together`() async throws {
    let worse = cohort.map { ($0.0, $0.1 * 1.5 + 30) }
    var all = try models([worse, cohort])
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
    var turned = try models([cohort])
    let table = ResultTable(rows: table(cohort).rows.reversed())
    turned[1] = try ModelEvaluation(name: "m1", table: table, options: quick)
    try await ModelEvaluation.compare(&turned)
    for (metric, row) in try #require(turned[0].comparisons.first).metrics {
      #expect(row.test.value?.difference == 0 || abs(row.test.value?.difference ?? 1) < 1e-12)
      #expect(row.test.value?.pValue == 1, "\(metric)")
    }
  }

  @Test func `of other subjects are refused by name`() async throws {
    var all = try models([])
    all.append(
      try ModelEvaluation(
        name: "other", table: table(Array(cohort.dropLast()) + [], prefix: "s"), options: quick))
    all.append(try ModelEvaluation(name: "x", table: table(cohort, prefix: "x"), options: quick))
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
    var other = cohort
    other[3].0 = 6
    let all = try models([other])
    #expect(all[0].subjectsWithOtherReference(than: all[1]) == ["s3"])
    #expect(all[0].subjectsWithOtherReference(than: all[0]).isEmpty)
  }
}
