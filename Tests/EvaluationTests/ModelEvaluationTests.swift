// SPDX-License-Identifier: Apache-2.0
import Agatston
import Evaluation
import Files
import Foundation
import Statistics
import Testing

@Suite struct `An evaluation of a model` {
  private func table(_ scores: [(Double?, Double?)]) -> ResultTable {
    ResultTable(
      rows: scores.enumerated().map { i, pair in
        ResultRow(
          subject: "s\(i)", reference: SubjectScores(agatston: pair.0),
          computed: SubjectScores(agatston: pair.1))
      })
  }

  private let cohort: [(Double?, Double?)] = [
    (0, 0), (0, 12), (0.5, 0), (5, 8), (9.9, 10), (50, 45), (90, 130), (150, 140), (380, 420),
    (900, 850), (2000, 2100), (nil, 3), (4, nil),
  ]

  @Test func `counts classes, errors and what was left out`() throws {
    let result = try ModelEvaluation(name: "3d", table: table(cohort))
    #expect(result.agatston.count == 11)
    #expect(result.missing == ["s11", "s12"] && result.excludedZero.isEmpty)
    // Rows: very low (0, 0), (0, 12), (0.5, 0); low (5, 8), (9.9, 10); …
    #expect(
      result.classes.confusion.counts == [
        [2, 0, 1, 0, 0], [0, 1, 1, 0, 0], [0, 0, 1, 1, 0], [0, 0, 0, 1, 1], [0, 0, 0, 0, 2],
      ])
    #expect(result.classes.sensitivities == [2.0 / 3, 0.5, 0.5, 0.5, 1])
    #expect(result.classes.accuracy == 7.0 / 11)
    let total = 0.0 + 12 + 0.5 + 3 + 0.1 + 5 + 40 + 10 + 40 + 50 + 100
    #expect(abs(result.agatston.meanAbsoluteError - total / 11) < 1e-12)
    #expect(abs(result.agatston.medianAbsoluteError - 10) < 1e-12)
    // Computed minus reference: 12 − 0.5 + 3 + 0.1 − 5 + 40 − 10 + 40 − 50 + 100.
    #expect(abs((result.agatston.blandAltman.value?.bias ?? 0) - 129.6 / 11) < 1e-12)
    #expect(result.calciumSensitivity == 8.0 / 9 && result.calciumSpecificity == 0.5)
    #expect(result.volume == nil && result.meanDice == nil && result.arteries.isEmpty)
    let pairs = cohort.prefix(11).map { ($0.0 ?? 0, $0.1 ?? 0) }
    #expect(
      try result.agatston.pearson.value == pearson(pairs.map(\.0), pairs.map(\.1)))
    #expect(
      try result.agatston.line.value == leastSquaresLine(x: pairs.map(\.0), y: pairs.map(\.1)))
  }

  @Test func `counts the references within the scores' ranges, where the table has some`() throws {
    var ranged = table([(10, 12), (50, 40), (0, 0), (90, 100), (5, 5)])
    for (i, ends) in [(8.0, 20.0), (30, 45), (0, 0), (90, 130)].enumerated() {
      (ranged.rows[i].lowEnd, ranged.rows[i].highEnd) = ends
    }
    let found = try #require(try ModelEvaluation(name: "3d", table: ranged).ranges)
    // 50 lies outside of 30 to 45; the last subject has no range.
    #expect(found.held.successes == 3 && found.held.count == 4)
    #expect(found.medianWidth == 13.5)
    #expect(try ModelEvaluation(name: "3d", table: table(cohort)).ranges == nil)
  }

  @Test func `leaves out reference zeros as the Erasmus study did, and lists them`() throws {
    let result = try ModelEvaluation(
      name: "3d", table: table(cohort), options: EvaluationOptions(excludesZero: true))
    #expect(result.agatston.count == 9 && result.excludedZero == ["s0", "s1"])
    #expect(result.calciumSpecificity == nil)
    #expect(result.heldOut.map(\.subject) == (2...10).map { "s\($0)" })
  }

  @Test func `compares volumes, masses, arteries and Dice where the table has them`() throws {
    var table = table([(1, 1), (2, 3), (3, 2)])
    for i in 0..<3 {
      table.rows[i].reference.volume = Double(i)
      table.rows[i].computed.volume = Double(2 * i)
      table.rows[i].reference.arteries[.right] = 1
      table.rows[i].computed.arteries[.right] = Double(i)
    }
    table.rows[0].dice = 0.5
    table.rows[2].dice = 0.75
    table.rows[1].reference.mass = 4
    table.rows[1].computed.mass = 6
    let result = try ModelEvaluation(name: "m", table: table)
    #expect(result.volume?.line.value?.slope == 2)
    #expect(result.mass?.count == 1 && result.mass?.meanAbsoluteError == 2)
    #expect(result.mass?.pearson.value == nil)
    #expect(result.arteries["RCA"]?.count == 3 && result.arteries["LM"] == nil)
    #expect(result.heldOut.map { $0.arteries?["RCA"]?.computed } == [0, 1, 2])
    #expect(result.heldOut[0].arteries?.keys.sorted() == ["RCA"])
    let detection = try #require(result.arteryDetection?["RCA"])
    #expect(detection.counts.truePositives == 2 && detection.counts.falseNegatives == 1)
    #expect(detection.sensitivity.value?.share == 2.0 / 3 && result.arteryDetection?.count == 1)
    #expect(result.meanDice == 0.625)
  }

  @Test func `keeps the reason where a statistic does not exist`() throws {
    let result = try ModelEvaluation(name: "m", table: table([(0, 0), (0, 0), (0, 0)]))
    guard case .undefined(let reason) = result.agatston.pearson else {
      Issue.record("a correlation of constants")
      return
    }
    #expect(reason.contains("equal"))
    #expect(result.classes.linearKappa.value == nil)
    #expect(result.agatston.blandAltman.value?.bias == 0)
    let json = String(decoding: try JSONEncoder().encode(result), as: UTF8.self)
    #expect(json.contains("\"pearson\":{\"undefined\":\"Pearson's correlation: "))
    #expect(!json.lowercased().contains("nan"))
  }

  @Test func `of nobody is refused`() throws {
    let error = try #require(throws: EvaluationError.self) {
      try ModelEvaluation(
        name: "m", table: table([(0, 5), (nil, 1)]),
        options: EvaluationOptions(excludesZero: true))
    }
    #expect(error.code == .empty && error.description.contains("1 lack a score, 1 have"))
  }

  @Test(arguments: [-1, .nan, .infinity] as [Double])
  func `of what is no score is refused`(score: Double) {
    #expect(throws: EvaluationError.self) {
      try ModelEvaluation(name: "m", table: table([(1, score), (2, 2)]))
    }
  }

  @Test func `is the same after JSON`() throws {
    for scores in [cohort, [(0, 0), (0, 0)], [(5, 6)]] {
      let result = try ModelEvaluation(name: "3d", table: table(scores))
      let data = try JSONEncoder().encode(result)
      #expect(try JSONDecoder().decode(ModelEvaluation.self, from: data) == result)
    }
  }

  @Test func `lists its subjects with both classes`() throws {
    let result = try ModelEvaluation(name: "m", table: table([(9.9, 10), (400, 399.9)]))
    #expect(
      result.heldOutCSV == """
        subject,reference,computed,class_reference,class_computed
        s0,9.9,10.0,low,moderate
        s1,400.0,399.9,high,moderately high

        """)
  }
}
