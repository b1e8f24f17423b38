// SPDX-License-Identifier: Apache-2.0
internal import Files
public import Foundation
internal import Images
internal import NIfTI
import Text
public import Volume

extension ImageFormat {
  /// The channels of an image file: one, or one for each colour, or one for each volume along a
  /// fourth axis.
  ///
  /// - Throws: `NNUNetError` with the code `image` where the file does not fit the format.
  public func channels(of url: URL) throws -> [Volume<Float>] {
    if isNIfTI(url) { return try nifti(url) }
    let image = try ImageFile.read(url)
    func wrong(_ detail: String) -> NNUNetError { NNUNetError(.image, url.path, detail) }
    switch self {
    case .picture:
      guard image.geometry.extent.slices == 1, image.frames == 1 else {
        throw wrong(
          "holds \(image.geometry.extent) voxels, but \(rawValue) reads pictures; name stacks .tiff"
        )
      }
      guard [1, 3, 4].contains(image.components) else {
        throw wrong(
          "has \(image.components) values a pixel; pictures are grey or have 3 or 4 colours")
      }
      let geometry = Geometry(extent: image.geometry.extent, spacing: [1, 1, 999])
      let depth = try pngDepth(url)
      return (0..<image.components).map { component in
        var voxels = image.volume(component: component).voxels
        // nnU-Net's library reads images of one bit as 0 and 1, ITK as 0 and 255. Of colours of 16
        // bits nnU-Net's library reads the upper eight.
        if depth == 1, image.components == 1 { voxels = voxels.map { $0 / 255 } }
        if depth == 16, image.components > 1 { voxels = voxels.map { ($0 / 256).rounded(.down) } }
        return Volume(geometry: geometry, voxels: voxels)
      }
    case .tiffStack:
      guard image.dimensions == 3, image.components == 1 else {
        throw wrong("is no stack of grey slices, which \(rawValue) reads; name pictures .tif")
      }
      let name = url.deletingPathExtension().path
      let spacing = try stackSpacing(URL(fileURLWithPath: name.dropLast(5) + ".json"))
      let geometry = Geometry(extent: image.geometry.extent, spacing: spacing)
      return [Volume(geometry: geometry, voxels: image.volume().voxels)]
    case .itk, .nibabel:
      if ["tif", "tiff"].contains(url.pathExtension.lowercased()) {
        throw wrong(
          "is a TIFF, which \(rawValue) is not used for here; remove "
            + "\"overwrite_image_reader_writer\" from dataset.json")
      }
      guard image.components == 1 else {
        throw wrong(
          "has \(image.components) values a voxel, of which nnU-Net would take slices for channels; "
            + "write a file for each channel")
      }
      return (0..<image.frames).map { image.volume(frame: $0) }
    }
  }

  /// The label map of a file, which must have one channel.
  public func labels(of url: URL) throws -> Volume<Float> {
    let found: [Volume<Float>]
    if self == .tiffStack {
      // The spacing of an image is in the file named without its channel; that of a label map is in
      // the file with its whole name.
      let image = try ImageFile.read(url)
      guard image.dimensions == 3, image.components == 1 else {
        throw NNUNetError(.image, url.path, "is no stack of grey slices, which \(rawValue) reads")
      }
      let side = url.deletingPathExtension().appendingPathExtension("json")
      found = [
        Volume(
          geometry: Geometry(extent: image.geometry.extent, spacing: try stackSpacing(side)),
          voxels: image.volume().voxels)
      ]
    } else {
      found = try channels(of: url)
    }
    guard found.count == 1 else {
      throw NNUNetError(
        .image, url.path,
        "has \(counted(found.count, "channel")); a label map has one value a voxel")
    }
    return found[0]
  }

  func isNIfTI(_ url: URL) -> Bool {
    let name = url.lastPathComponent.lowercased()
    return name.hasSuffix(".nii.gz") || name.hasSuffix(".nii")
  }

  /// The volume of a NIfTI file, or the volumes of one with a fourth axis.
  private func nifti(_ url: URL) throws -> [Volume<Float>] {
    let isPlane = try NIfTIFile.header(of: url).isPlane
    // nnU-Net's class for SimpleITK takes a fourth axis as channels; the one for nibabel refuses
    // it.
    let frames =
      self == .itk
      ? try NIfTIFile.readFrames(url, as: Float.self) : [try NIfTIFile.read(url, as: Float.self)]
    return frames.map { volume in
      guard isPlane else { return volume }
      var geometry = volume.geometry
      geometry.spacing.z = Geometry.planeDistance(geometry.spacing.x, geometry.spacing.y)
      return Volume(geometry: geometry, voxels: volume.voxels)
    }
  }

  /// The spacing (x, y, z) of a stack, from the JSON file beside it; 1 mm without one, as in
  /// nnU-Net.
  private func stackSpacing(_ url: URL) throws -> SIMD3<Double> {
    guard Folder.isFile(url) else { return [1, 1, 1] }
    let values = try JSON.read(from: url)["spacing"]?.array?.compactMap(\.double) ?? []
    guard values.count == 3, values.allSatisfy({ $0 > 0 && $0 < 1e6 }) else {
      throw NNUNetError(
        .image, url.path, "\"spacing\" should be three positive numbers, of slices, rows, columns")
    }
    return [values[2], values[1], values[0]]
  }

  /// The number of bits of a value of a PNG without palette; `nil` for other files.
  private func pngDepth(_ url: URL) throws -> UInt8? {
    guard url.pathExtension.lowercased() == "png", let file = FileHandle(forReadingAtPath: url.path)
    else { return nil }
    defer { try? file.close() }
    let header = try file.read(upToCount: 26) ?? Data()
    // The depth and the colour type of the first chunk (PNG, 11.2.2).
    return header.count == 26 && header[25] != 3 ? header[24] : nil
  }
}
