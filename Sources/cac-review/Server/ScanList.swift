// SPDX-License-Identifier: Apache-2.0
import Files
import Foundation
import ReviewArguments
import Scoring
import Studies
import Workflow

/// The scans that the arguments name, each name once.
struct ScanList: Sendable {
  let scans: [Scan]
  /// One sentence for each file or folder that is no scan.
  let remarks: [String]

  init(_ arguments: ReviewedScans) throws {
    var scans: [Scan] = []
    var remarks: [String] = []
    for text in arguments.studies {
      for folder in Self.imageFolders(path(text)) {
        let found = try ScanSearch(folder)
        scans += found.scans
        remarks += found.unused.filter { $0.leftOut != nil }.map { "\($0.path) \($0.reason)" }
      }
    }
    var seen: Set<String> = []
    for scan in scans where !seen.insert(scan.id).inserted {
      throw WorkflowError(
        .invalid, "two scans would be called \(scan.id); rename one of them, or name one alone")
    }
    guard !scans.isEmpty else {
      throw WorkflowError(
        .missing,
        "\(arguments.studies.joined(separator: " ")): holds no scan; name a DICOM study or an image file"
      )
    }
    self.scans = scans
    self.remarks = remarks
  }

  /// The images of an nnU-Net data set where the path is one, else the path.
  private static func imageFolders(_ url: URL) -> [URL] {
    guard Folder.isFile(url.appendingPathComponent("dataset.json")) else { return [url] }
    let folders = ["imagesTr", "imagesTs"].map { url.appendingPathComponent($0) }
      .filter(Folder.isFolder)
    return folders.isEmpty ? [url] : folders
  }
}

extension ReviewedScans {
  /// How the scans are scored.
  var request: ScoringRequest {
    var request = ScoringRequest(input: path(studies[0]))
    request.kv = kv
    request.kvTable = kvTable
    request.forceThreshold = forceThreshold
    request.convention = convention
    request.dicom.series = series
    return request
  }
}
