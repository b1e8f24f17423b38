// SPDX-License-Identifier: Apache-2.0
internal import Files
public import Foundation
internal import Images
public import NIfTI
public import Volume

extension ImageFormat {
  /// Writes a label map as nnU-Net's class does, complete or not at all.
  ///
  /// Of NIfTI and the formats of ITK the grid is kept; a stack's spacing goes into a JSON file
  /// beside it, a picture has none.
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
