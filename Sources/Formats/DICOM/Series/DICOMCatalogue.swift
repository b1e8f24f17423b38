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
  }

  /// What kind of file it is.
  public let code: Code
  /// The file.
  public let path: String
  /// Why it was skipped; reads after the path, as in "is a localizer (scout)".
  public let reason: String
  /// The series that it belongs to, where its header could be read.
  public let seriesUID: String?

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
  /// Only headers are read. Slices are grouped by SeriesInstanceUID; slices of one series that
  /// differ in size, pixel spacing or orientation, and frames of several stacks or times, form groups
  /// of their own. Names that begin with a dot are passed over, and so is a DICOMDIR: what it lists is
  /// found without it. A folder without a CT series gives an empty catalogue. A single file, as of a
  /// multi-frame CT, may stand for a folder.
  ///
  /// `progress` is called with the number of files read so far.
  ///
  /// - Throws: `FileError` where a folder cannot be read.
  public static func scan(
    _ folder: URL, progress: ((Int) -> Void)? = nil
  ) throws -> DICOMCatalogue {
    var groups: [String: [[SliceHeader]]] = [:]
    var firstFiles: [String: URL] = [:]
    var skipped: [SkippedFile] = []
    var count = 0
    var visited: Set<String> = []

    func visit(_ url: URL) throws {
      // A link to a folder above would lead around in circles.
      guard visited.insert(url.resolvingSymlinksInPath().path).inserted else { return }
      for name in try Folder.names(in: url) {
        let child = url.appendingPathComponent(name)
        if Folder.isFolder(child) {
          try visit(child)
        } else if Folder.isFile(child) {
          look(at: child)
          count += 1
          progress?(count)
        }
      }
    }

    func look(at url: URL) {
      func skip(_ code: SkippedFile.Code, _ reason: String, _ uid: String? = nil) {
        skipped.append(SkippedFile(code: code, path: url.path, reason: reason, seriesUID: uid))
      }
      do {
        let headers = try HeaderReader.read(url)
        guard let instance = headers.first?.file.instanceUID else { return }
        if !instance.isEmpty, let first = firstFiles[instance] {
          return skip(.copy, "is a copy of \(first.path) (same SOPInstanceUID)")
        }
        firstFiles[instance] = url
        for header in headers { add(header) }
      } catch let error as NotASlice {
        skip(error.code, error.reason, error.seriesUID)
      } catch {
        skip(.denied, "cannot be read; check the rights")
      }
    }

    func add(_ header: SliceHeader) {
      let uid = header.seriesUID
      if let i = groups[uid]?.firstIndex(where: { $0.first.map(header.isAlike) == true }) {
        groups[uid]?[i].append(header)
      } else {
        groups[uid, default: []].append([header])
      }
    }

    if Folder.isFile(folder) { look(at: folder) } else { try visit(folder) }
    let series = groups.keys.sorted().flatMap { uid in
      (groups[uid] ?? []).enumerated().map { part, headers in
        DICOMSeries(uid: uid, part: part, headers: headers)
      }
    }
    return DICOMCatalogue(folder: folder, series: series, skipped: skipped)
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
      [.damaged, .empty, .denied, .noPixels].contains($0.code)
        && ($0.seriesUID == nil || $0.seriesUID == series.uid)
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
