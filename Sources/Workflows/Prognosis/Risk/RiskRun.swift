// SPDX-License-Identifier: Apache-2.0
import Agatston
import Evaluation
import Files
package import Foundation
package import Risk
import Text
import Workflow

/// Estimates the risk of the people of a table: what `cac risk` does.
package struct RiskRun: Sendable {
  /// The models to ask, by name; all where it is empty.
  package var models: [String] = []
  /// A RESULT.csv whose computed calcium belongs to the subjects of the table.
  package var scores: URL?
  /// The region of SCORE2 of those whose table has none.
  package var region: RiskFactors.Region?
  /// The percentiles of calcium scores, as published.
  package var percentiles: PercentileTable?

  /// A run with the defaults.
  package init() {}

  /// The names of all models.
  package static let modelNames = RiskModels.all.map(\.name)

  private var chosen: [any RiskModel] {
    models.isEmpty
      ? RiskModels.all : RiskModels.all.filter { models.contains($0.name) }
  }

  /// What the models say of one person.
  package func person(
    _ factors: RiskFactors, id: String, calcifiedArteries: Int? = nil
  ) -> PersonRisk {
    var factors = factors
    factors.region = factors.region ?? region
    return PersonRisk(
      id: id, factors: factors,
      category: factors.agatston.flatMap {
        RiskInput.agatston.plausible.contains($0)
          ? CACDRS(agatston: $0, calcifiedArteries: calcifiedArteries) : nil
      }?.code,
      answers: chosen.map { .init($0, of: factors) },
      percentiles: percentiles.map { .init($0, of: factors) })
  }

  /// What the models say of the people of a table.
  ///
  /// - Returns: the people in the table's order, and notes about the table.
  /// - Throws: `WorkflowError` that names file, row and column of a cell that cannot be read.
  package func people(in table: URL) throws -> (people: [PersonRisk], notes: [String]) {
    let csv: CSVTable
    do {
      csv = try CSVTable(parsing: FileBytes.read(table), path: table.path)
    } catch let error as CSVError {
      throw WorkflowError(.invalid, "\(error)")
    }
    let columns: RiskColumns
    do throws(RiskTableError) {
      columns = try RiskColumns(csv.header)
    } catch {
      throw WorkflowError(.invalid, "\(table.path): \(error)")
    }
    guard !csv.rows.isEmpty else {
      throw WorkflowError(.invalid, "\(table.path): the table has a header but no person")
    }
    var notes = csv.encodingNote.map { ["the table \($0)"] } ?? []
    if !columns.unknown.isEmpty {
      notes.append("columns that no model asks for: \(columns.unknown.joined(separator: ", "))")
    }
    guard scores == nil || columns.subject != nil else {
      throw WorkflowError(
        .invalid,
        "\(table.path): --scores joins by subject, and the table has no column id (also "
          + "patient_name, subject, patient)")
    }
    let names = columns.subject.map { column in csv.rows.map { CSVTable.trimmed($0[column]) } }
    let calcium = try scores.map { try ScoredSubjects($0, people: names ?? []) }
    let numbers = columns.numberColumns
    let notation = NumberNotation(
      of: csv.rows.lazy.flatMap { row in numbers.map { CSVTable.trimmed(row[$0]) } },
      allowsComma: csv.separator != ",", assumesPoint: true)
    var used: Set<String> = []
    var people: [PersonRisk] = []
    for (number, cells) in csv.rows.enumerated() {
      let row = csv.rowNumbers[number]
      let id = columns.subject.map { CSVTable.trimmed(cells[$0]) } ?? "\(number + 1)"
      guard !id.isEmpty else {
        throw WorkflowError(.invalid, "\(table.path): row \(row): the subject's name is empty")
      }
      guard used.insert(id).inserted else {
        throw WorkflowError(.invalid, "\(table.path): row \(row): \(id.shown()) is there twice")
      }
      do throws(RiskTableError) {
        var factors = try columns.factors(cells, row: row, header: csv.header, notation: notation)
        let arteries = try calcium?.join(id, into: &factors, row: row)
        people.append(person(factors, id: id, calcifiedArteries: arteries ?? nil))
      } catch {
        throw WorkflowError(.invalid, "\(table.path): \(error)")
      }
    }
    notes += try calcium?.notes(joined: used, table: table) ?? []
    return (people, notes)
  }
}
