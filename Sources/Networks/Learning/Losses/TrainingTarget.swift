// SPDX-License-Identifier: Apache-2.0
public import NNUNet
import Text
public import Torch

/// The target of a training: the label map, or a mask for each region.
public struct TrainingTarget: Sendable, Hashable {
  /// The label values of each region; empty for training on labels.
  public let regions: [[Int]]
  /// The label of ignored voxels.
  public let ignoreLabel: Int?

  /// The target for the labels of a data set.
  public init(_ scheme: LabelScheme) {
    regions = scheme.hasRegions ? scheme.foregroundClasses : []
    ignoreLabel = scheme.ignoreLabel
  }

  /// The target of labels (B, 1, spatial…) without negative values.
  ///
  /// Labels do not change, and the ignored label remains. Regions become (B, regions, spatial…) of
  /// `bool`, which may overlap; where a label is ignored, a last channel marks its voxels.
  public func callAsFunction(_ labels: Tensor) throws -> Tensor {
    guard labels.rank >= 3, labels.shape[1] == 1 else {
      throw LearningError(
        .input, subject: "labels of shape \(crossed(labels.shape))",
        detail: "(batch, 1, spatial axes…) were expected")
    }
    if regions.isEmpty { return labels }
    let stack = regions + (ignoreLabel.map { [[$0]] } ?? [])
    return try .concatenated(
      stack.map { values in
        // A voxel is in a region unless it has none of its labels.
        try values.reduce(Tensor.ones(labels.shape, dtype: .bool, on: labels.device)) {
          try $0.and(labels.equals(Double($1)).not())
        }.not()
      }, along: 1)
  }
}
