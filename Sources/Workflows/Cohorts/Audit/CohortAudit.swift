// SPDX-License-Identifier: Apache-2.0
import COCA
import Concurrency
import Files
package import Foundation
package import Studies
import Text
package import Workflow

/// The check of every subject of a COCA tree, which changes no file.
///
/// ```swift
/// let audit = try await CohortAudit.run(root: release, jobs: 2) { print($0) }
/// print(audit.table)
/// ```
package struct CohortAudit: Sendable {
  private let report: AuditReport
  /// A sentence about the other half of the release, where it lies in the tree, too.
  private let hint: String?

  init(report: AuditReport, hint: String? = nil) {
    self.report = report
    self.hint = hint
  }

  /// Checks all subjects, `jobs` at a time, with their CT where they have one.
  ///
  /// In a tree that leads to COCA's non-gated half, and not to the gated scans, the table of scores
  /// is checked, too.
  ///
  /// - Throws: `WorkflowError` where the tree holds neither annotations nor series.
  package static func run(
    root: URL, jobs: Int, dicom: DICOMInput = .init(), progress: @escaping ProgressHandler
  ) async throws -> CohortAudit {
    let half = try NonGatedHalf.find(root)
    if let half, !half.isBesideGatedScans {
      return try await run(half, jobs: jobs, dicom: dicom, progress: progress)
    }
    let subjects = try COCATree.discover(root)
    let counter = ProgressCounter("audit", total: subjects.count, handler: progress)
    let audits = await subjects.concurrentMap(width: jobs) { subject in
      let audit = AuditedSubject(
        subject, annotation: subject.readAnnotation(), reading: dicom.reading
      ).audit
      await counter.advance("subject \(subject.id)")
      return audit
    }
    guard audits.contains(where: { $0.annotation || $0.series != nil }) else {
      throw WorkflowError(
        .missing,
        "\(root.path): holds neither annotations nor CT series; name the folder of a COCA release")
    }
    return CohortAudit(report: AuditReport(audits), hint: half?.hintBesideGated("audit"))
  }

  /// Subjects that cannot be used, with the reason.
  ///
  /// In a tree without any series only the annotations are audited; that they lack a CT is no
  /// reason then.
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

  /// The findings for a terminal: each with its subject, then how often each kind occurs.
  package var table: String {
    var lines: [String] = []
    var counts: [FindingCode: Int] = [:]
    for finding in (report.scores?.anomalies ?? []) + (report.scores?.notes ?? []) {
      lines.append("\(ScoresFile.usualName)  \(finding.code.rawValue): \(finding.detail)")
    }
    var findings = FindingLines()
    for subject in report.subjects {
      for code in Set(subject.anomalies.map(\.code)) { counts[code, default: 0] += 1 }
      for anomaly in subject.anomalies
      where !(isAnnotationsOnly && anomaly.code == .annotationWithoutDICOM) {
        findings.add(anomaly, of: subject.id)
      }
    }
    lines += findings.lines(full: "--json lists all")
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
        "\(counted(scores.rows, "row")) of scores, \(counted(studies, "study", "studies")); "
          + "\(counted(totals.usable, "subject")) usable")
      return lines.joined(separator: "\n")
    }
    lines.append(
      "\(counted(totals.subjects, "subject")), \(totals.usable) usable; "
        + "\(counted(totals.rois, "ROI")), "
        + "\(totals.countExact) with the exact pixel count, "
        + "\(totals.statisticsExact) with exact statistics")
    return lines.joined(separator: "\n")
  }
}

extension SubjectAudit {
  /// Whether the subject is only a number that is missing among the ids, so that nobody is left
  /// out.
  fileprivate var isAbsent: Bool { series == nil && anomalies.map(\.code) == [.missingID] }

  /// Whether nothing is wrong except that there is no series.
  fileprivate var isSound: Bool { anomalies.allSatisfy { !Self.blocking.contains($0.code) } }

  /// The findings that make an annotation useless even without a CT.
  private static let blocking: Set<FindingCode> = [
    .emptySubject, .unreadableAnnotation, .emptyAnnotation, .brokenRegion, .unknownArtery,
    .unreadableFolder,
  ]

  /// The anomalies as codes and sentences.
  var reasons: String {
    anomalies.map { "\($0.code.rawValue): \($0.detail)" }.joined(separator: "; ")
  }
}
