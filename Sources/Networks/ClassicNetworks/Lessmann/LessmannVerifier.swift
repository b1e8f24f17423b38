// SPDX-License-Identifier: Apache-2.0
package import Learning
package import Torch

/// The second network of Lessmann 2018, which tells calcium from the first network's false positives by
/// 65×65 pixels of three planes.
///
/// The planes share kernels and have batch norms of their own. 909,842 parameters.
package final class LessmannVerifier {
  /// The edge of a plane in pixels.
  package static let edge = 65
  /// Features, edge of the kernel, and whether a maximum over 2×2 pixels follows.
  private static let sizes = [(24, 5, true), (32, 3, true), (48, 3, true), (32, 1, false)]
  /// The features behind the layers: 32 of 6×6 pixels of three planes.
  private static let flat = 3 * 32 * 6 * 6
  private static let dropped = 0.5

  private struct Layer {
    let weight: Tensor
    let bias: Tensor
    let norms: [BatchNorm]
    let isPooled: Bool

    func callAsFunction(_ x: Tensor, plane: Int, isTraining: Bool) throws -> Tensor {
      let y = try x.convolution(weight, bias: bias, stride: [1, 1], padding: [0, 0]).elu()
      let normalised = try norms[plane](y, isTraining: isTraining)
      return isPooled ? try normalised.maxPool(kernel: [2, 2]) : normalised
    }
  }

  private let layers: [Layer]
  private let hidden: LinearLayer
  private let hiddenNorm: BatchNorm
  private let head: LinearLayer

  /// A network with random weights (He 2015), the same for the same seed on every device.
  package init(seed: UInt64, on device: Device) throws {
    try device.requireAvailable()
    var maker = ParameterMaker(
      generator: KeyedGenerator(seed: seed, purpose: .weights, epoch: 1), slope: 0, device: device)
    var inputs = 1
    layers = try Self.sizes.map { outputs, kernel, isPooled in
      defer { inputs = outputs }
      return Layer(
        weight: try maker.uniformWeight([outputs, inputs, kernel, kernel]),
        bias: try maker.constant(0, outputs),
        norms: try (0..<3).map { _ in try BatchNorm(outputs, using: &maker) }, isPooled: isPooled)
    }
    hidden = try LinearLayer(uniformFrom: Self.flat, to: 256, using: &maker)
    hiddenNorm = try BatchNorm(256, using: &maker)
    head = try LinearLayer(uniformFrom: 256, to: 2, using: &maker)
  }

  /// What the optimiser changes, in an order that never changes.
  package var parameters: [NamedParameter] {
    layers.enumerated().flatMap { i, layer in
      [("layers.\(i).weight", layer.weight), ("layers.\(i).bias", layer.bias)]
        + layer.norms.enumerated().flatMap { $1.parameters("layers.\(i).norms.\($0)") }
    } + hidden.parameters("hidden") + hiddenNorm.parameters("hidden_norm")
      + head.parameters("head")
  }

  /// The running statistics of the batch norms, which predictions use.
  package var statistics: [NamedParameter] {
    layers.enumerated().flatMap { i, layer in
      layer.norms.enumerated().flatMap { $1.statistics("layers.\(i).norms.\($0)") }
    } + hiddenNorm.statistics("hidden_norm")
  }

  /// The logits (batch, 2) of no calcium and calcium.
  ///
  /// - Parameters:
  ///   - planes: windowed planes (batch, 1, 65, 65) of each orientation.
  ///   - isTraining: whether batch norms use the statistics of this batch, and remember them.
  ///   - dropout: what drops features in training.
  package func logits(
    _ planes: [Tensor], isTraining: Bool, dropout: inout Dropout
  ) throws -> Tensor {
    let flat = try planes.enumerated().map { i, plane in
      try layers.reduce(plane) { try $1($0, plane: i, isTraining: isTraining) }
        .reshaped([plane.shape[0], -1])
    }
    var x = try dropout(Tensor.concatenated(flat, along: 1), share: Self.dropped)
    x = try hiddenNorm(hidden(x).elu(), isTraining: isTraining)
    return try head(dropout(x, share: Self.dropped))
  }

  /// The cross-entropy of a minibatch without the penalty of the weights; targets (batch) of int64.
  package func loss(
    _ planes: [Tensor], targets: Tensor, isTraining: Bool, dropout: inout Dropout
  ) throws -> Tensor {
    try logits(planes, isTraining: isTraining, dropout: &dropout).crossEntropy(targets)
  }
}
