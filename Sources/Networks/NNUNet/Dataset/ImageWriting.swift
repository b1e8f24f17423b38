// SPDX-License-Identifier: Apache-2.0
internal import Files
public import Foundation
internal import Images
public import NIfTI
public import Volume

extension ImageFormat {
  /// Writes a label map as nnU-Net's class does, complete or not at all.
  ///
  /// NIfTI and the formats of ITK contain the grid. The spacing of a stack goes into a JSON file
  /// beside it; a picture has no spacing.
  public func write<Label: NIfTIElement & FixedWidthInteger & UnsignedInteger>(
    _ labels: Volume<Label>, to url: URL
  ) throws {
    if isNIfTI(url) {
      try NIfTIFile.write(labels, to: url, asPlane: labels.geometry.isPlane)
      return
    }
    if self == .tiffStack {
      let s = labels.geometry.spacing
      let side: JSON = .object(["spacing": .array([s.z, s.y, s.x].map { .double($0) })])
      try StagedFile.write(
        side.text, to: url.deletingPathExtension().appendingPathExtension("json"))
    }
    try ImageFile.write(labels, to: url)
  }
}
