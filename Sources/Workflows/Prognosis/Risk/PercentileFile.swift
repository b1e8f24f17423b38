// SPDX-License-Identifier: Apache-2.0
import Files
package import Foundation
package import Risk
import Text
import Workflow

/// A CSV file of published percentiles: source, edition, sex, race, age_from, age_to, percentile, score.
package enum PercentileFile {
  private static let columns = [
    "source", "edition", "sex", "race", "age_from", "age_to", "percentile", "score",
  ]

  /// Reads a table.
  ///
  /// - Throws: `WorkflowError` that names file, row and column, or the group whose percentiles
  ///   contradict each other.
  package static func read(_ url: URL) throws -> PercentileTable {
    let csv: CSVTable
    do {
      csv = try CSVTable(parsing: FileBytes.read(url), path: url.path)
    } catch let error as CSVError {
      throw WorkflowError(.invalid, "\(error)")
    }
    var places: [String: Int] = [:]
    for name in columns {
      let found = csv.columns(named: name)
      guard found.count == 1 else {
        throw WorkflowError(
          .invalid,
          "\(url.path): \(found.isEmpty ? "the column \(name) is missing" : "the column \(name) is there twice"); "
            + "a table of percentiles has \(columns.joined(separator: ", "))")
      }
      places[name] = found[0]
    }
    let lines = try zip(csv.rows, csv.rowNumbers).map { cells, row in
      func cell(_ name: String) -> String { CSVTable.trimmed(cells[places[name] ?? 0]) }
      func wrong(_ column: String, _ detail: String) -> WorkflowError {
        WorkflowError(.invalid, "\(url.path): row \(row), column \(column): \(detail)")
      }
      func number(_ name: String, _ range: ClosedRange<Double>) throws -> Double {
        guard let value = Double(decimal: cell(name)), range.contains(value) else {
          throw wrong(
            name,
            "\"\(cell(name))\" is no number from \(readable(range.lowerBound, 0)) to "
              + "\(readable(range.upperBound, 0))")
        }
        return value
      }
      guard !cell("source").isEmpty else { throw wrong("source", "is empty; say who published it") }
      guard let sex = RiskColumns.sex(cell("sex")) else {
        throw wrong("sex", "\"\(cell("sex"))\" is neither female nor male")
      }
      let race = RiskColumns.race(cell("race"))
      guard race != nil || ["", "all"].contains(cell("race").lowercased()) else {
        throw wrong("race", "\"\(cell("race"))\" is not white, black, hispanic, chinese or all")
      }
      let (from, to) = (try number("age_from", 0...120), try number("age_to", 0...120))
      guard from <= to else { throw wrong("age_to", "is below age_from") }
      let percentile = try number("percentile", 0...100)
      guard percentile > 0, percentile < 100 else {
        throw wrong("percentile", "has to lie between 0 and 100")
      }
      return PercentileTable.Line(
        source: cell("source"), edition: cell("edition"), sex: sex, race: race, ages: from...to,
        percentile: percentile, score: try number("score", 0...20_000))
    }
    guard !lines.isEmpty else {
      throw WorkflowError(.invalid, "\(url.path): the table has a header but no line")
    }
    do throws(RiskRefusal) {
      return try PercentileTable(lines)
    } catch {
      throw WorkflowError(.invalid, "\(url.path): \(error)")
    }
  }
}
