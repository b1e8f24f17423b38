// SPDX-License-Identifier: Apache-2.0
import Agatston
import Evaluation
import Files
package import Foundation
import Segmentation
package import Workflow

/// What a scoring came to: for a terminal, as JSON, as CSV files.
package struct ScoringOutcome: Sendable {
  /// One study under each convention that was asked for.
  struct Study: Sendable {
    var studies: [StudyScore]
    /// The score of the reference mask under the first convention.
    var given: CalciumScore?
    /// The scores that a table of references gives.
    var listed: SubjectScores?
    /// Dice of the masks; absent where both are empty.
    var dice: Double?
  }

  /// Whether there was no mask and candidates are listed instead.
  let showsCandidates: Bool
  private(set) var studies: [Study] = []
  var candidates = ScoringCandidates()
  /// The scans that could not be scored.
  package internal(set) var leftOut: [LeftOut] = []
  /// How masks were predicted, a sentence each; none where no model made them.
  package internal(set) var remarks: [String] = []
  /// The record of what predicted the masks, where it lies with them.
  var earlier: [RunRecord] = []

  init(showsCandidates: Bool) { self.showsCandidates = showsCandidates }

  var isEmpty: Bool { studies.isEmpty && candidates.studies.isEmpty }

  mutating func add(_ study: Study) { studies.append(study) }

  /// Takes label 1 for calcium of no known artery.
  mutating func dropArteries() {
    for i in studies.indices {
      for j in studies[i].studies.indices {
        studies[i].studies[j].score = studies[i].studies[j].score.withoutArteries
      }
    }
  }

  /// The same for the reference masks.
  mutating func dropGivenArteries() {
    for i in studies.indices { studies[i].given = studies[i].given?.withoutArteries }
  }

  /// Every score: study by study, convention by convention.
  var scores: [StudyScore] { studies.flatMap(\.studies) }

  /// The table for a terminal.
  package var table: String {
    if showsCandidates { return candidates.table }
    return scores.count == 1 ? ScoringTable.detail(scores[0]) : ScoringTable.overview(scores)
  }

  /// One score, or a list of them, as JSON.
  package var json: String {
    get throws {
      if showsCandidates { return try candidates.json }
      let data = scores.count == 1 ? try JSONFile.data(scores[0]) : try JSONFile.data(scores)
      return String(decoding: data, as: UTF8.self)
    }
  }

  /// Writes RESULT.csv: one row for each study, under the first convention; without masks, the
  /// candidates.
  package func writeCSV(to url: URL) throws {
    if showsCandidates {
      try write(candidates.csv, to: url)
      return
    }
    let rows = studies.map { study -> ResultRow in
      let score = study.studies[0].score
      return ResultRow(
        subject: study.studies[0].study,
        reference: study.given.map(Self.scores) ?? study.listed ?? .init(),
        computed: Self.scores(score), dice: study.dice,
        convention: score.convention.convention.name, volumeMethod: score.volumeMethod)
    }
    try ResultTable(rows: rows).write(to: url)
    try RunRecord(command: "score", remarks: remarks, earlier: earlier).write(beside: url)
  }

  /// Writes one row for each study, convention and artery, and one for their total.
  package func writeArteries(to url: URL) throws { try write(ScoringCSV.arteries(scores), to: url) }

  /// Writes one row for each lesion of each study and convention.
  package func writeLesions(to url: URL) throws { try write(ScoringCSV.lesions(scores), to: url) }

  private func write(_ table: CSVTable, to url: URL) throws {
    try StagedFile.write(table.text, to: url)
    try RunRecord(command: "score", remarks: remarks, earlier: earlier).write(beside: url)
  }

  private static func scores(_ score: CalciumScore) -> SubjectScores {
    SubjectScores(
      agatston: score.agatston, volume: score.volume, mass: score.mass,
      arteries: score.arteries?.mapValues(\.agatston) ?? [:])
  }
}
