// SPDX-License-Identifier: Apache-2.0
import Agatston
import Evaluation
import Files
import Foundation
import Risk
import Studies
import Text
import Workflow

/// The scores of a RESULT.csv, to be joined to the people of a table by name.
struct ScoredSubjects {
  private let scores: [String: SubjectScores]
  private let path: String

  /// Reads the scores.
  ///
  /// - Parameter people: the names in the table; a subject that was scored in a prepared data set goes by
  ///   the name it had before (7 for `cac_0007`), where only one can be meant.
  init(_ url: URL, people: [String]) throws {
    do {
      let results = try ResultTable(parsing: FileBytes.read(url), path: url.path)
      let names = Set(people)
      let prepared = Dictionary(grouping: names, by: PreparedName.of).filter { $0.value.count == 1 }
      scores = Dictionary(
        results.rows.map { row in
          let earlier = names.contains(row.subject) ? nil : prepared[row.subject]?.first
          return (earlier ?? row.subject, row.computed)
        }
      ) { first, _ in first }
    } catch let error as EvaluationError {
      throw WorkflowError(.invalid, "\(error)")
    }
    path = url.path
  }

  /// The Agatston score of a subject.
  func agatston(of id: String) -> Double? { scores[id]?.agatston }

  /// Joins the score of a subject to what is known of the person.
  ///
  /// - Returns: the number of arteries with calcium; `nil` where the arteries are unknown.
  func join(
    _ id: String, into factors: inout RiskFactors, row: Int
  ) throws(RiskTableError) -> Int? {
    guard let scores = scores[id], let agatston = scores.agatston else { return nil }
    if let own = factors.agatston, abs(own - agatston) > 0.05 {
      throw RiskTableError(
        row: row, column: "agatston",
        detail: "the table says \(readable(own)) and --scores \(readable(agatston)); leave one of "
          + "them out")
    }
    factors.agatston = agatston
    guard scores.arteries.count == Artery.allCases.count else { return nil }
    return scores.arteries.values.count { $0 > 0 }
  }

  /// Who is missing where.
  ///
  /// - Throws: `WorkflowError` where no name is in both.
  func notes(joined people: Set<String>, table: URL) throws -> [String] {
    let scored = Set(scores.filter { $0.value.agatston != nil }.keys)
    guard !people.isDisjoint(with: scored) else {
      throw WorkflowError(
        .invalid,
        "\(table.path) and \(path) have no subject in common (\(Self.some(people)) in one, "
          + "\(Self.some(scored)) in the other); compare the names")
    }
    var notes: [String] = []
    let (unscored, unlisted) = (people.subtracting(scored), scored.subtracting(people))
    if !unscored.isEmpty {
      notes.append(
        "\(counted(unscored.count, "person", "people")) of the table without a score: "
          + Self.some(unscored))
    }
    if !unlisted.isEmpty {
      notes.append(
        "\(counted(unlisted.count, "scored subject")) not in the table: \(Self.some(unlisted))")
    }
    return notes
  }

  private static func some(_ names: Set<String>) -> String {
    let shown = names.sorted().prefix(3).map { $0.shown() }.joined(separator: ", ")
    return names.isEmpty ? "none" : names.count > 3 ? "\(shown), …" : shown
  }
}
