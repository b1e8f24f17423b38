// SPDX-License-Identifier: Apache-2.0
internal import Foundation
import Text
public import Volume

/// A case as it is in its files: one volume for each channel and, for training, a label map.
public struct RawCase: Sendable {
  /// The case identifier.
  public let name: String
  /// The channels, on one grid.
  public let channels: [Volume<Float>]
  /// The label values, on the same grid.
  public let labels: Volume<Int16>?
  /// A sentence about differences of origin or direction, which nnU-Net tolerates.
  public let note: String?

  /// A case of channels and labels on one grid.
  ///
  /// Different origins and directions are tolerated and noted.
  ///
  /// - Throws: `NNUNetError` with the code `image` for different extents or spacings (relative
  ///   1e-5), values that are not finite, and labels that are no whole numbers.
  public init(name: String, channels: [Volume<Float>], labels: Volume<Float>? = nil)
    throws(NNUNetError)
  {
    guard let first = channels.first else { throw NNUNetError(.image, name, "has no channel") }
    if first.extent.count == 0 { throw NNUNetError(.image, name, "the image has no voxel") }
    var note: String?
    func compare(_ other: Geometry, _ what: String) throws(NNUNetError) {
      let a = first.geometry
      if a.extent != other.extent {
        throw NNUNetError(
          .image, name, "\(what) has the grid \(other.extent), the first channel \(a.extent)")
      }
      for axis in 0..<3
      where !(abs(a.spacing[axis] - other.spacing[axis]) <= 1e-8 + 1e-5 * other.spacing[axis]) {
        throw NNUNetError(
          .image, name,
          "\(what) has the spacing \(crossed(other.spacing)) mm, the first channel \(crossed(a.spacing))"
        )
      }
      if let difference = a.mismatch(with: other) {
        note = "\(name): \(what) lies elsewhere than the first channel: \(difference)"
      }
    }
    if !(first.geometry.spacing.min() > 0 && first.geometry.spacing.max() < 1e6) {
      throw NNUNetError(.image, name, "the spacing is \(crossed(first.geometry.spacing)) mm")
    }
    for (i, channel) in channels.enumerated() {
      try compare(channel.geometry, "channel \(i)")
      if let bad = firstNotFinite(channel.voxels) {
        throw NNUNetError(
          .image, name,
          "channel \(i) holds \(channel.voxels[bad]) at \(location(bad, channel.extent))"
        )
      }
    }
    if let labels {
      try compare(labels.geometry, "the label map")
      if let bad = firstNoLabel(labels.voxels) {
        throw NNUNetError(
          .image, name,
          "the label map holds \(labels.voxels[bad]) at \(location(bad, labels.extent)); "
            + "labels are whole numbers from 0")
      }
    }
    self.name = name
    self.channels = channels
    self.labels = labels?.map { Int16($0) }
    self.note = note
  }

  /// The spacing along (z, y, x) in mm.
  ///
  /// nnU-Net's readers give a file without third axis 999 times its in-plane spacing along z.
  public var spacing: [Double] {
    let s = channels[0].geometry.spacing
    return [s.z, s.y, s.x]
  }

  /// The shape (z, y, x).
  public var shape: [Int] {
    let extent = channels[0].extent
    return [extent.slices, extent.rows, extent.columns]
  }

  /// Throws an `NNUNetError` with the code `image` where the data set does not declare a label
  /// value.
  public func checkLabels(of scheme: LabelScheme) throws(NNUNetError) {
    guard let labels else { return }
    let declared = Set(scheme.allLabels + [scheme.ignoreLabel].compactMap { $0 }).map(Int16.init)
    var seen = Set<Int16>()
    var last: Int16?
    for value in labels.voxels where value != last {
      last = value
      seen.insert(value)
    }
    if let unknown = seen.subtracting(declared).min() {
      throw NNUNetError(
        .image, name, "the label map holds \(unknown), which dataset.json does not declare")
    }
  }
}

/// The index of the first value that is NaN or infinite.
///
/// A first pass by whole vectors finds that there is none, which is the usual case.
private func firstNotFinite(_ values: [Float]) -> Int? {
  var largest: UInt32 = 0
  for value in values { largest = max(largest, value.bitPattern & 0x7FFF_FFFF) }
  return largest < 0x7F80_0000 ? nil : values.firstIndex { !$0.isFinite }
}

/// The index of the first value that is no whole number from −1 to 32000.
private func firstNoLabel(_ values: [Float]) -> Int? {
  func isLabel(_ value: Float) -> Bool {
    value >= -1 && value <= 32_000 && value.rounded() == value
  }
  var wrong: UInt32 = 0
  for value in values { wrong |= isLabel(value) ? 0 : 1 }
  return wrong == 0 ? nil : values.firstIndex { !isLabel($0) }
}

/// The index of a voxel in words, for messages.
private func location(_ offset: Int, _ extent: Extent) -> String {
  "slice \(offset / extent.sliceCount), row \(offset % extent.sliceCount / extent.columns), "
    + "column \(offset % extent.columns)"
}
