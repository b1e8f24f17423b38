// SPDX-License-Identifier: Apache-2.0
import Files
package import Foundation
import Images
import NIfTI
package import NNUNet
package import Volume
import Workflow

/// Reads and writes label maps in all image formats of nnU-Net, which the file's name tells apart.
///
/// All commands that compare, average or post-process label maps by folder use it, so that a data
/// set's `file_ending` holds from its images to the last summary.
///
/// ```swift
/// if let url = try LabelFile.find("cac_0007", in: predictions) {
///   let mask = try LabelFile.read(url)
/// }
/// ```
package enum LabelFile {
  /// The endings of files that may hold a label map, longer ones first.
  static let endings = [".nii.gz", ".nii"] + ImageFile.endings

  /// Endings of files that are read, too, but not written; 3D Slicer's segmentations first.
  private static let readEndings =
    [".seg.nrrd"] + endings + ImageFile.detachedHeaders.keys.sorted() + [".hdr", ".hdr.gz"]

  /// The ending of a file's name as it is written there, or `nil` where it is none of `endings`.
  package static func ending(of name: String) -> String? {
    let lowercased = name.lowercased()
    return readEndings.first { lowercased.hasSuffix($0) }.map { String(name.suffix($0.count)) }
  }

  /// The name without its ending.
  package static func stem(of name: String) -> String {
    String(name.dropLast(ending(of: name)?.count ?? 0))
  }

  /// The label map in a folder by its name without ending, or `nil` where there is none.
  ///
  /// - Throws: `WorkflowError` where several files have the name, since it is not known which is
  ///   meant.
  package static func find(_ stem: String, in folder: URL) throws -> URL? {
    // An ending in capital letters is one, too.
    let wanted = Set(readEndings)
    let names = try Folder.names(in: folder).filter {
      $0.hasPrefix(stem) && wanted.contains($0.dropFirst(stem.count).lowercased())
    }
    let found = names.map { folder.appendingPathComponent($0) }.filter(Folder.isFile)
    if found.count > 1 {
      throw WorkflowError(
        .invalid,
        "\(folder.path): holds \(found[0].lastPathComponent) and \(found[1].lastPathComponent); "
          + "remove the one that is not meant")
    }
    return found.first
  }

  /// Reads a label map with values from 0 to 255.
  ///
  /// - Throws: `WorkflowError` for a value that is no such number; errors of the format's reader.
  package static func read(_ url: URL) throws -> Volume<UInt8> {
    InputFiles.record(url)
    let name = url.lastPathComponent.lowercased()
    if Scan.isNIfTI(name) { return try NIfTIFile.read(url) }
    let values = try floats(url)
    if let bad = values.voxels.first(where: { !($0 >= 0 && $0 <= 255 && $0.rounded() == $0) }) {
      throw WorkflowError(
        .invalid, "\(url.path): holds \(bad); a label map holds whole numbers from 0 to 255")
    }
    let labels = values.map { UInt8($0) }
    return isSlicerSegmentation(url) ? try SlicerSegmentation(url).arteries(of: labels) : labels
  }

  /// Whether a file is a segmentation of 3D Slicer, by its name.
  package static func isSlicerSegmentation(_ url: URL) -> Bool {
    url.lastPathComponent.lowercased().hasSuffix(".seg.nrrd")
  }

  /// Reads the values of a label map as they are.
  package static func floats(_ url: URL) throws -> Volume<Float> {
    let name = url.lastPathComponent.lowercased()
    if Scan.isNIfTI(name) { return try ImageFormat.nibabel.labels(of: url) }
    if name.hasSuffix(".tiff") { return try ImageFormat.tiffStack.labels(of: url) }
    if name.hasSuffix(".tif") {
      // Only the file itself tells a picture from a stack.
      if let picture = try? ImageFormat.picture.labels(of: url) { return picture }
      return try ImageFormat.tiffStack.labels(of: url)
    }
    let isPicture = [".png", ".bmp"].contains { name.hasSuffix($0) }
    return try (isPicture ? ImageFormat.picture : .itk).labels(of: url)
  }

  /// The grid of a label map; of a NIfTI file only the header is read.
  package static func geometry(of url: URL) throws -> Geometry {
    guard Scan.isNIfTI(url.lastPathComponent.lowercased()) else { return try floats(url).geometry }
    let header = try NIfTIFile.header(of: url)
    var geometry = header.geometry
    if header.isPlane {
      geometry.spacing.z = Geometry.planeDistance(geometry.spacing.x, geometry.spacing.y)
    }
    return geometry
  }

  /// Writes a label map, complete or not at all.
  ///
  /// `format` is nnU-Net's reader and writer of the data set; without it the file's ending and the
  /// grid decide.
  package static func write(_ map: LabelMap, to url: URL, as format: ImageFormat? = nil) throws {
    let writer = format ?? writer(of: url, map.geometry)
    switch map {
    case .uint8(let volume): try writer.write(volume, to: url)
    case .uint16(let volume): try writer.write(volume, to: url)
    }
  }

  /// The files of a label map: itself and, for a TIFF stack, the JSON file with its spacing.
  package static func files(of url: URL) -> [URL] {
    guard ["tif", "tiff"].contains(url.pathExtension.lowercased()) else { return [url] }
    let side = url.deletingPathExtension().appendingPathExtension("json")
    return Folder.isFile(side) ? [url, side] : [url]
  }

  private static func writer(of url: URL, _ geometry: Geometry) -> ImageFormat {
    let name = url.lastPathComponent.lowercased()
    let isTIFF = name.hasSuffix(".tif") || name.hasSuffix(".tiff")
    // Pictures have this spacing and no other, as in nnU-Net.
    let isPicture = geometry.extent.slices == 1 && geometry.spacing == [1, 1, 999]
    if isTIFF { return isPicture && name.hasSuffix(".tif") ? .picture : .tiffStack }
    return .itk
  }
}

extension LabelMap {
  /// Writes the map in the format that the file's name ends in, complete or not at all.
  package func write(to url: URL) throws { try LabelFile.write(self, to: url) }
}
