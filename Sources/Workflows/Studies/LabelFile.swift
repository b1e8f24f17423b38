// SPDX-License-Identifier: Apache-2.0
import Files
package import Foundation
import Images
import NIfTI
package import NNUNet
package import Volume
import Workflow

/// Label maps in all formats of nnU-Net, told apart by their file's name.
///
/// Whoever compares, merges or mends label maps by folder reads and writes them here, so that a data
/// set's `file_ending` holds from the images to the last summary.
package enum LabelFile {
  /// The endings of files that may hold a label map, longer ones first.
  static let endings = [".nii.gz", ".nii"] + ImageFile.endings

  /// The ending of a file's name as it is written there, or `nil` where it is none of `endings`.
  package static func ending(of name: String) -> String? {
    let small = name.lowercased()
    return endings.first { small.hasSuffix($0) }.map { String(name.suffix($0.count)) }
  }

  /// The name without its ending.
  package static func stem(of name: String) -> String {
    String(name.dropLast(ending(of: name)?.count ?? 0))
  }

  /// The file of a name without ending in a folder, or `nil`; two of them are an error, for nobody
  /// knows which is meant.
  package static func find(_ stem: String, in folder: URL) throws -> URL? {
    let found = endings.map { folder.appendingPathComponent(stem + $0) }.filter(Folder.isFile)
    if found.count > 1 {
      throw WorkflowError(
        "\(folder.path): holds \(found[0].lastPathComponent) and \(found[1].lastPathComponent); "
          + "remove the one that is not meant")
    }
    return found.first
  }

  /// Reads a label map of at most 255 labels.
  package static func read(_ url: URL) throws -> Volume<UInt8> {
    if Scan.isNIfTI(url.lastPathComponent.lowercased()) { return try NIfTIFile.read(url) }
    let values = try floats(url)
    if let bad = values.voxels.first(where: { !($0 >= 0 && $0 <= 255 && $0.rounded() == $0) }) {
      throw WorkflowError(
        "\(url.path): holds \(bad); a label map holds whole numbers from 0 to 255")
    }
    return values.map { UInt8($0) }
  }

  /// Reads the values of a label map as they are.
  package static func floats(_ url: URL) throws -> Volume<Float> {
    let name = url.lastPathComponent.lowercased()
    if Scan.isNIfTI(name) { return try ImageReader.nibabel.labels(of: url) }
    if name.hasSuffix(".tiff") { return try ImageReader.tiffStack.labels(of: url) }
    if name.hasSuffix(".tif") {
      // Only the file itself tells a picture from a stack.
      if let picture = try? ImageReader.picture.labels(of: url) { return picture }
      return try ImageReader.tiffStack.labels(of: url)
    }
    let isPicture = [".png", ".bmp"].contains { name.hasSuffix($0) }
    return try (isPicture ? ImageReader.picture : .itk).labels(of: url)
  }

  /// Where the voxels of a label map lie.
  package static func geometry(of url: URL) throws -> Geometry {
    guard Scan.isNIfTI(url.lastPathComponent.lowercased()) else { return try floats(url).geometry }
    let header = try NIfTIFile.header(of: url)
    var geometry = header.geometry
    if header.isPlane {
      geometry.spacing.z = Geometry.planeDistance(geometry.spacing.x, geometry.spacing.y)
    }
    return geometry
  }

  /// Writes a label map as nnU-Net does in that format, complete or not at all.
  package static func write(_ map: LabelMap, to url: URL) throws {
    let writer = writer(of: url, map.geometry)
    switch map {
    case .bytes(let volume): try writer.write(volume, to: url)
    case .words(let volume): try writer.write(volume, to: url)
    }
  }

  /// The files of a label map: beside a stack lies one with its spacing.
  package static func files(of url: URL) -> [URL] {
    guard ["tif", "tiff"].contains(url.pathExtension.lowercased()) else { return [url] }
    let side = url.deletingPathExtension().appendingPathExtension("json")
    return Folder.isFile(side) ? [url, side] : [url]
  }

  private static func writer(of url: URL, _ geometry: Geometry) -> ImageReader {
    let name = url.lastPathComponent.lowercased()
    let isTIFF = name.hasSuffix(".tif") || name.hasSuffix(".tiff")
    // Pictures have this spacing and no other, as in nnU-Net.
    let isPicture = geometry.extent.slices == 1 && geometry.spacing == [1, 1, 999]
    if isTIFF { return isPicture && name.hasSuffix(".tif") ? .picture : .tiffStack }
    return .itk
  }
}
