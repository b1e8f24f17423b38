// SPDX-License-Identifier: Apache-2.0
import Agatston
import Files
import Foundation
import Studies
import Volume
import Workflow

/// What the values of masks mean, or that they shall tell themselves.
package enum MaskLabels: String, CaseIterable, Sendable {
  /// Arteries if any mask of the folder has a label above 1, else calcium of no known artery.
  case auto
  /// Any value but 0 is calcium.
  case calcium
  /// 1 LM, 2 LAD, 3 LCX, 4 RCA.
  case arteries

  /// What a score is made with; only the names of its parts depend on it.
  var meaning: MaskMeaning { self == .calcium ? .calcium : .arteries }
}

/// Masks for scans, each read once: one file, or a folder with one for each scan.
struct ScoringMasks {
  private let files: [String: URL]
  let labels: MaskLabels
  /// Whether a mask that was scored uses the labels of the arteries; a folder has one meaning.
  private(set) var hasArteries = false

  init(_ url: URL, scans: [Scan], labels: MaskLabels) throws {
    self.labels = labels
    if Folder.isFolder(url) {
      files = Dictionary(
        try Folder.names(in: url).filter { LabelFile.ending(of: $0) != nil }.map {
          (LabelFile.stem(of: $0), url.appendingPathComponent($0))
        }, uniquingKeysWith: { first, _ in first })
    } else {
      guard scans.count == 1 else {
        throw WorkflowError(
          "\(url.path): one mask for \(scans.count) scans; name the folder with their masks")
      }
      guard Folder.isFile(url) else { throw WorkflowError("\(url.path): no such mask") }
      files = [scans[0].id: url]
    }
  }

  /// Reads the mask of a scan.
  func mask(for id: String) throws -> Volume<UInt8> {
    guard let file = files[id] else {
      throw WorkflowError("no mask \(id).nii.gz")
    }
    return try LabelFile.read(file)
  }

  /// Remembers the labels of a mask that was scored.
  mutating func note(_ mask: Volume<UInt8>) {
    if labels == .auto, !hasArteries { hasArteries = mask.voxels.contains { $0 > 1 } }
  }

  /// Whether scores made with `labels.meaning` have to drop their arteries, now that all are read.
  var isCalciumOnly: Bool { labels == .auto && !hasArteries }
}
