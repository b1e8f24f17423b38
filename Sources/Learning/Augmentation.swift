// SPDX-License-Identifier: Apache-2.0
public import Torch

/// Applies drawn augmentations to a batch of 2D or 3D patches, as tensor operations on its device.
///
/// The order is nnU-Net's: space, noise, blur, brightness, contrast, low resolution, inverted gamma,
/// gamma, mirroring, then channels that are masked and what lies outside the scan.
public struct Augmentation: Sendable, Hashable {
  /// Images (B, C, spatial…) and labels (B, maps, spatial…), after augmentation.
  public struct Result {
    /// The images.
    public let images: Tensor
    /// The labels, of the kind that was given; what lay outside the scan is background.
    public let labels: Tensor
  }

  /// The spatial extents of the result.
  public let size: [Int]
  /// Whether 3D patches are turned and scaled in their slices only, and keep their number of slices
  /// in a low resolution.
  public let inPlane: Bool
  /// The channels that are 0 where the labels lie outside the scan (masked normalisation).
  public let maskedChannels: [Int]

  /// An augmentation to patches of a size.
  public init(size: [Int], inPlane: Bool = false, maskedChannels: [Int] = []) {
    precondition(size.count == 2 || size.count == 3, "two or three spatial axes")
    self.size = size
    self.inPlane = inPlane && size.count == 3
    self.maskedChannels = maskedChannels
  }

  /// Augments each sample by its draw.
  ///
  /// - Parameters:
  ///   - draws: one for each sample.
  ///   - images: (B, C, initial extents…) float32.
  ///   - labels: (B, maps, initial extents…) of int16 or int64, −1 outside the scan; a single map
  ///     needs no axis. A second one, for a cascade, holds the previous stage's labels.
  public func callAsFunction(_ draws: [AugmentationDraw], images: Tensor, labels: Tensor) throws
    -> Result
  {
    let shape = images.shape
    let labels = labels.rank == images.rank ? labels : try labels.unsqueezed(1)
    guard shape.count == size.count + 2, draws.count == shape[0], labels.rank == shape.count,
      labels.shape[0] == shape[0], labels.shape.dropFirst(2) == shape.dropFirst(2),
      !inPlane || shape[2] == size[0]
    else {
      throw LearningError(
        .input, subject: "images of shape \(shape) and labels of shape \(labels.shape)",
        detail: "\(draws.count) samples to be brought to \(size) were expected")
    }
    let place = try images.device
    let result = Result(
      images: try .empty([shape[0], shape[1]] + size, on: place),
      labels: try .empty([shape[0], labels.shape[1]] + size, dtype: labels.dtype, on: place))
    for (i, draw) in draws.enumerated() {
      var image = try image(draw, of: images.selected(0, i))
      var label = try label(draw, of: labels.selected(0, i))
      let axes = draw.mirroredAxes.map { $0 + 1 }
      // Mirroring gives a copy, which the changes of intensities need anyway. All of them see the
      // same from both sides but the low resolution, whose nearest voxels have a direction.
      let mirrorsLast = draw.lowResolution?.contains { $0 != nil } == true
      if !axes.isEmpty {
        label = try label.flipped(axes)
        if !mirrorsLast { image = try image.flipped(axes) }
      }
      let isShared = !draw.isWarped && (axes.isEmpty || mirrorsLast)
      try Intensities(draw: draw, inPlane: inPlane).apply(to: &image, isShared: isShared)
      if !axes.isEmpty, mirrorsLast { image = try image.flipped(axes) }
      try result.images.selected(0, i).copy(from: image)
      try result.labels.selected(0, i).copy(from: label)
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

  /// The channels on the final grid; a view of the source where nothing was interpolated.
  private func image(_ draw: AugmentationDraw, of source: Tensor) throws -> Tensor {
    guard draw.isWarped else { return try cropped(source, padding: 0) }
    return try warped(source) { try $0.sampled(along: draw.map(from: $1, to: $2), size: $2) }
  }

  /// The maps of labels on the final grid.
  private func label(_ draw: AugmentationDraw, of source: Tensor) throws -> Tensor {
    guard draw.isWarped else { return try cropped(source, padding: -1) }
    return try warped(source) {
      try $0.labelsSampled(along: draw.map(from: $1, to: $2), size: $2, outside: -1)
    }
  }

  /// Hands planes with their extents before and after to `sample`; slices are planes in the plane.
  private func warped(
    _ source: Tensor, _ sample: (Tensor, _ from: [Int], _ to: [Int]) throws -> Tensor
  ) throws -> Tensor {
    let shape = source.shape
    guard inPlane else { return try sample(source, Array(shape[1...]), size) }
    return try sample(
      source.reshaped([shape[0] * shape[1]] + shape[2...]), Array(shape[2...]), Array(size[1...])
    ).reshaped([shape[0]] + size)
  }

  /// The middle of (planes, spatial…), beginning at source div 2 − size div 2.
  private func cropped(_ source: Tensor, padding: Double) throws -> Tensor {
    var part = source
    var room: [(before: Int, after: Int)] = []
    for (axis, (from, to)) in zip(source.shape.dropFirst(), size).enumerated() {
      let start = from / 2 - to / 2
      let (low, high) = (max(0, start), min(from, start + to))
      part = try part.narrowed(axis + 1, from: low, length: high - low)
      room.append((low - start, start + to - high))
    }
    return room.allSatisfy { $0 == (0, 0) }
      ? part : try part.padded(room, with: .constant(padding))
  }
}
