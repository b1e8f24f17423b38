// SPDX-License-Identifier: Apache-2.0
import COCA
import DICOM
import Foundation
import Volume

/// The DICOM files of one COCA subject, sorted into series.
struct SubjectScan: Sendable {
  /// The series that could be volumes.
  let series: [DICOMSeries]
  /// The files that are no usable slice.
  let faults: FileFaults
  /// The number of slices whose file names do not end in `.dcm`.
  let filesWithoutEnding: Int

  /// Reads the headers below a folder.
  init(folder: URL) throws {
    let catalogue = try DICOMCatalogue.scan(folder)
    series = catalogue.series
    var counts: [FileFaults.Kind: Int] = [:]
    for file in catalogue.skipped { counts[Self.kind(of: file), default: 0] += 1 }
    let slices = catalogue.series.flatMap(\.files)
    counts[.truncated, default: 0] += slices.count { $0.missingByteCount > 0 }
    faults = FileFaults(counts)
    filesWithoutEnding = slices.count { !Self.isNamedDICOM($0.url.path) }
  }

  private static func kind(of file: SkippedFile) -> FileFaults.Kind {
    switch file.code {
    case .empty: .empty
    case .damaged: .damaged
    case .denied: .denied
    case .brokenLink: .brokenLink
    case .copy: .copy
    case .notDICOM: isNamedDICOM(file.path) ? .notDICOM : .foreign
    default: .foreign
    }
  }

  private static func isNamedDICOM(_ path: String) -> Bool { path.lowercased().hasSuffix(".dcm") }

  /// What the audit needs to know of a series.
  static func outline(_ series: DICOMSeries, in folder: URL) -> SeriesSummary {
    SeriesSummary(
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
