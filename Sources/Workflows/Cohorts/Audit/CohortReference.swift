// SPDX-License-Identifier: Apache-2.0
import Agatston
package import COCA
import Files
package import Foundation
package import Workflow

/// Reference scores of a COCA tree: from the annotations alone, or from the non-gated half's table.
///
/// ```swift
/// let reference = try CohortReference.run(root: release)
/// try reference.write(to: URL(fileURLWithPath: "reference.csv"))
/// ```
package struct CohortReference: Sendable {
  private var rows: [[String]] = []
  private var scores: [Score] = []
  /// Subjects whose annotation cannot be read, or whose row gives no score.
  package private(set) var leftOut: [LeftOut] = []
  /// Notes about the table as a whole, one sentence each.
  var fileNotes: [String] = []
  /// A sentence about the other half of the release, where it lies in the tree, too.
  var hint: String?
  /// Findings about the table's rows, for a terminal; notes about annotations are in the CSV table
  /// only.
  private var rowFindings = FindingLines()

  private struct Score: Encodable, Sendable {
    let id: String
    let agatston: Double?
    let volume: Double?
    /// The arteries' Agatston scores; absent where only annotations are read.
    var arteries: [String: Double]?
    let category: String?
    let notes: [String]

    private enum CodingKeys: String, CodingKey {
      case id, agatston, arteries, category, notes
      case volume = "volume_mm3"
    }

    /// Writes the scores; unknown ones are null.
    func encode(to encoder: any Encoder) throws {
      var values = encoder.container(keyedBy: CodingKeys.self)
      try values.encode(id, forKey: .id)
      try values.encode(agatston, forKey: .agatston)
      try values.encode(volume, forKey: .volume)
      try values.encodeIfPresent(arteries, forKey: .arteries)
      try values.encode(category, forKey: .category)
      try values.encode(notes, forKey: .notes)
    }
  }

  /// Adds a subject of the non-gated half with the scores that its row gives.
  ///
  /// Only rows can be left out; a study without a row and a number that is missing among the ids
  /// have none.
  mutating func add(_ subject: ScoredSubject, _ given: GivenScore?) {
    rows.append(ReferenceTable.row(subject, given))
    let notes = subject.findings.map { "\($0.code.rawValue): \($0.detail)" }
    scores.append(
      Score(
        id: subject.id, agatston: given?.agatston, volume: nil,
        arteries: given.map { given in
          Dictionary(
            uniqueKeysWithValues: given.arteries.map { ($0.key.abbreviation, $0.value) })
        }, category: given?.riskClass.rawValue, notes: notes))
    for finding in subject.findings { rowFindings.add(finding, of: subject.id) }
    if given == nil, subject.isListed {
      leftOut.append(LeftOut(subject: subject.id, reason: notes.joined(separator: "; ")))
    }
  }

  /// Scores every annotation; subjects without one have no calcium.
  ///
  /// In a tree that leads to COCA's non-gated half, and not to the gated scans, the table of scores
  /// is read instead; `total` decides what becomes of rows whose total is not the sum of their
  /// vessels.
  ///
  /// - Throws: `WorkflowError` where there is no annotation, or no table.
  package static func run(root: URL, total: DisagreeingTotal = .omit) throws -> CohortReference {
    let half = try NonGatedHalf.find(root)
    if let half, !half.isBesideGatedScans { return try run(half, total: total) }
    var reference = CohortReference()
    reference.hint = half?.hintBesideGated("reference")
    try reference.readAnnotations(root)
    return reference
  }

  private mutating func readAnnotations(_ root: URL) throws {
    let subjects = try COCATree.discover(root)
    guard subjects.contains(where: { $0.annotation != nil }) else {
      throw WorkflowError(
        .missing,
        "\(root.path): holds no annotation, so every subject would count as free of calcium; name "
          + "the folder around calcium_xml and patient")
    }
    for subject in subjects {
      do {
        let score = try subject.annotation.map { ReferenceScore(try Annotation(contentsOf: $0)) }
        let notes = score == nil ? ["no annotation: no calcium"] : []
        let reference = score ?? .zero
        rows.append(ReferenceTable.row(id: subject.id, reference, notes: notes))
        scores.append(
          Score(
            id: subject.id, agatston: reference.total.agatston, volume: reference.total.volume,
            category: reference.riskClass.rawValue, notes: reference.notes + notes))
      } catch {
        rows.append(ReferenceTable.row(id: subject.id, unreadable: "\(error)"))
        leftOut.append(LeftOut(subject: subject.id, reason: "\(error)"))
      }
    }
  }

  /// Writes the CSV table.
  package func write(to url: URL) throws {
    try StagedFile.write(
      CSVTable(header: ReferenceTable.header, rows: rows).text, to: url)
  }

  /// The table as JSON.
  package var json: String {
    get throws { String(decoding: try JSONFile.data(scores), as: UTF8.self) }
  }

  /// Findings about a table's rows, and the number of subjects in each class, for a terminal.
  package var table: String {
    var table = TextTable(["class", "subjects"])
    for risk in FiveClassRisk.allCases {
      table.add([risk.rawValue, "\(scores.count { $0.category == risk.rawValue })"])
    }
    let referenced = scores.count { $0.category != nil }
    if referenced < scores.count {
      table.add(["no reference", "\(scores.count - referenced)"])
    }
    table.add(["all", "\(scores.count)"])
    return
      (fileNotes + rowFindings.lines(full: "--json lists all") + [table.text]
      + (hint.map { [$0] } ?? []))
      .joined(separator: "\n")
  }
}
