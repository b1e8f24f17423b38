// SPDX-License-Identifier: Apache-2.0
import Agatston
import Files
package import Foundation
package import Studies
import Text
package import Volume
import Workflow

/// The mask files of scans: one file for one scan, or a folder with a mask for each scan.
package struct ScoringMasks: Sendable {
  private enum Source: Sendable {
    case folder(URL)
    case file(URL)
  }

  private let source: Source

  /// Looks for the masks; throws where one file is given for several scans, or does not exist.
  package init(_ url: URL, scans: [Scan]) throws {
    if Folder.isFolder(url) {
      source = .folder(url)
    } else {
      guard scans.count == 1 else {
        throw WorkflowError(
          .invalid,
          "\(url.path): one mask for \(counted(scans.count, "scan")); name the folder with their masks"
        )
      }
      guard Folder.isFile(url) else { throw WorkflowError(.missing, "\(url.path): no such mask") }
      source = .file(url)
    }
  }

  /// Reads the mask of a scan on the scan's grid; throws where the folder has none, or several.
  ///
  /// The axes of a mask are put into axial order, as those of the scan were. A segmentation of 3D
  /// Slicer may be cropped to its segments; elsewhere it holds no calcium. A Segmentation of DICOM says
  /// where its frames lie. Any other mask on another
  /// grid is somebody else's.
  package func mask(for id: String, on grid: Geometry) throws -> Volume<UInt8> {
    let url = try file(of: id)
    if DICOMSegmentation.isDICOM(url) {
      InputFiles.record(url)
      return try DICOMSegmentation(url).mask(on: grid)
    }
    let mask = try LabelFile.read(url).axial
    guard LabelFile.isSlicerSegmentation(url), mask.extent != grid.extent else { return mask }
    return mask.padded(to: grid, with: 0) ?? mask
  }

  private func file(of id: String) throws -> URL {
    switch source {
    case .file(let url): return url
    case .folder(let folder):
      let objects = ["\(id).dcm", "\(id).seg.dcm"].map { folder.appendingPathComponent($0) }
      guard let file = try LabelFile.find(id, in: folder) ?? objects.first(where: Folder.isFile)
      else {
        throw WorkflowError(.missing, "\(folder.path): holds no mask \(id).nii.gz or alike")
      }
      return file
    }
  }
}
