// SPDX-License-Identifier: Apache-2.0
import Text
public import Torch

/// The weighted sum of a loss at several grids; the finest has the largest weight.
public struct DeepSupervision: Sendable, Equatable {
  /// The loss at each grid.
  public var loss: SegmentationLoss
  /// The weights, finest first.
  public let weights: [Double]

  /// The loss for a network with a number of outputs, at least 1.
  public init(_ loss: SegmentationLoss, outputs: Int) {
    self.loss = loss
    weights = Self.weights(outputs)
  }

  /// The loss for labels, for a network with a number of outputs.
  public init(_ loss: DiceCrossEntropy, outputs: Int) {
    self.init(.labels(loss), outputs: outputs)
  }

  /// The weights of the grids: 1, 1/2, 1/4, … and 0 for the coarsest, divided by their sum.
  ///
  /// A single output keeps the weight 1, where nnU-Net would divide 0 by 0.
  public static func weights(_ outputs: Int) -> [Double] {
    guard outputs > 1 else { return [1] }
    var weights = [Double](repeating: 1, count: outputs)
    for i in 1..<outputs { weights[i] = weights[i - 1] / 2 }
    weights[outputs - 1] = 0
    let sum = weights.reduce(0, +)
    return weights.map { $0 / sum }
  }

  /// The weighted loss of the logits of each grid, finest first.
  ///
  /// - Parameters:
  ///   - outputs: the logits of each grid, finest first.
  ///   - labels: the target on the finest grid. Labels are (batch, spatial axes…) of any
  ///     integer type, or have a channel axis of length 1; regions have a channel each.
  ///   - parallel: the processes that share the batch; the loss is then this process's part.
  public func callAsFunction(
    _ outputs: [Tensor], _ labels: Tensor, parallel: DataParallel? = nil
  ) throws -> Tensor {
    guard outputs.count == weights.count, let finest = outputs.first else {
      throw LearningError(
        .input, subject: "deep supervision",
        detail:
          "\(counted(weights.count, "output was", "outputs were")) expected, not \(outputs.count)")
    }
    let isFlat = labels.rank == finest.rank && labels.shape[1] == 1
    var labels = labels
    if isFlat, case .labels = loss { labels = try labels.squeezed(1) }
    var total: Tensor?
    for (output, weight) in zip(outputs, weights) where weight != 0 {
      let target = try Self.downsampled(labels, to: Array(output.shape.dropFirst(2)))
      let term = try loss(output, target, parallel: parallel) * weight
      total = try total.map { try $0 + term } ?? term
    }
    guard let total else { return try finest.sum() * 0 }
    return total
  }

  /// Labels (batch, spatial axes…) on a grid of another size, by nearest neighbours; there may be a
  /// channel axis.
  ///
  /// Output i takes input floor((i + 1/2) · in / out), PyTorch's "nearest-exact".
  public static func downsampled(_ labels: Tensor, to size: [Int]) throws -> Tensor {
    let extents = labels.shape.suffix(size.count)
    guard (1...2).contains(labels.rank - size.count), size.allSatisfy({ $0 > 0 }) else {
      throw LearningError(
        .input, subject: "labels of shape \(crossed(labels.shape))",
        detail: "they cannot be brought to the grid \(crossed(size))")
    }
    var labels = labels
    for (axis, (from, to)) in zip(extents, size).enumerated() where from != to {
      let indices = (0..<to).map { Swift.min((2 * $0 + 1) * from / (2 * to), from - 1) }
      labels = try labels.selected(
        labels.rank - size.count + axis, indices: Tensor(indices).to(labels.device))
    }
    return labels
  }
}
