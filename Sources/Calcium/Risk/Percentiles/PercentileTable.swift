// SPDX-License-Identifier: Apache-2.0
import Foundation

/// A published table of calcium scores by age and sex, and the percentile of a person in it.
///
/// No table comes with this library, since those in use are under copyright: a file is read. Between the
/// percentiles of a table ln(score + 1) is interpolated linearly, so that a higher score never has a lower
/// percentile.
public struct PercentileTable: Hashable, Sendable {
  /// One line: of people of a group the score below which a percentage of them lies.
  public struct Line: Hashable, Sendable {
    /// The publication.
    public var source: String
    /// Its edition.
    public var edition: String
    /// The sex of the group.
    public var sex: RiskFactors.Sex
    /// The race of the group; `nil` for all.
    public var race: RiskFactors.Race?
    /// The ages of the group in years, both included: 45 to 54 holds for 54.9, too.
    public var ages: ClosedRange<Double>
    /// The percentile, above 0 and below 100.
    public var percentile: Double
    /// The Agatston score of it.
    public var score: Double

    /// A line of a table.
    public init(
      source: String, edition: String, sex: RiskFactors.Sex, race: RiskFactors.Race?,
      ages: ClosedRange<Double>, percentile: Double, score: Double
    ) {
      self.source = source
      self.edition = edition
      self.sex = sex
      self.race = race
      self.ages = ages
      self.percentile = percentile
      self.score = score
    }
  }

  private let lines: [Line]

  /// A table of lines.
  ///
  /// - Throws: `RiskRefusal` that names the group in which a higher percentile has a lower score, a
  ///   percentile appears twice, or ages overlap.
  public init(_ lines: [Line]) throws(RiskRefusal) {
    let groups = Dictionary(grouping: lines) { Group($0) }
    for (group, lines) in groups {
      let sorted = lines.sorted { $0.percentile < $1.percentile }
      for (a, b) in zip(sorted, sorted.dropFirst()) {
        if a.percentile == b.percentile {
          throw RiskRefusal("\(group): the percentile \(a.percentile) is there twice")
        }
        if a.score > b.score {
          throw RiskRefusal(
            "\(group): percentile \(b.percentile) has a lower score than \(a.percentile)")
        }
      }
    }
    let keys = Array(groups.keys)
    for (i, a) in keys.enumerated() {
      for b in keys[(i + 1)...]
      where a.source == b.source && a.sex == b.sex && a.race == b.race
        && a.ages.lowerBound < b.ages.upperBound + 1 && b.ages.lowerBound < a.ages.upperBound + 1
      {
        throw RiskRefusal("\(a) and \(b) overlap")
      }
    }
    self.lines = lines
  }

  /// People of one sex, race and range of ages in one source.
  private struct Group: Hashable, CustomStringConvertible {
    let source: String
    let edition: String
    let sex: RiskFactors.Sex
    let race: RiskFactors.Race?
    let ages: ClosedRange<Double>

    init(_ line: Line) {
      (source, edition, sex, race, ages) = (
        line.source, line.edition, line.sex, line.race, line.ages
      )
    }

    var description: String {
      let people = [race?.rawValue, sex.rawValue].compactMap(\.self).joined(separator: " ")
      return
        "\(source) \(edition), \(people), \(Int(ages.lowerBound)) to \(Int(ages.upperBound)) years"
    }
  }

  /// What a table says of a person.
  public struct Answer: Hashable, Sendable, CustomStringConvertible {
    /// The group that was asked: source, edition, race, sex and ages.
    public let group: String
    /// The percentile; `nil` for a score of 0, and beyond the table's ends.
    public let percentile: Double?
    /// The answer in words, without the group.
    public let words: String

    /// The answer with its group.
    public var description: String { "\(words) (\(group))" }
  }

  /// The percentile of a person in each source of the table.
  ///
  /// A group of the person's race goes before one of all races; race is never guessed.
  ///
  /// - Throws: `RiskRefusal` where age, sex or score are missing, or no group has such people.
  public func answers(_ person: RiskFactors) throws(RiskRefusal) -> [Answer] {
    guard let age = person.age, let sex = person.sex, let score = person.agatston else {
      throw RiskRefusal("age, sex and agatston are needed")
    }
    guard RiskInput.agatston.plausible.contains(score), RiskInput.age.plausible.contains(age) else {
      throw RiskRefusal("age \(age) or agatston \(score) is not plausible")
    }
    let fitting = Dictionary(
      grouping: lines.filter {
        $0.sex == sex && age >= $0.ages.lowerBound && age < $0.ages.upperBound + 1
          && ($0.race == nil || $0.race == person.race)
      }
    ) { Group($0) }
    var answers: [Answer] = []
    for source in Set(fitting.keys.map(\.source)).sorted() {
      let groups = fitting.filter { $0.key.source == source }
      guard let (group, lines) = groups.first(where: { $0.key.race != nil }) ?? groups.first else {
        continue
      }
      let (percentile, words) = Self.place(of: score, in: lines)
      answers.append(Answer(group: "\(group)", percentile: percentile, words: words))
    }
    guard !answers.isEmpty else {
      throw RiskRefusal(
        "no group of the table has a \(sex.rawValue) person of \(Int(age)) years"
          + (person.race == nil ? " of unknown race" : ""))
    }
    return answers
  }

  private static func place(of score: Double, in lines: [Line]) -> (Double?, String) {
    let lines = lines.sorted { $0.percentile < $1.percentile }
    guard let first = lines.first, let last = lines.last else { return (nil, "no lines") }
    let zero = lines.last { $0.score == 0 }?.percentile
    if score == 0 {
      // A table says at which of its percentiles scores are still zero, and no more.
      return (
        nil,
        zero.map { "no calcium, as at least \(text($0)) % of such people" }
          ?? "no calcium, as fewer than \(text(first.percentile)) % of such people"
      )
    }
    if score > last.score { return (nil, "above the \(text(last.percentile))th percentile") }
    if score < first.score { return (nil, "below the \(text(first.percentile))th percentile") }
    // Of equal scores the highest percentile counts: so many people have no more.
    guard let upper = lines.firstIndex(where: { $0.score >= score }) else { return (nil, "") }
    let high = lines[lines[upper...].lastIndex { $0.score == lines[upper].score } ?? upper]
    guard high.score > score, upper > 0 else {
      return (high.percentile, "\(text(high.percentile))th percentile")
    }
    let low = lines[upper - 1]
    let (a, b, x) = (log1p(low.score), log1p(lines[upper].score), log1p(score))
    let percentile = low.percentile + (lines[upper].percentile - low.percentile) * (x - a) / (b - a)
    return (percentile, "\(text(percentile.rounded()))th percentile")
  }

  private static func text(_ number: Double) -> String {
    number == number.rounded() ? "\(Int(number))" : "\(number)"
  }
}
