// SPDX-License-Identifier: Apache-2.0
import Text
public import Volume

/// The mean of several configurations' probabilities of one case.
///
/// Folds of one configuration are averaged as logits. Configurations are averaged as float32
/// probabilities, because their logits need not have the same scale (nnU-Net's `ensemble`).
public struct ConfigurationEnsemble: Sendable {
  private var sum: [Volume<Float>] = []
  private var members = 0

  /// An ensemble without members.
  public init() {}

  /// Adds a member's probabilities, one volume for each output channel.
  ///
  /// - Throws: `NNUNetError` with the code `export` where channels or extents differ from the first
  ///   member's.
  public mutating func add(_ probabilities: [Volume<Float>], subject: String) throws(NNUNetError) {
    members += 1
    guard members > 1 else {
      sum = probabilities
      return
    }
    guard probabilities.count == sum.count,
      zip(probabilities, sum).allSatisfy({ $0.extent == $1.extent })
    else {
      throw NNUNetError(
        .export, subject,
        "has \(counted(probabilities.count, "channel")) of \(probabilities.first?.extent.description ?? "nothing"), "
          + "the first model \(sum.count) of \(sum.first?.extent.description ?? "nothing")")
    }
    for (channel, other) in probabilities.enumerated() {
      for i in other.voxels.indices { sum[channel].voxels[i] += other.voxels[i] }
    }
  }

  /// The mean, channel by channel.
  public var mean: [Volume<Float>] {
    let count = Float(max(1, members))
    return sum.map { $0.map { $0 / count } }
  }
}
