// SPDX-License-Identifier: Apache-2.0
import Agatston
import Files
import Foundation
import Studies
import Volume
import Workflow

/// What the values of masks mean, or that the masks themselves decide.
package enum MaskLabels: String, CaseIterable, Sendable {
  /// Arteries if any mask of the folder has a label above 1, else calcium of no known artery.
  case auto
  /// Any value but 0 is calcium.
  case calcium
  /// 1 LM, 2 LAD, 3 LCX, 4 RCA.
  case arteries

  /// The meaning with which scores are computed; only the names of their parts depend on it.
  var meaning: MaskMeaning { self == .calcium ? .calcium : .arteries }
}

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
