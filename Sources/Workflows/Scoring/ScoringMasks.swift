// SPDX-License-Identifier: Apache-2.0
import Agatston
import Files
import Foundation
import Studies
import Volume
import Workflow

/// Masks for scans, each read once: one file, or a folder with one for each scan.
struct ScoringMasks {
  private let files: [String: URL]
  /// What the values mean; `nil` where the masks themselves tell: arteries if any of the folder has
  /// a label above 1, else calcium of no known artery.
  private let labels: MaskLabels?
  /// Whether a mask that was scored uses the labels of the arteries; a folder has one meaning.
  private(set) var hasArteries = false

  init(_ url: URL, scans: [Scan], labels: MaskLabels?) throws {
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

  /// What a score is made with while masks are still to be read; only the names of its parts depend
  /// on it, so that arteries can be dropped in the end.
  var assumedLabels: MaskLabels { labels ?? .arteries }

  /// Reads the mask of a scan.
  func mask(for id: String) throws -> Volume<UInt8> {
    guard let file = files[id] else {
      throw WorkflowError("no mask \(id).nii.gz")
    }
    return try LabelFile.read(file)
  }

  /// Remembers the labels of a mask that was scored.
  mutating func note(_ mask: Volume<UInt8>) {
    if labels == nil, !hasArteries { hasArteries = mask.voxels.contains { $0 > 1 } }
  }

  /// Whether scores made with `assumedLabels` have to drop their arteries, now that all are read.
  var isCalciumOnly: Bool { labels == nil && !hasArteries }
}
