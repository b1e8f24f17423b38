// SPDX-License-Identifier: Apache-2.0
import Agatston
import Files
import Foundation
import Studies
import Volume
import Workflow

/// The mask files of scans: one file for one scan, or a folder with a mask for each scan.
struct ScoringMasks {
  /// The files by the scans' identifiers.
  private let files: [String: URL]

  /// Looks for the masks; throws where one file is given for several scans, or does not exist.
  init(_ url: URL, scans: [Scan]) throws {
    if Folder.isFolder(url) {
      files = Dictionary(
        try Folder.names(in: url).filter { LabelFile.ending(of: $0) != nil }.map {
          (LabelFile.stem(of: $0), url.appendingPathComponent($0))
        }, uniquingKeysWith: { first, _ in first })
    } else {
      guard scans.count == 1 else {
        throw WorkflowError(
          .invalid,
          "\(url.path): one mask for \(scans.count) scans; name the folder with their masks")
      }
      guard Folder.isFile(url) else { throw WorkflowError(.missing, "\(url.path): no such mask") }
      files = [scans[0].id: url]
    }
  }

  /// Reads the mask of a scan; throws where the folder has none.
  func mask(for id: String) throws -> Volume<UInt8> {
    guard let file = files[id] else {
      throw WorkflowError(.missing, "no mask \(id).nii.gz")
    }
    return try LabelFile.read(file)
  }
}
