// SPDX-License-Identifier: Apache-2.0
import Agatston
import Evaluation
import Files
package import Foundation

/// What a scoring came to: for a terminal, as JSON, as RESULT.csv.
package struct ScoringOutcome: Sendable {
  /// One study under each convention that was asked for.
  struct Study: Sendable {
    var studies: [StudyScore]
    /// The score of the reference mask under the first convention.
    var given: CalciumScore?
    /// Dice of the masks; absent where both are empty.
    var dice: Double?
  }

  /// Whether there was no mask and candidates are listed instead.
  let showsCandidates: Bool
  private(set) var studies: [Study] = []
  var candidates: [(study: String, candidates: [Candidate])] = []
  /// The scans that could not be scored.
  package internal(set) var leftOut: [LeftOut] = []

  init(showsCandidates: Bool) { self.showsCandidates = showsCandidates }

  var isEmpty: Bool { studies.isEmpty && candidates.isEmpty }

  mutating func add(_ study: Study) throws { studies.append(study) }

  /// The table for a terminal.
  package var table: String {
    if showsCandidates { return candidateTable }
    var lines: [String] = []
    let many = studies.contains { $0.studies.count > 1 }
    let arteries = studies.contains { $0.studies.contains { $0.score.arteries != nil } }
    var table = TextTable(
      ["study"] + (many ? ["convention"] : []) + ["Agatston", "volume mm³", "lesions"]
        + (arteries ? Artery.allCases.map(\.abbreviation) : []) + ["class", "CAC-DRS"])
    for study in studies.flatMap(\.studies) {
      let score = study.score
      var row = [study.study]
      if many { row.append(score.convention.convention.name) }
      row += [decimal(score.agatston), decimal(score.volume), "\(score.lesions.count)"]
      if arteries {
        row += Artery.allCases.map { artery in
          score.arteries.map { decimal($0[artery]?.agatston ?? 0) } ?? ""
        }
      }
      row += [score.category.seed.rawValue, score.category.cacDRS.code]
      table.add(row)
    }
    lines.append(table.text)
    var seen = Set<String>()
    for study in studies.flatMap(\.studies) {
      for warning in study.quality.warnings where seen.insert(warning).inserted {
        let count = studies.flatMap(\.studies).count { $0.quality.warnings.contains(warning) }
        lines.append("note (\(count) of \(studies.flatMap(\.studies).count)): \(warning)")
      }
    }
    if let first = studies.first?.studies.first?.score.convention.convention, !many {
      lines.append("convention: \(first.name)")
    }
    return lines.joined(separator: "\n")
  }

  private var candidateTable: String {
    var table = TextTable(["study", "volume mm³", "peak HU", "mean HU", "slices", "x, y, z mm"])
    for (study, list) in candidates {
      for one in list.sorted(by: { $0.volume > $1.volume }).prefix(100) {
        let place = one.centroid
        table.add([
          study, decimal(one.volume), "\(one.peak)", decimal(one.mean, 0),
          "\(one.slices.lowerBound)–\(one.slices.upperBound)",
          "\(decimal(place.x)), \(decimal(place.y)), \(decimal(place.z))",
        ])
      }
    }
    return table.text + "\nno mask or model: candidates of at least 130 HU, the 100 largest a study"
  }

  /// One score, or a list of them, as JSON.
  package var json: String {
    get throws {
      if showsCandidates {
        return String(decoding: try JSONFile.data(candidateList), as: UTF8.self)
      }
      let scores = studies.flatMap(\.studies)
      let data = scores.count == 1 ? try JSONFile.data(scores[0]) : try JSONFile.data(scores)
      return String(decoding: data, as: UTF8.self)
    }
  }

  private struct CandidateList: Encodable {
    struct Entry: Encodable {
      let volume_mm3: Double
      let peak_hu: Int
      let mean_hu: Double
      let slices: [Int]
      let centroid_mm: [Double]
    }
    let study: String
    let candidates: [Entry]
  }

  private var candidateList: [CandidateList] {
    candidates.map { study, list in
      CandidateList(
        study: study,
        candidates: list.map {
          .init(
            volume_mm3: $0.volume, peak_hu: $0.peak, mean_hu: $0.mean, slices: Array($0.slices),
            centroid_mm: [$0.centroid.x, $0.centroid.y, $0.centroid.z])
        })
    }
  }

  /// Writes RESULT.csv: one row for each study, under the first convention.
  package func writeCSV(to url: URL) throws {
    let rows = studies.map { study -> ResultRow in
      let score = study.studies[0].score
      return ResultRow(
        subject: study.studies[0].study, reference: study.given.map(Self.scores) ?? .init(),
        computed: Self.scores(score), dice: study.dice,
        convention: score.convention.convention.name)
    }
    try ResultTable(rows: rows).write(to: url)
    try RunRecord(command: "score").write(beside: url)
  }

  private static func scores(_ score: CalciumScore) -> SubjectScores {
    SubjectScores(
      agatston: score.agatston, volume: score.volume, mass: score.mass,
      arteries: score.arteries?.mapValues(\.agatston) ?? [:])
  }
}
