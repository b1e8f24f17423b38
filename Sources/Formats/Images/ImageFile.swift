// SPDX-License-Identifier: Apache-2.0
import CITK
import Concurrency
import Files
public import Foundation
import Text
public import Volume

/// Images in the formats that ITK reads: NRRD, MetaImage, GIPL, PNG, BMP and TIFF.
///
/// ```swift
/// let image = try ImageFile.read(url)
/// let volume = image.volume()  // Volume<Float>, of the first frame and component
/// try ImageFile.write(labels, to: folder.appendingPathComponent("labels.nrrd"))
/// ```
///
/// The array is as stored; positions are DICOM LPS. Each file is read and written by a process of
/// its own, because ITK's readers do not survive every damaged file.
public enum ImageFile {
  /// The endings that are read and written.
  public static let endings = [
    ".nrrd", ".mha", ".gipl", ".png", ".bmp", ".tif", ".tiff",
  ]

  /// Headers of NRRD and MetaImage whose voxels lie in files of their own; they are read only.
  public static let detachedHeaders = [".nhdr": ".nrrd", ".mhd": ".mha"]

  /// The ending of a file's name in small letters, or `nil` where it is none of `endings`.
  public static func ending(of url: URL) -> String? {
    let name = url.lastPathComponent.lowercased()
    return endings.first { name.hasSuffix($0) }
  }

  /// The version of ITK, or an error that says why it cannot be used.
  public static func version() throws(ImageFileError) -> String {
    var text: UnsafePointer<CChar>?
    var message: UnsafeMutablePointer<CChar>?
    let done = citk_version(&text, &message)
    defer { citk_free(message) }
    guard done == 1, let text else { throw fault(message, "image files") }
    return String(cString: text)
  }

  /// Reads an image with every value as float32.
  ///
  /// - Throws: `ImageFileError` for a file that is damaged or of another kind, `FileError` where it
  ///   cannot be read.
  public static func read(_ url: URL) throws -> StoredImage {
    let name = url.lastPathComponent.lowercased()
    let detached = detachedHeaders.first { name.hasSuffix($0.key) }?.value
    let ending = try detached ?? knownEnding(of: url)
    // Reading a named pipe would never end.
    if !Folder.isFile(url), url.withSystemPath({ access($0, F_OK) }) == 0 {
      throw ImageFileError(path: url.path, detail: "is no file")
    }
    if url.withSystemPath({ access($0, R_OK) }) != 0 {
      throw FileError.system(errno, path: url.path, doing: "read")
    }
    var grid = citk_grid()
    var values: UnsafeMutablePointer<Float>?
    var message: UnsafeMutablePointer<CChar>?
    let most = Machine.memory / 4 * 3
    let done = url.withSystemPath { citk_read($0, ending, most, &grid, &values, &message) }
    defer {
      citk_free(message)
      citk_free(values)
    }
    guard done == 1, let values else { throw fault(message, url.path) }
    let size = withUnsafeBytes(of: grid.size) { Array($0.bindMemory(to: UInt64.self)) }.map {
      Int($0)
    }
    let dimensions = Int(grid.dimensions)
    let count = size[..<dimensions].reduce(Int(grid.components), *)
    return StoredImage(
      dimensions: dimensions, components: Int(grid.components),
      frames: dimensions > 3 ? size[3] : 1,
      geometry: geometry(of: grid, size: size),
      voxels: Array(UnsafeBufferPointer(start: values, count: count)))
  }

  /// Writes a label map, complete or not at all; a plane as a file of two axes.
  ///
  /// Values are stored as uint8 below 255, else as uint16, as nnU-Net does.
  ///
  /// - Throws: `ImageFileError` for a format that cannot hold it, `FileError` where the file cannot
  ///   be written.
  public static func write<Label: FixedWidthInteger & UnsignedInteger & Sendable>(
    _ labels: Volume<Label>, to url: URL
  ) throws {
    let ending = try knownEnding(of: url)
    let isPicture = [".png", ".bmp"].contains(ending)
    let isWide = labels.voxels.contains { $0 >= 255 }
    let geometry = labels.geometry
    if isPicture, geometry.extent.slices != 1 {
      throw ImageFileError(
        path: url.path, detail: "\(geometry.extent) voxels do not fit into a picture")
    }
    if ending == ".bmp", isWide {
      throw ImageFileError(
        path: url.path, detail: "a BMP file holds no label above 254; use .png or .tif")
    }
    var grid = citk_grid()
    let extent = geometry.extent
    grid.dimensions = geometry.isPlane || isPicture ? 2 : 3
    grid.components = 1
    grid.size = (UInt64(extent.columns), UInt64(extent.rows), UInt64(extent.slices), 1)
    grid.spacing = (geometry.spacing.x, geometry.spacing.y, geometry.spacing.z, 1)
    grid.origin = (geometry.origin.x, geometry.origin.y, geometry.origin.z, 0)
    let (x, y, z) = (geometry.direction.x, geometry.direction.y, geometry.direction.z)
    grid.direction = (x.x, x.y, x.z, 0, y.x, y.y, y.z, 0, z.x, z.y, z.z, 0, 0, 0, 0, 1)
    try StagedFile.write(to: url) { staged in
      // The system says why nothing can be written here; ITK would not.
      try StagedFile.write("", to: staged)
      var message: UnsafeMutablePointer<CChar>?
      defer { citk_free(message) }
      let path = staged.path
      let done =
        isWide
        ? labels.voxels.map { UInt16(truncatingIfNeeded: $0) }.withUnsafeBytes {
          citk_write(path, ending, &grid, $0.baseAddress, 2, &message)
        }
        : labels.voxels.map { UInt8(truncatingIfNeeded: $0) }.withUnsafeBytes {
          citk_write(path, ending, &grid, $0.baseAddress, 1, &message)
        }
      if done != 1 { throw fault(message, url.path) }
    }
  }

  private static func knownEnding(of url: URL) throws(ImageFileError) -> String {
    guard let ending = ending(of: url) else {
      throw ImageFileError(
        path: url.path,
        detail: "is no image file by its name; \(endings.joined(separator: ", ")) are read")
    }
    return ending
  }

  /// ITK's message about a file, which it may name itself.
  private static func fault(_ message: UnsafeMutablePointer<CChar>?, _ path: String)
    -> ImageFileError
  {
    let text = message.map { String(cString: $0) } ?? "ITK does not say what is wrong"
    return ImageFileError(
      path: path, detail: text.replacingOccurrences(of: path, with: "it").shown(atMost: 240))
  }

  private static func geometry(of grid: citk_grid, size: [Int]) -> Geometry {
    let spacing = SIMD3(abs(grid.spacing.0), abs(grid.spacing.1), abs(grid.spacing.2))
    let d = withUnsafeBytes(of: grid.direction) { Array($0.bindMemory(to: Double.self)) }
    let isPlane = grid.dimensions == 2
    return Geometry(
      extent: Extent(slices: isPlane ? 1 : size[2], rows: size[1], columns: size[0]),
      spacing: isPlane
        ? [spacing.x, spacing.y, Geometry.planeDistance(spacing.x, spacing.y)] : spacing,
      origin: [grid.origin.0, grid.origin.1, isPlane ? 0 : grid.origin.2],
      direction: Direction(
        x: [d[0], d[1], isPlane ? 0 : d[2]], y: [d[4], d[5], isPlane ? 0 : d[6]],
        z: isPlane ? [0, 0, 1] : [d[8], d[9], d[10]]))
  }
}
