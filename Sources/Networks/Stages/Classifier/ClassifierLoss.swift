// SPDX-License-Identifier: Apache-2.0
import Torch

/// The classifier's loss: cross-entropy with smoothed labels, a weighted mean over the samples.
public struct ClassifierLoss: Codable, Hashable, Sendable {
  /// The share of a label that is spread evenly over all classes (Szegedy 2016).
  public var smoothing: Double
  /// The share of samples whose fine patch is not seen in training, so that the place must suffice.
  public var blindShare: Double

  /// A loss.
  public init(smoothing: Double = 0.05, blindShare: Double = 0.15) {
    self.smoothing = smoothing
    self.blindShare = blindShare
  }

  /// The loss of logits (batch, classes), one value.
  ///
  /// With z the logits, y the label and ε the smoothing, the loss of a sample is
  /// (1 − ε) CE(y) + ε · mean CE(k) = CE(y) + ε (z(y) − mean z).
  func callAsFunction(_ logits: Tensor, labels: [Int], weights: [Float]) throws -> Tensor {
    let device = try logits.device
    let target = try Tensor(labels).to(device)
    let right = try Tensor.zeros(logits.shape, on: device).scattered(1, target.unsqueezed(1), 1)
    let margin = try (logits * right).sum([1]) - logits.mean([1])
    let losses = try logits.crossEntropy(target, reduction: .none) + margin * smoothing
    let total = weights.reduce(0, +)
    return try (losses * Tensor(weights.map { $0 / total }).to(device)).sum()
  }
}
