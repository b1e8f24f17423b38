// SPDX-License-Identifier: Apache-2.0
import Text
public import Torch

/// Applies drawn augmentations to a batch of 2D or 3D patches, by tensor operations on its device.
///
/// The order is nnU-Net's: rotation and scaling, noise, blur, brightness, contrast, low resolution,
/// inverted gamma, gamma, mirroring; then masked channels and labels outside the scan are set.
public struct Augmentation: Sendable, Hashable {
  /// Images (B, C, spatial…) and labels (B, maps, spatial…), after augmentation.
  public struct Result {
    /// The images.
    public let images: Tensor
    /// The labels, of the given type; background outside the scan.
    public let labels: Tensor
  }

  /// The spatial extents of the result.
  public let size: [Int]
  /// Whether 3D patches are rotated and scaled within their slices only, and keep their number of
  /// slices in a low resolution.
  public let rotatesInPlane: Bool
  /// The channels that are 0 outside the scan, because their normalisation is masked.
  public let maskedChannels: [Int]

  /// An augmentation to patches of a size.
  public init(size: [Int], rotatesInPlane: Bool = false, maskedChannels: [Int] = []) {
    precondition(size.count == 2 || size.count == 3, "two or three spatial axes")
    self.size = size
    self.rotatesInPlane = rotatesInPlane && size.count == 3
    self.maskedChannels = maskedChannels
  }

  /// Augments each sample by its draw.
  ///
  /// - Parameters:
  ///   - draws: one for each sample.
  ///   - images: (B, C, initial extents…) float32.
  ///   - labels: (B, maps, initial extents…) of int16 or int64, −1 outside the scan; the axis of
  ///     maps may be missing where there is one. In a cascade a second map has the previous stage's
  ///     labels.
  /// - Throws: `LearningError` with the code `input` where the shapes do not fit.
  public func callAsFunction(_ draws: [AugmentationDraw], images: Tensor, labels: Tensor) throws
    -> Result
  {
    let shape = images.shape
    let labels = labels.rank == images.rank ? labels : try labels.unsqueezed(1)
    guard shape.count == size.count + 2, draws.count == shape[0], labels.rank == shape.count,
      labels.shape[0] == shape[0], labels.shape.dropFirst(2) == shape.dropFirst(2),
      !rotatesInPlane || shape[2] == size[0]
    else {
      throw LearningError(
        .input,
        subject: "images of shape \(crossed(shape)) and labels of shape \(crossed(labels.shape))",
        detail: "\(counted(draws.count, "sample")) to be brought to \(crossed(size)) were expected")
    }
    let device = try images.device
    let result = Result(
      images: try .empty([shape[0], shape[1]] + size, on: device),
      labels: try .empty([shape[0], labels.shape[1]] + size, dtype: labels.dtype, on: device))
    for (i, draw) in draws.enumerated() {
      let image = try result.images.selected(0, i)
      try move(images.selected(0, i), by: draw, into: image, padding: 0) {
        try $0.sample($1, along: $2, reversed: $3)
      }
      try move(labels.selected(0, i), by: draw, into: result.labels.selected(0, i), padding: -1) {
        try $0.sampleLabels($1, along: $2, outside: -1, reversed: $3)
      }
      try IntensityAugmentation(draw: draw, rotatesInPlane: rotatesInPlane).apply(to: image)
    }
    if !maskedChannels.isEmpty {
      let outside = try result.labels.narrowed(1, from: 0, length: 1).isLess(than: 0)
      for channel in maskedChannels {
        let values = try result.images.narrowed(1, from: channel, length: 1)
        try values.copy(from: values.filled(where: outside, with: 0))
      }
    }
    try result.labels.clipInPlace(0, Double(Int16.max))
    return result
  }

  /// Applies the spatial part of a draw to planes (channels or maps, spatial…), by `sample` where
  /// voxels are interpolated.
  private func move(
    _ source: Tensor, by draw: AugmentationDraw, into target: Tensor, padding: Double,
    sample: (_ to: Tensor, _ from: Tensor, _ map: [[Double]], _ reversed: Bool) throws -> Void
  ) throws {
    let extents = Array(source.shape[1...])
    guard draw.isWarped else {
      // The middle begins at source div 2 − size div 2.
      let start = zip(extents, size).map { $0 / 2 - $1 / 2 }
      try target.cut(
        source, from: [0] + start, mirrored: draw.mirroredAxes.map { $0 + 1 }, padding: padding)
      return
    }
    guard rotatesInPlane else {
      try sample(target, source, draw.mirroredMap(from: extents, to: size), false)
      return
    }
    // Each slice is a plane of the 2D map.
    var flat = draw
    flat.mirroredAxes = draw.mirroredAxes.filter { $0 > 0 }.map { $0 - 1 }
    let map = flat.mirroredMap(from: Array(extents[1...]), to: Array(size[1...]))
    for channel in 0..<source.shape[0] {
      try sample(
        target.selected(0, channel), source.selected(0, channel), map,
        draw.mirroredAxes.contains(0))
    }
  }
}
