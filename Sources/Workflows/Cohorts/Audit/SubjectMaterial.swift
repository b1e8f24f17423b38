// SPDX-License-Identifier: Apache-2.0
import COCA
import DICOM
import Files
import Foundation
import Volume
import Workflow

/// One subject after its audit, with the annotation and the CT that were read for it.
struct SubjectMaterial: Sendable {
  /// The findings.
  let audit: SubjectAudit
  /// The annotation; `nil` where there is none that can be read.
  let annotation: Annotation?
  /// The CT of the series that the audit chose.
  let ct: CTSeries?

  /// Audits one subject, whose annotation has been read; the series are read here.
  ///
  /// At most one volume is held at a time, however many series there are.
  init(
    _ subject: SubjectLocation, annotation: Result<Annotation, COCAError>?,
    reading options: DICOMReadOptions = .init(), isGated: Bool = true
  ) {
    var scan: SubjectScan?
    var problem: String?
    do {
      scan = try subject.dicomFolder.map { try SubjectScan(folder: $0) }
    } catch let error as FileError {
      problem = error.detail
    } catch {
      problem = "\(error)"
    }
    let folder = subject.dicomFolder ?? URL(fileURLWithPath: "/")
    let series = scan?.series ?? []
    var held: (id: String, ct: CTSeries)?
    let audit = AuditSubject(
      id: subject.id, annotation: annotation,
      series: series.map { SubjectScan.outline($0, in: folder) }, folders: subject.seriesFolders,
      faults: scan?.faults ?? .init(), filesWithoutEnding: scan?.filesWithoutEnding ?? 0,
      folderProblem: problem, isGated: isGated
    ).audit { outline in
      guard let chosen = series.first(where: { $0.id == outline.uid }) else { return nil }
      held = nil
      let ct = try Self.read(chosen, options)
      held = (chosen.id, ct)
      return ct.volume
    }
    self.audit = audit
    self.annotation = try? annotation?.get()
    if let uid = audit.series?.uid, held?.id != uid {
      ct = series.first { $0.id == uid }.flatMap { try? DICOMReader.read($0, options: options) }
    } else {
      ct = held?.ct
    }
  }

  /// Reads a series; an error about a file names it without the folders of this machine.
  private static func read(
    _ series: DICOMSeries, _ options: DICOMReadOptions
  ) throws -> CTSeries {
    do {
      return try DICOMReader.read(series, options: options)
    } catch let error as DICOMError where error.concernsFile {
      throw WorkflowError(
        .invalid, "\(URL(fileURLWithPath: error.subject).lastPathComponent) \(error.detail)")
    }
  }
}
