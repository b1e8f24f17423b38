// SPDX-License-Identifier: Apache-2.0
import Foundation
import Testing

@testable import Risk

/// Percentiles of a table: interpolated, never guessed.
@Suite struct PercentileTests {
  private static func lines(
    _ scores: [(Double, Double)], sex: RiskFactors.Sex = .male, race: RiskFactors.Race? = nil,
    ages: ClosedRange<Double> = 55...64, source: String = "Made-up 2026"
  ) -> [PercentileTable.Line] {
    scores.map {
      .init(
        source: source, edition: "1", sex: sex, race: race, ages: ages, percentile: $0.0,
        score: $0.1)
    }
  }

  private static let usual: [(Double, Double)] = [(25, 0), (50, 10), (75, 100), (90, 400)]

  private func person(_ score: Double, age: Double = 60, race: RiskFactors.Race? = nil)
    -> RiskFactors
  {
    var person = RiskFactors()
    (person.age, person.sex, person.agatston, person.race) = (age, .male, score, race)
    return person
  }

  private func answer(_ score: Double, _ table: PercentileTable) throws -> PercentileTable.Answer {
    try #require(try table.answers(person(score)).first)
  }

  @Test func pointsOfTheTableAreThemselves() throws {
    let table = try PercentileTable(Self.lines(Self.usual))
    for (percentile, score) in Self.usual.dropFirst() {
      #expect(try answer(score, table).percentile == percentile)
    }
  }

  @Test func betweenThemTheLogarithmIsInterpolated() throws {
    let table = try PercentileTable(Self.lines(Self.usual))
    // ln(score + 1) halfway between 10 and 100 points.
    let score = (11.0 * 101).squareRoot() - 1
    let percentile = try #require(try answer(score, table).percentile)
    #expect(abs(percentile - 62.5) < 1e-9)
  }

  @Test func aHigherScoreNeverHasALowerPercentile() throws {
    let table = try PercentileTable(Self.lines([(10, 0), (40, 0), (60, 12), (61, 12), (95, 900)]))
    var before = 0.0
    for score in stride(from: 0.25, through: 900, by: 0.25) {
      let percentile = try #require(try answer(score, table).percentile)
      #expect(percentile >= before)
      before = percentile
    }
    #expect(before == 95)
  }

  @Test func zeroIsSaidInWords() throws {
    let table = try PercentileTable(Self.lines(Self.usual))
    let zero = try answer(0, table)
    #expect(zero.percentile == nil)
    #expect(zero.words == "no calcium, as at least 25 % of such people")
    let none = try PercentileTable(Self.lines([(50, 10), (75, 100)]))
    #expect(try answer(0, none).words == "no calcium, as fewer than 50 % of such people")
  }

  @Test func beyondTheEndsThereIsNoNumber() throws {
    let table = try PercentileTable(Self.lines([(50, 10), (90, 400)]))
    #expect(try answer(401, table).words == "above the 90th percentile")
    #expect(try answer(9, table).words == "below the 50th percentile")
    #expect(try answer(401, table).percentile == nil)
  }

  @Test func ownRaceGoesBeforeAll() throws {
    let table = try PercentileTable(
      Self.lines(Self.usual) + Self.lines([(50, 1), (90, 40)], race: .chinese))
    #expect(try table.answers(person(1, race: .chinese)).map(\.percentile) == [50])
    #expect(try table.answers(person(10, race: .black)).map(\.percentile) == [50])
    #expect(try table.answers(person(10)).map(\.percentile) == [50])
  }

  @Test func agesEndWithTheirYear() throws {
    let table = try PercentileTable(Self.lines(Self.usual))
    #expect(try table.answers(person(10, age: 64.9)).count == 1)
    for age in [54.9, 65] {
      let refusal = #expect(throws: RiskRefusal.self) { try table.answers(person(10, age: age)) }
      #expect(refusal?.reason.hasPrefix("no group of the table has a male person of") == true)
    }
  }

  @Test func contradictionsAreRefused() {
    let falling = #expect(throws: RiskRefusal.self) {
      try PercentileTable(Self.lines([(50, 10), (75, 9)]))
    }
    #expect(falling?.reason.contains("percentile 75.0 has a lower score than 50.0") == true)
    #expect(throws: RiskRefusal.self) { try PercentileTable(Self.lines([(50, 10), (50, 9)])) }
    #expect(throws: RiskRefusal.self) {
      try PercentileTable(Self.lines(Self.usual) + Self.lines(Self.usual, ages: 60...70))
    }
  }
}
