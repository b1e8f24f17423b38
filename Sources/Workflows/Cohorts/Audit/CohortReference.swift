// SPDX-License-Identifier: Apache-2.0
import Agatston
package import COCA
import Files
package import Foundation
package import Workflow

/// Reference scores of a COCA tree: from the annotations alone, or from the non-gated half's table.
package struct CohortReference: Sendable {
  private var rows: [String] = []
  private var scores: [Score] = []
  /// Subjects whose annotation cannot be read, or whose row gives no score.
  package private(set) var leftOut: [LeftOut] = []
  /// What is to know of the table as a whole, and what else lies in the tree.
  var fileNotes: [String] = []
  var hint: String?
  /// What is odd about the rows, for a terminal; the notes of annotations stand in the table alone.
  private var oddities: [String] = []

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

  /// Adds what the table of the non-gated half says of a subject.
  ///
  /// Only rows can be left out: a study without one, or a number that the ids run past, has none.
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
    oddities += notes.map { "\(subject.id)  \($0)" }
    if given == nil, subject.isListed {
      leftOut.append(LeftOut(subject: subject.id, reason: notes.joined(separator: "; ")))
    }
  }

  /// Reads every annotation; subjects without one have no calcium.
  ///
  /// A tree that leads to COCA's non-gated half, and not to the gated scans, has its table read;
  /// `total` says what becomes of rows whose total is not the sum of their vessels.
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
        "\(root.path): holds no annotation, so every subject would count as free of calcium; name "
          + "the folder around calcium_xml and patient")
    }
    for subject in subjects {
      do {
        let score = try subject.annotation.map { ReferenceScore(try Annotation(contentsOf: $0)) }
        let notes = score == nil ? ["no annotation: no calcium"] : []
        let known = score ?? .zero
        rows.append(ReferenceTable.row(id: subject.id, known, notes: notes))
        scores.append(
          Score(
            id: subject.id, agatston: known.total.agatston, volume: known.total.volume,
            category: known.riskClass.rawValue, notes: known.notes + notes))
      } catch {
        rows.append(ReferenceTable.row(id: subject.id, unreadable: "\(error)"))
        leftOut.append(LeftOut(subject: subject.id, reason: "\(error)"))
      }
    }
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

  /// What is odd about a table's rows, and how many subjects each class has.
  package var table: String {
    var table = TextTable(["class", "subjects"])
    for risk in SeedClass.allCases {
      table.add([risk.rawValue, "\(scores.count { $0.category == risk.rawValue })"])
    }
    let known = scores.count { $0.category != nil }
    if known < scores.count { table.add(["no reference", "\(scores.count - known)"]) }
    table.add(["all", "\(scores.count)"])
    return (fileNotes + oddities + [table.text] + (hint.map { [$0] } ?? []))
      .joined(separator: "\n")
  }
}
