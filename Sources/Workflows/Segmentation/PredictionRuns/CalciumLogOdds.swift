// SPDX-License-Identifier: Apache-2.0
import Foundation
import NNUNet

/// The log-odds of calcium of whatever label, from a network's logits.
///
/// With plain labels, whose probabilities add up to 1, calcium is all that is not background.
/// Regions overlap and have no background channel; there it is the highest logit among the regions
/// that an export writes as a foreground label.
struct CalciumLogOdds: Sendable {
  /// The channels of foreground.
  private let channels: [Int]
  private let hasRegions: Bool
  private let channelCount: Int

  /// The log-odds for the output channels of a data set's labels.
  init(_ labels: LabelScheme) {
    hasRegions = labels.hasRegions
    channelCount = labels.outputCount
    let values = labels.outputValues
    channels = values.indices.filter { values[$0] != 0 }
  }

  /// The natural logarithm of p / (1 − p) at a voxel of logits (channel, z, y, x).
  func value(of logits: [Float16], at voxel: Int) -> Float {
    let voxels = logits.count / channelCount
    let values = channels.map { Float(logits[$0 * voxels + voxel]) }
    let largest = values.max() ?? -.infinity
    if hasRegions { return largest }
    let sum = values.reduce(0) { $0 + exp($1 - largest) }
    return largest + log(sum) - Float(logits[voxel])
  }
}
