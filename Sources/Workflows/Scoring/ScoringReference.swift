// SPDX-License-Identifier: Apache-2.0
import COCA
import Evaluation
import Foundation
import Studies
import Workflow

/// Reference scores from the table of COCA's non-gated half, for the `given_` columns of
/// RESULT.csv.
struct ScoringReference: Sendable {
  private let subjects: [String: ScoredSubject]
  private let total: DisagreeingTotal
  private let name: String

  /// Reads the table; throws if it has no row for any of the scans, or one that may be of two.
  init(_ url: URL, scans: [Scan], total: DisagreeingTotal) throws {
    self.total = total
    name = url.lastPathComponent
    let studies = scans.map(\.id)
    let file = try ScoresFile(contentsOf: url)
    let byKey = Dictionary(grouping: studies, by: ScoresFile.key)
    for row in file.rows {
      guard let same = byKey[ScoresFile.key(row.name)], same.count > 1 else { continue }
      throw WorkflowError(
        .invalid,
        "\(url.path): row \(row.number) may be of the studies \(same.joined(separator: " or ")); "
          + "rename all but the one that is meant, or score them apart")
    }
    // A subject that has a study is named by the scan's id.
    subjects = Dictionary(
      file.subjects(studies: studies).map { ($0.id, $0) },
      uniquingKeysWith: { first, _ in first })
    guard studies.contains(where: { subjects[$0]?.isListed == true }) else {
      throw WorkflowError(
        .missing,
        "\(url.path): has no row for any of the scans, the first of which is "
          + "\(studies.first ?? "none"); a row 12A belongs to the study 12")
    }
  }

  /// The scores of a scan, or `nil` where the table gives none.
  func scores(for id: String) -> SubjectScores? {
    subjects[id]?.given(total).map {
      SubjectScores(agatston: $0.agatston, arteries: $0.arteries)
    }
  }

  /// Warnings about a scan's reference: why there is none, or what is odd about its row.
  func warnings(for id: String) -> [String] {
    guard let subject = subjects[id] else { return ["\(name) gives no reference: no such row"] }
    let lead = scores(for: id) == nil ? "\(name) gives no reference" : name
    return subject.findings.map { "\(lead): \($0.detail)" } + [zeroNote(subject)].compactMap(\.self)
  }

  /// That a row's id has more or fewer zeros before it than the study's.
  private func zeroNote(_ subject: ScoredSubject) -> String? {
    func zeros(_ id: String) -> Int { id.prefix { $0 == "0" }.count }
    guard let row = subject.row, zeros(row.name) != zeros(subject.id),
      ScoresFile.key(row.name) == ScoresFile.key(subject.id)
    else { return nil }
    return
      "\(name): row \(row.number) was taken for \(subject.id), whose id has other zeros before it"
  }
}
