// SPDX-License-Identifier: Apache-2.0
public import NNUNet
public import Torch

/// What a network is trained against: the label map, or a stack of regions.
public struct TrainingTarget: Sendable, Hashable {
  /// The label values of each region; empty for training on labels.
  public let regions: [[Int]]
  /// The label of voxels that do not count.
  public let ignoredLabel: Int?

  /// The target of a data set's labels.
  public init(_ scheme: LabelScheme) {
    regions = scheme.hasRegions ? scheme.foregroundClasses : []
    ignoredLabel = scheme.ignoreLabel
  }

  /// The target of labels (B, 1, spatial…), which lie at 0 or above.
  ///
  /// Labels stay as they are, the ignored one included. Regions become (B, regions, spatial…) of
  /// `bool`, which may overlap; where a label is ignored its voxels are one channel more, the last.
  public func callAsFunction(_ labels: Tensor) throws -> Tensor {
    guard labels.rank >= 3, labels.shape[1] == 1 else {
      throw LearningError(
        .input, subject: "labels of shape \(labels.shape)",
        detail: "(batch, 1, spatial axes…) were expected")
    }
    if regions.isEmpty { return labels }
    let stack = regions + (ignoredLabel.map { [[$0]] } ?? [])
    return try .concatenated(
      stack.map { values in
        // A voxel lies in a region unless it has none of its labels.
        try values.reduce(Tensor.ones(labels.shape, dtype: .bool, on: labels.device)) {
          try $0.and(labels.equals(Double($1)).not())
        }.not()
      }, along: 1)
  }
}
