// SPDX-License-Identifier: Apache-2.0
import Files
import Foundation
import Images
import NNUNet
import Volume

extension FuzzTarget {
  /// An input from a file: a byte that tells its format, and its contents.
  static func imageInput(ending: String, _ contents: Data) -> Data? {
    ImageFile.endings.firstIndex(of: ending).map { Data([UInt8($0)]) + contents }
  }

  func runImage(_ bytes: Data, in folder: URL) throws -> Outcome {
    let endings = ImageFile.endings
    let ending = endings[Int(bytes.first ?? 0) % endings.count]
    let url = folder.appendingPathComponent("image" + ending)
    try bytes.dropFirst().write(to: url)
    let image: StoredImage
    do { image = try ImageFile.read(url) } catch {
      return .refusal(try FuzzFault.sentence(of: error))
    }
    let last = image.volume(frame: image.frames - 1, component: image.components - 1)
    try FuzzFault.require(last.voxels.count == last.extent.count, "voxels are missing")
    try Self.requireSound(image.geometry)

    // nnU-Net's class for these files; not every image that is read is a label map.
    let reader: ImageFormat =
      switch ending {
      case ".tiff": .tiffStack
      case ".png", ".bmp", ".tif": .picture
      default: .itk
      }
    let labels: Volume<Float>
    do { labels = try reader.labels(of: url) } catch {
      _ = try FuzzFault.sentence(of: error)
      return .value
    }
    try FuzzFault.require(labels.voxels.count == labels.extent.count, "labels are missing")
    try Self.requireSound(labels.geometry)
    guard labels.voxels.allSatisfy({ $0 >= 0 && $0 <= 254 && $0.rounded() == $0 }) else {
      return .value
    }
    // What was read can be written, where the format holds a file of so many axes.
    let map = labels.map { UInt8($0) }
    let copy = folder.appendingPathComponent("copy" + ending)
    do { try reader.write(map, to: copy) } catch {
      _ = try FuzzFault.sentence(of: error)
      return .value
    }
    let again: Volume<Float> = try reader.labels(of: copy)
    try FuzzFault.require(
      again.voxels == labels.voxels, "labels change when they are written to \(ending)")
    return .value
  }

  /// Throws where a voxel has no size or place; axes need not be at right angles in these formats.
  private static func requireSound(_ geometry: Geometry) throws {
    let axes = [geometry.direction.x, geometry.direction.y, geometry.direction.z]
    for i in 0..<3 {
      let spacing = geometry.spacing[i]
      try FuzzFault.require(spacing > 0 && spacing.isFinite, "a spacing of \(spacing) mm")
      try FuzzFault.require(geometry.origin[i].isFinite, "an origin of \(geometry.origin)")
      for j in 0..<3 {
        try FuzzFault.require(axes[i][j].isFinite, "directions \(geometry.direction)")
      }
    }
  }
}
