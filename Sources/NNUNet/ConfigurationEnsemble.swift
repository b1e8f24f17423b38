// SPDX-License-Identifier: Apache-2.0
public import Volume

/// Several configurations' opinion of one case: the mean of their probabilities.
///
/// Folds of one configuration are averaged as logits, configurations as float32 probabilities,
/// because their logits need not have one scale (nnU-Net's `ensemble`).
public struct ConfigurationEnsemble: Sendable {
  private var sum: [Volume<Float>] = []
  private var members = 0

  /// An ensemble without members.
  public init() {}

  /// Adds a member's probabilities, one volume for each output channel.
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
        "has \(probabilities.count) channels of \(probabilities.first?.extent.description ?? "nothing"), "
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

extension LabelScheme {
  /// The label map of probabilities, one volume for each output channel.
  ///
  /// The first of equal maxima wins; a region is set where its probability exceeds one half.
  public func labelMap(probabilities: [Volume<Float>]) throws(NNUNetError) -> Volume<UInt8> {
    guard probabilities.count == outputCount, let first = probabilities.first,
      probabilities.allSatisfy({ $0.extent == first.extent })
    else { throw NNUNetError(.export, "prediction", "the channels do not fit the labels") }
    let values = (regionsClassOrder ?? allLabels).map { UInt8(clamping: $0) }
    var best = [Float](repeating: hasRegions ? 0.5 : -1, count: first.voxels.count)
    var map = [UInt8](repeating: 0, count: first.voxels.count)
    for (channel, value) in zip(probabilities, values) {
      for i in map.indices where channel.voxels[i] > best[i] {
        map[i] = value
        if !hasRegions { best[i] = channel.voxels[i] }
      }
    }
    return Volume(geometry: first.geometry, voxels: map)
  }
}
