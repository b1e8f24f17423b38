// SPDX-License-Identifier: Apache-2.0
import Files
import Foundation
import Statistics
import Testing

@testable import Evaluation

@Suite struct `Resampled metrics` {
  @Test func `have the values of the plain ones, and survive JSON`() async throws {
    var result = try ModelEvaluation(
      name: "m", table: SampleScores.table(SampleScores.cohort), options: SampleScores.quick)
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
      name: "m", table: SampleScores.table(SampleScores.cohort),
      options: EvaluationOptions(bootstrap: nil))
    await result.resample(by: [(column: "kernel", values: ["s0": "a"])])
    #expect(result.resampled == nil && result.subgroups.isEmpty)
  }

  @Test func `of too few or equal subjects keep the reason`() async throws {
    for scores in [[(0, 0), (0, 0), (0, 0), (0, 0)], [(5, 6), (7, 8)]] as [[(Double, Double)]] {
      var result = try ModelEvaluation(
        name: "m", table: SampleScores.table(scores), options: SampleScores.quick)
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
    var result = try ModelEvaluation(
      name: "m", table: SampleScores.table(SampleScores.cohort), options: SampleScores.quick)
    await result.resample(by: [(column: "kernel", values: groups)])
    let found = try #require(result.subgroups.first)
    #expect(found.groups.map(\.value) == ["9", "B10"] && found.groups.map(\.count) == [7, 7])
    #expect(found.unlisted == ["s14"])
    var odd = try ModelEvaluation(
      name: "odd",
      table: ResultTable(
        rows: SampleScores.table(SampleScores.cohort).rows.enumerated().filter {
          $0.offset % 2 == 1
        }.map(\.element)),
      options: SampleScores.quick)
    await odd.resample()
    #expect(found.groups[0].metrics == odd.resampled)
  }

  @Test func `by a column of a spreadsheet find the subjects`() throws {
    let csv = "sep=;\r\nKernel;Patient_Name;\r\nB10\u{A0};\u{A0}a;\r\n;;\r\nB20;b\r\n"
    let groups = try SubjectTable(parsing: csv.utf8, path: "t.csv").groups(by: "kernel")
    #expect(groups == ["a": "B10", "b": "B20"])
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
