// SPDX-License-Identifier: Apache-2.0
import COCA
import Concurrency
import Files
import Foundation
import Studies
import Workflow

extension CohortAudit {
  /// Checks the studies of a non-gated half, `jobs` at a time, and the rows of its scores.
  static func run(
    _ half: NonGatedHalf, jobs: Int, dicom: DICOMInput,
    progress: @escaping ProgressHandler
  ) async throws -> CohortAudit {
    let scores = try half.scores.map { try ScoresFile(contentsOf: $0) }
    guard scores != nil || !half.studies.isEmpty else {
      throw WorkflowError(
        .missing,
        "\(half.folder.path): holds neither studies nor scores; name the folder of a COCA release")
    }
    let counter = ProgressCounter("audit", total: half.studies.count, handler: progress)
    let scans = await half.studies.concurrentMap(width: jobs) { study in
      let audit = SubjectMaterial(
        study, annotation: nil, reading: dicom.reading, isGated: false
      ).audit
      await counter.advance("subject \(study.id)")
      return audit
    }
    guard let scores else {
      return CohortAudit(
        report: AuditReport(
          scans,
          scores: .init(
            rows: 0,
            anomalies: [
              .init(
                code: .missingScores,
                detail: "there is no \(ScoresFile.usualName) beside the studies; nothing says "
                  + "what their scores are")
            ])), hint: half.hint("audit"))
    }
    let scanOf = Dictionary(scans.map { ($0.id, $0) }, uniquingKeysWith: { first, _ in first })
    let subjects = scores.subjects(studies: half.studyNames).map {
      SubjectAudit($0, scan: scanOf[$0.id], needsScan: !half.studies.isEmpty)
    }
    return CohortAudit(
      report: AuditReport(
        subjects, scores: .init(rows: scores.rows.count, notes: scores.notes)),
      hint: half.hint("audit"))
  }
}

extension CohortReference {
  /// The scores that the table of a non-gated half gives.
  static func run(_ half: NonGatedHalf, total: DisagreeingTotal) throws -> CohortReference {
    guard let file = half.scores else {
      throw WorkflowError(
        .missing,
        "\(half.folder.path): has no \(ScoresFile.usualName), and without it no reference; "
          + "restore it from the release")
    }
    let scores = try ScoresFile(contentsOf: file)
    var reference = CohortReference()
    for subject in scores.subjects(studies: half.studyNames) {
      reference.add(subject, subject.given(total))
    }
    reference.fileNotes = scores.notes.map {
      "\(ScoresFile.usualName)  \($0.code.rawValue): \($0.detail)"
    }
    reference.hint = half.hint("reference")
    return reference
  }
}

extension NonGatedHalf {
  /// The names of the studies' folders; `nil` where only the scores are at hand.
  fileprivate var studyNames: [String]? { studies.isEmpty ? nil : studies.map(\.id) }

  /// A sentence about annotations that lie in the tree, too, and were not audited.
  fileprivate func hint(_ verb: String) -> String? {
    isBesideAnnotations
      ? "annotations lie in this tree, too: cac coca \(verb) on their folder looks at them" : nil
  }

  /// A sentence for an audit of the gated half, in whose tree this half lies, too.
  func hintBesideGated(_ verb: String) -> String {
    "the non-gated half lies in this tree, too: cac coca \(verb) on \(folder.lastPathComponent) "
      + "looks at it"
  }
}
