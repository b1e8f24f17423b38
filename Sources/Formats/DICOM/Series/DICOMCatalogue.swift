// SPDX-License-Identifier: Apache-2.0
import Files
public import Foundation
import Text
import Volume

/// A file of a folder that is no slice of a CT series, and why.
public struct SkippedFile: Sendable, Hashable, CustomStringConvertible {
  /// What kind of file it is.
  public enum Code: String, Sendable, Hashable, Codable {
    /// It has no bytes.
    case empty
    /// It is no DICOM file.
    case notDICOM = "not-dicom"
    /// It is a DICOM file with a broken structure or without what a slice needs.
    case damaged
    /// It holds no pixels.
    case noPixels = "no-pixels"
    /// It is an image of another kind: a scout, a colour image, another modality.
    case notCT = "not-ct"
    /// It is a copy of a slice that was found before.
    case copy
    /// It may not be read.
    case denied
    /// It is a link to nothing.
    case brokenLink = "broken-link"
    /// It is no file: a socket, a pipe or a device.
    case notAFile = "not-a-file"
  }

  /// What kind of file it is.
  public let code: Code
  /// The file.
  public let path: String
  /// Why it was skipped; reads after the path, as in "is a localizer (scout)".
  public let reason: String
  /// The series that it belongs to, where its header could be read.
  public let seriesUID: String?

  /// Whether it may be a slice that was meant to be read: its bytes or its rights are at fault.
  public var mayBeSlice: Bool {
    [.damaged, .empty, .denied, .noPixels, .brokenLink].contains(code)
  }

  /// The path and the reason.
  public var description: String { "\(path): \(reason)" }
}

/// The CT series below a folder, found by their headers.
///
/// ```swift
/// let catalogue = try DICOMCatalogue.scan(folder)
/// let ct = try DICOMReader.read(catalogue.oneSeries(), of: catalogue)
/// ```
public struct DICOMCatalogue: Sendable {
  /// The folder that was looked through.
  public let folder: URL
  /// The series, sorted by identifier.
  public let series: [DICOMSeries]
  /// Files that are no slice of a series, in the order of their paths.
  public let skipped: [SkippedFile]

  /// Looks through a folder of any depth and shape; file names and endings do not matter.
  ///
  /// Only headers are read. Slices are grouped by SeriesInstanceUID, and where headers have none by
  /// folder, series number, kind of image and kernel (`CTSeries.Note.Code.noSeriesUID`); slices of one
  /// series that differ in size, pixel spacing or orientation, and frames of several stacks or times,
  /// form groups of their own. A file is a copy of another one where identifier, position and pixels
  /// agree. Names that begin with a dot are passed over, and so is a DICOMDIR: what it lists is
  /// found without it. A folder without a CT series gives an empty catalogue. A single file, as of a
  /// multi-frame CT, may stand for a folder.
  ///
  /// `progress` is called with the number of files read so far.
  ///
  /// - Throws: `FileError` where a folder cannot be read.
  public static func scan(
    _ folder: URL, progress: ((Int) -> Void)? = nil
  ) throws -> DICOMCatalogue {
    var scanner = CatalogueScanner(progress: progress)
    try scanner.scan(folder)
    return DICOMCatalogue(folder: folder, series: scanner.series, skipped: scanner.skipped)
  }

  /// The series with an identifier, or the only one where none is given.
  ///
  /// - Throws: `DICOMError` that says why there is no series, or lists those that there are.
  public func oneSeries(id: String? = nil) throws(DICOMError) -> DICOMSeries {
    if let id {
      if let match = series.first(where: { $0.id == id }) { return match }
      throw DICOMError(
        .unknownSeries, subject: folder.path, detail: "holds no CT series \(id)\(listing)")
    }
    guard let first = series.first else {
      throw DICOMError(.noSeries, subject: folder.path, detail: "holds no CT series\(summary)")
    }
    guard series.count == 1 else {
      throw DICOMError(
        .severalSeries, subject: folder.path,
        detail: "holds \(series.count) CT series; name one of them or give its folder\(listing)")
    }
    return first
  }

  /// Files in the folders of a series that cannot be read and may be slices of it.
  func unreadable(beside series: DICOMSeries) -> [SkippedFile] {
    let suspects = skipped.filter {
      $0.mayBeSlice && ($0.seriesUID == nil || $0.seriesUID == series.uid)
    }
    if suspects.isEmpty { return [] }
    let folders = Set(series.files.map { $0.url.deletingLastPathComponent().path })
    return suspects.filter {
      folders.contains(URL(fileURLWithPath: $0.path).deletingLastPathComponent().path)
    }
  }

  private var listing: String {
    series.isEmpty ? summary : ": " + series.map(\.description).joined(separator: "; ")
  }

  var summary: String {
    guard let first = skipped.first else { return "; it is empty" }
    let name = URL(fileURLWithPath: first.path).lastPathComponent
    return
      "; \(counted(skipped.count, "file was", "files were")) passed over, the first: \(name) \(first.reason)"
  }
}
