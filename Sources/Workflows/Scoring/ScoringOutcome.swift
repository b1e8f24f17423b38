// SPDX-License-Identifier: Apache-2.0
import Agatston
import Evaluation
import Files
import Text
package import Foundation
import Segmentation
import Studies
package import Workflow

/// The scores of all studies, or their candidates: for a terminal, as JSON, as CSV files.
package struct ScoringOutcome: Sendable {
  /// One study under each convention that was asked for.
  struct Study: Sendable {
    /// The scores, the first convention first.
    var scores: [StudyScore]
    /// Whether the mask holds a label above 1, as only masks of arteries do.
    var hasArteryLabels = false
    /// The score of the reference mask under the first convention.
    var given: CalciumScore?
    /// Whether the reference mask holds a label above 1.
    var givenHasArteryLabels = false
    /// The scores that a table of references gives.
    var listed: SubjectScores?
    /// The Dice coefficient of mask and reference mask; absent where both are empty.
    var dice: Double?
    /// The scan and its mask, where they are to be kept.
    var kept: ScoredScan?
    /// Pictures for a page; absent where none is written, or its pictures are too many.
    var pictures: StudyPictures?
    /// What comes with the score where a model made the mask.
    private(set) var automatic: AutomaticScore?

    /// Adds what comes with the score; its doubts become warnings about the scan.
    mutating func add(_ automatic: AutomaticScore) {
      self.automatic = automatic
      let warnings = automatic.doubts.map {
        ScanWarning("doubtful: \($0.text)", summary: "doubtful: \($0.summary)")
      }
      for i in scores.indices { scores[i].quality.warnings.insert(contentsOf: warnings, at: 0) }
    }
  }

  /// Whether there is neither mask nor model, so that candidates are listed.
  let showsCandidates: Bool
  private(set) var studies: [Study] = []
  /// The candidates of each study, where there is neither mask nor model.
  var candidates = ScoringCandidates()
  /// The scans that could not be scored.
  package internal(set) var leftOut: [LeftOut] = []
  /// Files and folders beside the scans that are none.
  var unused: [UnusedFile] = []
  /// How masks were predicted, one sentence each; empty where no model predicted them.
  package internal(set) var remarks: [String] = []
  /// The record of the prediction of the masks, where it lies with them.
  package var earlier: [RunRecord] = []

  /// An outcome without studies.
  init(showsCandidates: Bool) { self.showsCandidates = showsCandidates }

  /// Whether no scan was scored or listed.
  var isEmpty: Bool { studies.isEmpty && candidates.studies.isEmpty }

  /// Adds the scores of a study.
  mutating func add(_ study: Study) { studies.append(study) }

  /// Decides, for all studies together, whether label 1 means the left main artery or calcium of no
  /// known artery: an artery if any mask of the run has a label above 1.
  ///
  /// Reference masks are decided in the same way, apart from the scored masks, whose meaning may be
  /// known beforehand (`labels` other than auto). Labels never change what is scored, only the
  /// names of its parts, so scores are computed with arteries and lose them here.
  mutating func reconcileArteries(labels: MaskLabels?) {
    if labels == nil, !studies.contains(where: \.hasArteryLabels) {
      for i in studies.indices {
        for j in studies[i].scores.indices {
          studies[i].scores[j].score = studies[i].scores[j].score.withoutArteries
        }
      }
    }
    if !studies.contains(where: \.givenHasArteryLabels) {
      for i in studies.indices { studies[i].given = studies[i].given?.withoutArteries }
    }
  }

  /// Every score: study by study, convention by convention.
  var scores: [StudyScore] { studies.flatMap(\.scores) }

  /// The scans that were kept with their scores.
  package var kept: [ScoredScan] { studies.compactMap(\.kept) }

  /// The table for a terminal.
  package var table: String {
    let table =
      showsCandidates
      ? candidates.table
      : scores.count == 1
        ? ScoringTable.detail(scores[0], studies[0].automatic)
        : ScoringTable.overview(scores, ranges: ranges)
          + models.map { "\nmodel: \($0)" }.joined()
    return ([table] + unusedLines).joined(separator: "\n")
  }

  /// The models that made the masks.
  private var models: [ModelIdentity] {
    Array(Set(studies.compactMap(\.automatic?.model))).sorted { $0.description < $1.description }
  }

  /// The ranges of the scores by study, where there are some.
  private var ranges: [String: ScoreRange] {
    Dictionary(
      studies.compactMap { study in
        study.automatic?.range.map { (study.scores[0].study, $0) }
      }, uniquingKeysWith: { first, _ in first })
  }

  /// What lies beside the scans and was not used, in one line.
  private var unusedLines: [String] {
    guard !unused.isEmpty else { return [] }
    return ScoringTable.wrapped(
      "not used: \(counted(unused.count, "file or folder", "files or folders")): "
        + shortList(unused.map { "\($0.path.shown()) \($0.reason)" }, limit: 5))
  }

  /// One score, or a list of them, as JSON.
  ///
  /// Scans that were left out, and what lies beside the scans and is none, make a list of it, with
  /// an entry for each: `{"study": …, "left_out": …}` and `{"study": null, "not_used": …, "reason": …}`.
  package var json: String {
    get throws {
      if !showsCandidates, scores.count == 1, leftOut.isEmpty {
        var score = scores[0]
        score.quality.unused += unused.map { .init(file: $0.path, reason: $0.reason) }
        let entry = StudyEntry(score: score, automatic: studies[0].automatic)
        return String(decoding: try JSONFile.data(entry), as: UTF8.self)
      }
      let scored: [StudyEntry] = studies.flatMap { study in
        // Range and parts are those of the first convention.
        study.scores.enumerated().map { place, score in
          StudyEntry(
            score: score, automatic: place == 0 ? study.automatic : study.automatic?.withoutScores)
        }
      }
      var entries: [any Encodable & Sendable] = showsCandidates ? candidates.studies : scored
      for left in leftOut { entries.append(Entry(study: left.subject, leftOut: left.reason)) }
      for file in unused where file.leftOut == nil {
        entries.append(Entry(notUsed: file.path, reason: file.reason))
      }
      return String(decoding: try JSONFile.data(entries.map(AnyEntry.init)), as: UTF8.self)
    }
  }

  /// A scan that was left out, or a file that was not used.
  private struct Entry: Encodable, Sendable {
    var study: String?
    var leftOut: String?
    var notUsed: String?
    var reason: String?

    private enum CodingKeys: String, CodingKey {
      case study, reason
      case leftOut = "left_out"
      case notUsed = "not_used"
    }

    /// Writes the study in any case, so that a program that goes through the list finds the key.
    func encode(to encoder: any Encoder) throws {
      var container = encoder.container(keyedBy: CodingKeys.self)
      try container.encode(study, forKey: .study)
      try container.encodeIfPresent(leftOut, forKey: .leftOut)
      try container.encodeIfPresent(notUsed, forKey: .notUsed)
      try container.encodeIfPresent(reason, forKey: .reason)
    }
  }

  /// An entry of the list, of whatever type.
  private struct AnyEntry: Encodable {
    let entry: any Encodable & Sendable
    func encode(to encoder: any Encoder) throws { try entry.encode(to: encoder) }
  }

  /// Writes RESULT.csv: one row for each study, under the first convention; without masks, the
  /// candidates.
  package func writeCSV(to url: URL) throws {
    if showsCandidates {
      try write(candidates.csv, to: url)
      return
    }
    let rows = studies.map { study -> ResultRow in
      let score = study.scores[0].score
      var row = ResultRow(
        subject: study.scores[0].study,
        reference: study.given.map(Self.scores) ?? study.listed ?? .init(),
        computed: Self.scores(score), dice: study.dice,
        convention: score.convention.convention.name, volumeMethod: score.volumeMethod)
      guard let automatic = study.automatic else { return row }
      row.model = "\(automatic.model)"
      (row.lowEnd, row.highEnd) = (automatic.range?.low, automatic.range?.high)
      row.classProbabilities = automatic.uncertainty?.classText
      row.hangsOn = automatic.uncertainty?.hangsOn
      row.aorta = automatic.nonCoronary?[.aorta]?.agatston
      row.valve = automatic.nonCoronary?[.valve]?.agatston
      row.doubts =
        automatic.doubts.isEmpty ? nil : automatic.doubts.map(\.text).joined(separator: "; ")
      return row
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
