// SPDX-License-Identifier: Apache-2.0
import Foundation
public import NNUNet
import Text

/// A batch of 2D or 3D patches of preprocessed cases, before augmentation.
public struct PatchBatch: Sendable {
  /// Samples, channels and the spatial extents, for example (B, C, rows, columns).
  public var shape: [Int]
  /// Normalised intensities in the order of `shape`; 0 outside the scan.
  public var images: [Float]
  /// Labels, (B, maps, spatial …); −1 outside the scan.
  ///
  /// In a cascade the second map has the previous stage's labels.
  public var labels: [Int16]
  /// The number of label maps of a sample.
  public var maps: Int

  /// A batch of given values, whose counts must fit the shape.
  public init(shape: [Int], images: [Float], labels: [Int16], maps: Int = 1) {
    precondition(images.count == shape.reduce(1, *), "images and shape disagree")
    precondition(labels.count * shape[1] == images.count * maps, "labels and images disagree")
    self.shape = shape
    self.images = images
    self.labels = labels
    self.maps = maps
  }

  /// The shape of the labels.
  public var labelShape: [Int] { [shape[0], maps] + shape.dropFirst(2) }
}

/// The preprocessed cases that patches are drawn from, in a cascade with the previous stage's label
/// maps.
public struct PatchCases: Sendable {
  /// The cases.
  public let cases: [StoredCase]
  /// The previous stage's label map of each case, on its grid; empty outside a cascade.
  public let previous: [StoredCase]

  /// Cases with their previous labels, if any.
  ///
  /// - Throws: `LearningError` with the code `input` where there is no case, one without labels,
  ///   one with another number of channels, or one whose previous labels have another shape.
  public init(_ cases: [StoredCase], previous: [StoredCase] = []) throws {
    func wrong(_ stored: StoredCase, _ detail: String) -> LearningError {
      LearningError(.input, subject: stored.url.path, detail: detail)
    }
    guard let first = cases.first else {
      throw LearningError(
        .input, subject: "cases", detail: "none to draw patches from; check the fold")
    }
    if let bare = (cases + previous).first(where: { !$0.hasLabels }) {
      throw wrong(bare, "holds no labels; run the preprocessing again")
    }
    if let odd = cases.first(where: { $0.channels != first.channels || $0.channels < 1 }) {
      throw wrong(
        odd,
        "has \(counted(odd.channels, "channel")) and other cases have \(first.channels); run the "
          + "preprocessing again for all of them")
    }
    precondition(previous.isEmpty || previous.count == cases.count, "one map for each case")
    for (stored, labels) in zip(cases, previous) where stored.shape != labels.shape {
      throw wrong(
        labels,
        "has the shape \(crossed(labels.shape)), its case \(crossed(stored.shape)); validate the previous stage again"
      )
    }
    self.cases = cases
    self.previous = previous
  }
}

/// Draws batches of patches from memory-mapped preprocessed cases.
public struct PatchSource: Sendable {
  private let all: PatchCases
  private let sampler: PatchSampler
  private let isFlat: Bool
  private let samples: Range<Int>
  /// The number of patches of a batch that must hold no foreground.
  private let negatives: Int
  /// The indices of the cases without any foreground, and of the others.
  private let healthy: [Int]
  private let diseased: [Int]

  /// A source of patches.
  ///
  /// - Parameters:
  ///   - cases: the cases to draw from.
  ///   - batchSize: the number of samples of a batch.
  ///   - initialPatchSize: the size before rotation and scaling crop a patch; the network's
  ///     in validation.
  ///   - patchSize: the network's patch size.
  ///   - foregroundShare: the share of patches that must hold foreground.
  ///   - negativeShare: the share of patches that must hold none.
  ///   - samples: the samples of each batch that are read, with the same patches as if all
  ///     were read; all by default.
  public init(
    _ cases: PatchCases, batchSize: Int, initialPatchSize: [Int], patchSize: [Int],
    foregroundShare: Double = TrainingOptions.default.foregroundShare,
    negativeShare: Double = TrainingOptions.default.negativeShare, samples: Range<Int>? = nil
  ) {
    precondition(samples.map { $0.lowerBound >= 0 && $0.upperBound <= batchSize } ?? true)
    all = cases
    self.samples = samples ?? 0..<batchSize
    isFlat = patchSize.count == 2
    sampler = PatchSampler(
      batchSize: batchSize, initialPatchSize: initialPatchSize, finalPatchSize: patchSize,
      foregroundShare: foregroundShare)
    negatives = sampler.count(ofShare: negativeShare)
    func hasForeground(_ index: Int) -> Bool {
      cases.cases[index].classLocations.contains { $0.count > 0 && $0.values.first != -1 }
    }
    healthy = cases.cases.indices.filter { !hasForeground($0) }
    diseased = cases.cases.indices.filter(hasForeground)
  }

  /// The memory of a batch in bytes.
  public var batchBytes: Double {
    sampler.size.reduce(Double(samples.count)) { $0 * Double($1) }
      * Double(4 * all.cases[0].channels + 2 * maps)
  }

  private var maps: Int { all.previous.isEmpty ? 1 : 2 }

  /// Draws a batch.
  ///
  /// - Throws: `LearningError` with the code `input` where a patch holds infinities or NaN.
  public func batch(using rng: inout some RandomNumberGenerator) throws -> PatchBatch {
    let cases = all.cases
    var choices = sampler.batch(caseCount: cases.count, using: &rng) {
      (cases[$0].shape, cases[$0].classLocations)
    }
    for i in 0..<negatives { choices[i] = negative(using: &rng) ?? choices[i] }
    choices = Array(choices[samples])
    let channels = cases[0].channels
    let voxels = sampler.size.reduce(1, *)
    // A 2D patch is one slice thick and loses the axis.
    let spatial = isFlat ? Array(sampler.size.dropFirst()) : sampler.size
    var images = [Float](repeating: 0, count: choices.count * channels * voxels)
    var labels = [Int16](repeating: -1, count: choices.count * maps * voxels)
    try images.withUnsafeMutableBufferPointer { images in
      try labels.withUnsafeMutableBufferPointer { labels in
        for (i, choice) in choices.enumerated() {
          let n = channels * voxels
          let source = cases[choice.caseIndex]
          let data = UnsafeMutableBufferPointer(rebasing: images[i * n..<(i + 1) * n])
          func map(_ m: Int) -> UnsafeMutableBufferPointer<Int16> {
            let start = (i * maps + m) * voxels
            return UnsafeMutableBufferPointer(rebasing: labels[start..<start + voxels])
          }
          source.readPatch(start: choice.start, size: sampler.size, data: data, labels: map(0))
          if maps == 2 {
            all.previous[choice.caseIndex].readPatch(
              start: choice.start, size: sampler.size, data: nil, labels: map(1))
          }
          guard Self.isFinite(data) else {
            throw LearningError(
              .input, subject: source.url.path,
              detail: "holds values that are no numbers; run the preprocessing again")
          }
        }
      }
    }
    return PatchBatch(
      shape: [choices.count, channels] + spatial, images: images, labels: labels, maps: maps)
  }

  /// Draws a patch without foreground, half of the time of a case without any foreground.
  ///
  /// Where patches are too large to avoid the foreground of a diseased case, a healthy case is
  /// taken; `nil` where there is none.
  private func negative(using rng: inout some RandomNumberGenerator) -> PatchSampler.Choice? {
    let attempts = 16
    for attempt in 1...attempts {
      let isHealthy =
        attempt == attempts || diseased.isEmpty || Bool.random(using: &rng)
      guard let index = (isHealthy ? healthy : diseased).randomElement(using: &rng) else {
        continue
      }
      let source = all.cases[index]
      let start = sampler.start(
        forced: false, shape: source.shape, locations: source.classLocations, using: &rng)
      if isHealthy || source.isBackground(start: start, size: sampler.size) {
        return PatchSampler.Choice(caseIndex: index, start: start, isForced: false)
      }
    }
    return nil
  }

  /// Whether no value is infinite or NaN.
  private static func isFinite(_ values: UnsafeMutableBufferPointer<Float>) -> Bool {
    // The maximum of the bits without the sign, because a maximum of integers needs no branch.
    values.reduce(UInt32(0)) { max($0, $1.bitPattern & 0x7FFF_FFFF) } < 0x7F80_0000
  }
}
