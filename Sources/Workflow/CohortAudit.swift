// SPDX-License-Identifier: Apache-2.0
import COCA
import DICOM
import Files
package import Foundation
import Volume

/// The check of every subject of a COCA tree; changes nothing.
package struct CohortAudit: Sendable {
  private let report: AuditReport

  /// Checks all subjects, `jobs` at a time; with CT where there is one.
  package static func run(
    root: URL, jobs: Int, dicom: DICOMInput = .init(), progress: @escaping ProgressHandler
  ) async throws -> CohortAudit {
    let subjects = try COCATree.discover(root)
    let counter = ProgressCounter("audit", total: subjects.count, handler: progress)
    let audits = try await subjects.concurrentMap(width: jobs) { subject in
      let audit = audit(subject, dicom: dicom).audit
      await counter.advance("subject \(subject.id)")
      return audit
    }
    guard audits.contains(where: { $0.annotation || $0.series != nil }) else {
      throw WorkflowError(
        "\(root.path): holds neither annotations nor CT series; name the folder of a COCA release")
    }
    return CohortAudit(report: AuditReport(audits))
  }

  /// One subject: its audit, the annotation, and the CT of the series that the audit chose.
  static func audit(
    _ subject: SubjectLocation, dicom: DICOMInput = .init()
  ) -> SubjectMaterial {
    let annotation = subject.annotation.map { url -> Result<Annotation, COCAError> in
      do {
        return .success(try Annotation(contentsOf: url))
      } catch let error as COCAError {
        return .failure(error)
      } catch {
        return .failure(COCAError(.structure, path: url.path, detail: "\(error)"))
      }
    }
    let scan = subject.dicomFolder.flatMap { try? SubjectScan(folder: $0) }
    let folder = subject.dicomFolder ?? URL(fileURLWithPath: "/")
    let outlines = scan?.series.map { SubjectScan.outline($0, in: folder) } ?? []
    var volumes: [String: CTSeries] = [:]
    let audit = AuditSubject(
      id: subject.id, annotation: annotation, series: outlines, folders: subject.seriesFolders,
      unreadableFiles: scan?.skipped.count ?? 0
    ).audit { outline in
      guard let series = scan?.series.first(where: { $0.id == outline.uid }) else { return nil }
      let ct = try DICOMReader.read(series, options: dicom.reading)
      volumes[outline.uid] = ct
      return ct.volume
    }
    return SubjectMaterial(
      audit: audit, annotation: try? annotation?.get(),
      ct: audit.series.flatMap { volumes[$0.uid] })
  }

  /// Subjects that cannot be used, with the reason.
  package var leftOut: [LeftOut] {
    report.subjects.filter { !$0.usable }.map { subject in
      LeftOut(
        subject: subject.id,
        reason: subject.anomalies.map { "\($0.code.rawValue): \($0.detail)" }
          .joined(separator: "; "))
    }
  }

  /// Writes the audit as JSON.
  package func write(to url: URL) throws { try JSONFile.write(report, to: url) }

  /// The findings for a terminal.
  package var table: String {
    var lines: [String] = []
    for subject in report.subjects where !subject.anomalies.isEmpty {
      for anomaly in subject.anomalies {
        lines.append("\(subject.id)  \(anomaly.code.rawValue): \(anomaly.detail)")
      }
    }
    let totals = report.totals
    lines.append(
      "\(totals.subjects) subjects, \(totals.usable) usable; \(totals.rois) ROIs, "
        + "\(totals.countExact) with the exact pixel count, "
        + "\(totals.statisticsExact) with exact statistics")
    return lines.joined(separator: "\n")
  }
}

/// What is known of one subject after its audit.
struct SubjectMaterial: Sendable {
  let audit: SubjectAudit
  let annotation: Annotation?
  let ct: CTSeries?
}
