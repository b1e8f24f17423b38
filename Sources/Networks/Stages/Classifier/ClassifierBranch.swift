// SPDX-License-Identifier: Apache-2.0
import Learning
import NNUNet
import Torch

/// Levels of two convolutions of 3×3 each, with group norm and leaky ReLU, and the mean over the
/// pixels at the end; each level but the first begins with stride 2.
struct ClassifierBranch {
  /// One convolution with what follows it.
  private struct Layer {
    let weight: Tensor
    let normWeight: Tensor
    let normBias: Tensor
    let stride: Int

    /// The number of groups, each of 8 channels where that divides them (Wu 2018).
    ///
    /// Unlike a normalisation of single channels they keep how bright one is beside the others.
    var groups: Int {
      let channels = normWeight.count
      return channels % 8 == 0 ? channels / 8 : 1
    }

    func callAsFunction(_ x: Tensor) throws -> Tensor {
      let y = try x.convolution(
        weight, bias: nil, stride: [stride, stride], padding: [1, 1]
      ).groupNorm(groups: groups, weight: normWeight, bias: normBias)
      try y.leakyReLUInPlace(slope: NetworkArchitecture.negativeSlope)
      return y
    }
  }

  private let layers: [Layer]

  init<Generator>(
    channels: Int, features: [Int], using maker: inout ParameterMaker<Generator>
  ) throws {
    var (layers, inputs) = ([Layer](), channels)
    for (level, outputs) in features.enumerated() {
      for i in 0..<2 {
        layers.append(
          Layer(
            weight: try maker.weight([outputs, inputs, 3, 3]),
            normWeight: try maker.constant(1, outputs), normBias: try maker.constant(0, outputs),
            stride: level > 0 && i == 0 ? 2 : 1))
        inputs = outputs
      }
    }
    self.layers = layers
  }

  /// The features (batch, channels) of images (batch, channels, rows, columns).
  func callAsFunction(_ images: Tensor) throws -> Tensor { try map(images).mean([2, 3]) }

  /// The features (batch, channels, rows, columns) of the last level, before their mean.
  func map(_ images: Tensor) throws -> Tensor {
    try layers.reduce(images.contiguous(.channelsLast)) { try $1($0) }
  }

  /// The parameters in the order of the layers.
  func parameters(_ prefix: String) -> [NamedParameter] {
    layers.enumerated().flatMap { i, layer in
      [
        ("\(prefix).\(i / 2).\(i % 2).conv.weight", layer.weight),
        ("\(prefix).\(i / 2).\(i % 2).norm.weight", layer.normWeight),
        ("\(prefix).\(i / 2).\(i % 2).norm.bias", layer.normBias),
      ]
    }
  }
}
