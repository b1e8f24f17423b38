// SPDX-License-Identifier: Apache-2.0
import Foundation
public import NNUNet

/// A batch of 2D or 3D patches as they come from the preprocessed cases.
public struct PatchBatch: Sendable {
  /// Samples, channels and the spatial extents, for example (B, C, rows, columns).
  public var shape: [Int]
  /// Normalised intensities in the order of `shape`; 0 outside the scan.
  public var images: [Float]
  /// Labels, (B, spatial …); −1 outside the scan.
  public var labels: [Int16]

  /// A batch; the counts must follow from the shape.
  public init(shape: [Int], images: [Float], labels: [Int16]) {
    precondition(images.count == shape.reduce(1, *), "images and shape disagree")
    precondition(labels.count * shape[1] == images.count, "labels and images disagree")
    self.shape = shape
    self.images = images
    self.labels = labels
  }
}

/// Draws batches of patches from memory-mapped preprocessed cases.
public struct PatchSource: Sendable {
  private let cases: [StoredCase]
  private let sampler: PatchSampler

  /// A source of patches; `initialPatchSize` is the size before rotation and scaling crop them.
  ///
  /// For validation both sizes are the network's. Throws if there is no case, one without labels, or
  /// one with another number of channels.
  public init(
    cases: [StoredCase], batchSize: Int, initialPatchSize: [Int], patchSize: [Int],
    foregroundShare: Double = 0.33
  ) throws {
    guard !cases.isEmpty else {
      throw LearningError(
        .input, subject: "cases", detail: "none to draw patches from; check the fold")
    }
    if let bare = cases.first(where: { !$0.hasLabels }) {
      throw LearningError(
        .input, subject: bare.url.path, detail: "holds no labels; run the preprocessing again")
    }
    if let odd = cases.first(where: { $0.channels != cases[0].channels }) {
      throw LearningError(
        .input, subject: odd.url.path,
        detail: "has \(odd.channels) channels and other cases have \(cases[0].channels); run the "
          + "preprocessing again for all of them")
    }
    self.cases = cases
    sampler = PatchSampler(
      batchSize: batchSize, initialPatchSize: initialPatchSize, finalPatchSize: patchSize,
      foregroundShare: foregroundShare)
  }

  /// The batch that a generator draws; throws if a patch holds infinities or NaN.
  public func batch(using rng: inout some RandomNumberGenerator) throws -> PatchBatch {
    let choices = sampler.batch(caseCount: cases.count, using: &rng) {
      (cases[$0].shape, cases[$0].classLocations)
    }
    let channels = cases[0].channels
    let voxels = sampler.size.reduce(1, *)
    // A 2D patch is one slice thick and loses the axis.
    let spatial = sampler.size[0] == 1 ? Array(sampler.size.dropFirst()) : sampler.size
    var images = [Float](repeating: 0, count: choices.count * channels * voxels)
    var labels = [Int16](repeating: -1, count: choices.count * voxels)
    try images.withUnsafeMutableBufferPointer { images in
      try labels.withUnsafeMutableBufferPointer { labels in
        for (i, choice) in choices.enumerated() {
          let n = channels * voxels
          let source = cases[choice.caseIndex]
          let data = UnsafeMutableBufferPointer(rebasing: images[i * n..<(i + 1) * n])
          source.readPatch(
            start: choice.start, size: sampler.size, data: data,
            labels: UnsafeMutableBufferPointer(rebasing: labels[i * voxels..<(i + 1) * voxels]))
          guard Self.isFinite(data) else {
            throw LearningError(
              .input, subject: source.url.path,
              detail: "holds values that are no numbers; run the preprocessing again")
          }
        }
      }
    }
    return PatchBatch(shape: [choices.count, channels] + spatial, images: images, labels: labels)
  }

  /// Whether no value is infinite or NaN.
  private static func isFinite(_ values: UnsafeMutableBufferPointer<Float>) -> Bool {
    // The largest bits without the sign: a maximum of integers needs no branch.
    values.reduce(UInt32(0)) { max($0, $1.bitPattern & 0x7FFF_FFFF) } < 0x7F80_0000
  }
}
