// SPDX-License-Identifier: Apache-2.0

/// Decides the label of each voxel from the network's output channels, given one after the other.
///
/// This is the only place that turns scores into labels. Label maps of predictions on every grid go
/// through it.
/// Of labels the channel with the largest score wins, and of equal scores the first one. Regions
/// overlap: every region whose score exceeds the threshold writes its value over earlier ones.
struct LabelDecision<Score: BinaryFloatingPoint, Label: FixedWidthInteger> {
  /// The label of each voxel after the channels so far.
  private(set) var labels: [Label]
  /// The value that each channel writes.
  private let values: [Label]
  /// What the score of a region must exceed; `nil` for labels.
  private let threshold: Score?
  /// The largest score of each voxel so far; unused for regions.
  private var best: [Score] = []
  private var channel = 0

  private init(_ scheme: LabelScheme, voxels: Int, threshold: Score) {
    labels = [Label](repeating: 0, count: voxels)
    values = scheme.outputValues.map { Label($0) }
    self.threshold = scheme.hasRegions ? threshold : nil
  }

  /// Takes in the scores of the next channel, one for each voxel.
  mutating func add(_ scores: UnsafeBufferPointer<Score>) {
    precondition(scores.count == labels.count, "one score for each voxel")
    let value = values[channel]
    if let threshold {
      Self.write(value, to: &labels, where: scores, exceed: threshold)
    } else if channel == 0 {
      best = Array(scores)
    } else {
      Self.write(value, to: &labels, where: scores, exceed: &best)
    }
    channel += 1
  }

  private static func write(
    _ value: Label, to labels: inout [Label], where scores: UnsafeBufferPointer<Score>,
    exceed threshold: Score
  ) {
    labels.withUnsafeMutableBufferPointer { labels in
      for i in scores.indices where scores[i] > threshold { labels[i] = value }
    }
  }

  private static func write(
    _ value: Label, to labels: inout [Label], where scores: UnsafeBufferPointer<Score>,
    exceed best: inout [Score]
  ) {
    labels.withUnsafeMutableBufferPointer { labels in
      best.withUnsafeMutableBufferPointer { best in
        for i in scores.indices where scores[i] > best[i] {
          best[i] = scores[i]
          labels[i] = value
        }
      }
    }
  }
}

extension LabelDecision where Score == Float16 {
  /// A decision by logits.
  ///
  /// A region is set where the sigmoid of its logit exceeds one half. Computed in float32, as
  /// nnU-Net does, it does so only above the smallest float16 number, 6e-8.
  init(logitsOf scheme: LabelScheme, voxels: Int) {
    self.init(scheme, voxels: voxels, threshold: .leastNonzeroMagnitude)
  }
}

extension LabelDecision where Score == Float {
  /// A decision by probabilities; a region is set where its probability exceeds one half.
  init(probabilitiesOf scheme: LabelScheme, voxels: Int) {
    self.init(scheme, voxels: voxels, threshold: 0.5)
  }
}
