// SPDX-License-Identifier: Apache-2.0
import Files
public import Foundation

extension DICOMCatalogue {
  /// Whether a file begins as DICOM files do; only its first bytes are read.
  ///
  /// A file that may not be read counts as none.
  public static func isDICOM(_ url: URL) -> Bool {
    guard let file = try? FileReader(url), let bytes = try? file.beginning(132) else {
      return false
    }
    return bytes.withUnsafeBytes { DataSet.start($0) } != nil
  }

  /// Whether a folder, or one below it, holds a DICOM file; the first one ends the search.
  ///
  /// Folders that cannot be read count as holding none.
  public static func holdsDICOM(_ folder: URL, depth: Int = 6) -> Bool {
    guard let entries = try? Folder.entries(in: folder) else { return false }
    if entries.contains(where: {
      $0.kind == .file && isDICOM(folder.appendingPathComponent($0.name))
    }) {
      return true
    }
    return depth > 0
      && entries.contains {
        $0.kind == .folder && holdsDICOM(folder.appendingPathComponent($0.name), depth: depth - 1)
      }
  }
}
