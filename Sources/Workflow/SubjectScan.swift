// SPDX-License-Identifier: Apache-2.0
import COCA
import DICOM
import Foundation
import Volume

/// The DICOM files of one COCA subject, sorted into series.
struct SubjectScan: Sendable {
  /// The series that could be volumes.
  let series: [DICOMSeries]
  /// Files that are no part of any.
  let skipped: [SkippedFile]

  /// Reads the headers below a folder.
  init(folder: URL) throws {
    let catalogue = try DICOMCatalogue.scan(folder)
    series = catalogue.series
    skipped = catalogue.skipped
  }

  /// What the audit needs to know of a series.
  static func outline(_ series: DICOMSeries, in folder: URL) -> SeriesOutline {
    SeriesOutline(
      uid: series.id,
      folder: series.files.first.map { relative($0.url.deletingLastPathComponent(), to: folder) }
        ?? "",
      positions: series.files.map(\.origin), direction: series.direction,
      pixelSpacing: series.pixelSpacing, rows: series.rows, columns: series.columns,
      thickness: series.acquisition.sliceThickness, kilovolts: series.acquisition.kilovolts,
      kernel: series.acquisition.kernel)
  }

  private static func relative(_ url: URL, to folder: URL) -> String {
    let (inner, outer) = (url.standardizedFileURL.path, folder.standardizedFileURL.path)
    return inner.hasPrefix(outer + "/") ? String(inner.dropFirst(outer.count + 1)) : ""
  }
}
