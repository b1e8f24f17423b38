// SPDX-License-Identifier: Apache-2.0
import COCA
import Files
package import Foundation
package import Studies
package import Workflow

/// The check of every subject of a COCA tree; changes nothing.
package struct CohortAudit: Sendable {
  private let report: AuditReport
  /// What else lies in the tree.
  private let hint: String?

  init(report: AuditReport, hint: String? = nil) {
    self.report = report
    self.hint = hint
  }

  /// Checks all subjects, `jobs` at a time; with CT where there is one.
  ///
  /// A tree that leads to COCA's non-gated half, and not to the gated scans, has its scores checked.
  package static func run(
    root: URL, jobs: Int, dicom: DICOMInput = .init(), progress: @escaping ProgressHandler
  ) async throws -> CohortAudit {
    let half = try NonGatedHalf.find(root)
    if let half, !half.isBesideGatedScans {
      return try await run(half, jobs: jobs, dicom: dicom, progress: progress)
    }
    let subjects = try COCATree.discover(root)
    let counter = ProgressCounter("audit", total: subjects.count, handler: progress)
    let audits = try await subjects.concurrentMap(width: jobs) { subject in
      let audit = SubjectMaterial(
        subject, annotation: subject.readAnnotation(), reading: dicom.reading
      ).audit
      await counter.advance("subject \(subject.id)")
      return audit
    }
    guard audits.contains(where: { $0.annotation || $0.series != nil }) else {
      throw WorkflowError(
        "\(root.path): holds neither annotations nor CT series; name the folder of a COCA release")
    }
    return CohortAudit(report: AuditReport(audits), hint: half?.hintBesideGated("audit"))
  }

  /// Subjects that cannot be used, with the reason.
  ///
  /// A tree without any series is audited for its annotations: that they lack a CT is no reason then.
  package var leftOut: [LeftOut] {
    report.subjects.filter {
      !$0.usable && !$0.isAbsent && !(isAnnotationsOnly && $0.isSound)
    }.map { subject in
      LeftOut(subject: subject.id, reason: subject.reasons)
    }
  }

  /// Whether the tree holds annotations and not one series.
  private var isAnnotationsOnly: Bool {
    report.scores == nil && report.subjects.allSatisfy { $0.series == nil }
  }

  /// Writes the audit as JSON.
  package func write(to url: URL) throws { try JSONFile.write(report, to: url) }

  /// Up to how many subjects with the same sentence have a line each; `--json` lists all.
  private static let listed = 10
  /// How many of them are named where they share one.
  private static let named = 20

  /// The findings for a terminal: each with its subject, then how often each kind occurs.
  package var table: String {
    var lines: [String] = []
    var counts: [FindingCode: Int] = [:]
    for finding in (report.scores?.anomalies ?? []) + (report.scores?.notes ?? []) {
      lines.append("\(ScoresFile.usualName)  \(finding.code.rawValue): \(finding.detail)")
    }
    // What many subjects have in common, such as another increment, takes one line and not hundreds.
    var sharing: [String: [String]] = [:]
    var sentences: [String] = []
    for subject in report.subjects {
      for code in Set(subject.anomalies.map(\.code)) { counts[code, default: 0] += 1 }
      for anomaly in subject.anomalies
      where !(isAnnotationsOnly && anomaly.code == .annotationWithoutDICOM) {
        let sentence = "\(anomaly.code.rawValue): \(anomaly.detail)"
        if sharing[sentence] == nil { sentences.append(sentence) }
        sharing[sentence, default: []].append(subject.id)
      }
    }
    for sentence in sentences {
      let ids = sharing[sentence] ?? []
      if ids.count > Self.listed {
        let rest = ids.count - Self.named
        lines.append(
          "\(counted(ids.count, "subject"))  \(sentence) (\(ids.prefix(Self.named).joined(separator: ", "))"
            + (rest > 0 ? " and \(rest) more)" : ")"))
      } else {
        lines += ids.map { "\($0)  \(sentence)" }
      }
    }
    if !counts.isEmpty {
      var table = TextTable(["finding", "subjects"])
      for code in FindingCode.allCases {
        if let count = counts[code] { table.add([code.rawValue, "\(count)"]) }
      }
      lines.append(table.text)
    }
    if isAnnotationsOnly {
      lines.append(
        "no series in the tree: contours, figures and scores were checked, HU could not be")
    }
    let totals = report.totals
    if let hint { lines.append(hint) }
    if let scores = report.scores {
      let studies = report.subjects.count { $0.series != nil }
      if studies == 0 { lines.append("no study in the tree: the scores alone were checked") }
      lines.append(
        "\(scores.rows) rows of scores, \(studies) studies; \(totals.usable) subjects usable")
      return lines.joined(separator: "\n")
    }
    lines.append(
      "\(totals.subjects) subjects, \(totals.usable) usable; \(totals.rois) ROIs, "
        + "\(totals.countExact) with the exact pixel count, "
        + "\(totals.statisticsExact) with exact statistics")
    return lines.joined(separator: "\n")
  }
}

extension SubjectAudit {
  /// Whether it is but a number that the ids run past: nobody, who cannot be left out.
  fileprivate var isAbsent: Bool { series == nil && anomalies.map(\.code) == [.missingID] }

  /// Whether nothing is wrong but that there is no series.
  fileprivate var isSound: Bool { anomalies.allSatisfy { !Self.blocking.contains($0.code) } }

  /// What makes an annotation useless by itself.
  private static let blocking: Set<FindingCode> = [
    .emptySubject, .unreadableAnnotation, .emptyAnnotation, .brokenRegion, .unknownArtery,
    .unreadableFolder,
  ]

  /// The anomalies as codes and sentences.
  var reasons: String {
    anomalies.map { "\($0.code.rawValue): \($0.detail)" }.joined(separator: "; ")
  }
}
