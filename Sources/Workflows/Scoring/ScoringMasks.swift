// SPDX-License-Identifier: Apache-2.0
import Agatston
import Files
import Foundation
import Studies
import Volume
import Workflow

/// The mask files of scans: one file for one scan, or a folder with a mask for each scan.
struct ScoringMasks {
  private enum Source {
    case folder(URL)
    case file(URL)
  }

  private let source: Source

  /// Looks for the masks; throws where one file is given for several scans, or does not exist.
  init(_ url: URL, scans: [Scan]) throws {
    if Folder.isFolder(url) {
      source = .folder(url)
    } else {
      guard scans.count == 1 else {
        throw WorkflowError(
          .invalid,
          "\(url.path): one mask for \(scans.count) scans; name the folder with their masks")
      }
      guard Folder.isFile(url) else { throw WorkflowError(.missing, "\(url.path): no such mask") }
      source = .file(url)
    }
  }

  /// Reads the mask of a scan; throws where the folder has none, or several.
  func mask(for id: String) throws -> Volume<UInt8> {
    switch source {
    case .file(let url): return try LabelFile.read(url)
    case .folder(let folder):
      guard let file = try LabelFile.find(id, in: folder) else {
        throw WorkflowError(.missing, "\(folder.path): holds no mask \(id).nii.gz or alike")
      }
      return try LabelFile.read(file)
    }
  }
}
