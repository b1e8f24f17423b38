// SPDX-License-Identifier: Apache-2.0
import Agatston
import COCA
import Files
package import Foundation

/// Reference scores of a COCA tree from the annotations alone.
package struct CohortReference: Sendable {
  private let rows: [String]
  private let scores: [Score]
  /// Subjects whose annotation cannot be read.
  package let leftOut: [LeftOut]

  private struct Score: Encodable, Sendable {
    let id: String
    let agatston: Double
    let volume_mm3: Double
    let category: String
    let notes: [String]
  }

  /// Reads every annotation; subjects without one have no calcium.
  package static func run(root: URL) throws -> CohortReference {
    var rows: [String] = []
    var scores: [Score] = []
    var leftOut: [LeftOut] = []
    for subject in try COCATree.discover(root) {
      do {
        let score = try subject.annotation.map { ReferenceScore(try Annotation(contentsOf: $0)) }
        let notes = score == nil ? ["no annotation: no calcium"] : []
        let known = score ?? .zero
        rows.append(ReferenceTable.row(id: subject.id, known, notes: notes))
        scores.append(
          Score(
            id: subject.id, agatston: known.total.agatston, volume_mm3: known.total.volume,
            category: known.riskClass.rawValue, notes: known.notes + notes))
      } catch {
        rows.append(ReferenceTable.row(id: subject.id, unreadable: "\(error)"))
        leftOut.append(LeftOut(subject: subject.id, reason: "\(error)"))
      }
    }
    return CohortReference(rows: rows, scores: scores, leftOut: leftOut)
  }

  /// Writes the CSV table.
  package func write(to url: URL) throws {
    try StagedFile.write(
      ([ReferenceTable.header] + rows).joined(separator: "\n") + "\n", to: url)
  }

  /// The table as JSON.
  package var json: String {
    get throws { String(decoding: try JSONFile.data(scores), as: UTF8.self) }
  }

  /// How many subjects each class has.
  package var table: String {
    var table = TextTable(["class", "subjects"])
    for risk in SeedClass.allCases {
      table.add([risk.rawValue, "\(scores.count { $0.category == risk.rawValue })"])
    }
    table.add(["all", "\(scores.count)"])
    return table.text
  }
}
