// SPDX-License-Identifier: Apache-2.0
import Files
import Foundation
import Studies
import Volume
import Workflow

/// The maps of `cac explain` that the page lays over scans: one file, or a folder with a file for each.
struct ExplanationMaps: Sendable {
  private let url: URL

  /// The maps at a path; throws where there is nothing, or one file for several scans.
  init(_ url: URL, scans: [Scan]) throws {
    guard Folder.isFile(url) || Folder.isFolder(url) else {
      throw WorkflowError(.missing, "\(url.path): no such map")
    }
    guard Folder.isFolder(url) || scans.count == 1 else {
      throw WorkflowError(
        .invalid,
        "\(url.path): one map for \(scans.count) scans; name the folder with a map for each")
    }
    self.url = url
  }

  /// The map of a scan on its grid, its absolute values from 0 to 255; `nil` where there is none.
  func map(for id: String, on grid: Geometry) throws -> Volume<Int16>? {
    var file = url
    if Folder.isFolder(url) {
      guard let found = try LabelFile.find(id, in: url) else { return nil }
      file = found
    }
    let values = try LabelFile.floats(file).axial
    if let mismatch = values.geometry.mismatch(with: grid) {
      throw WorkflowError(.invalid, "\(file.path): is no map of this scan: \(mismatch)")
    }
    let most = values.voxels.reduce(Float(0)) { $1.isFinite ? max($0, abs($1)) : $0 }
    guard most > 0 else { return values.map { _ in 0 } }
    return values.map { $0.isFinite ? Int16((abs($0) / most * 255).rounded()) : 0 }
  }
}
