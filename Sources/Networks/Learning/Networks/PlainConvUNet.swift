// SPDX-License-Identifier: Apache-2.0
import NNUNet
public import Torch

/// nnU-Net's default network: a U-Net of plain convolutions, in two or three dimensions.
///
/// Each stage of the encoder is a row of blocks of convolution, instance normalisation and leaky
/// ReLU; the first block has the stage's stride. Each stage of the decoder is a transposed
/// convolution, the skip connection beside its result, and such a row (Isensee 2021; names and order
/// of the parameters as in dynamic-network-architectures 0.4).
public final class PlainConvUNet: SegmentationNetwork {
  /// The architecture of the network.
  public let architecture: UNetArchitecture
  private let encoder: [[ConvBlock]]
  private let decoder: UNetDecoder

  /// A network with He's initial values, the same for the same generator on every device.
  public init(
    _ architecture: UNetArchitecture, on device: Device = .cpu,
    using generator: inout some RandomNumberGenerator
  ) throws {
    self.architecture = architecture
    var maker = ParameterMaker(
      generator: generator, slope: NetworkArchitecture.negativeSlope, device: device)
    var encoder: [[ConvBlock]] = []
    var channels = architecture.inputChannels
    for s in 0..<architecture.nStages {
      var blocks: [ConvBlock] = []
      for i in 0..<architecture.nConvPerStage[s] {
        let stride =
          i == 0 ? architecture.strides[s] : [Int](repeating: 1, count: architecture.dimensions)
        blocks.append(
          try ConvBlock(
            architecture, from: channels, to: architecture.featuresPerStage[s],
            kernel: architecture.kernelSizes[s], stride: stride, using: &maker))
        channels = architecture.featuresPerStage[s]
      }
      encoder.append(blocks)
    }
    self.encoder = encoder
    decoder = try UNetDecoder(architecture, using: &maker)
    generator = maker.generator
  }

  /// The logits at every grid of the decoder, finest first; only the finest unless `all`.
  public func logits(_ image: Tensor, all: Bool) throws -> [Tensor] {
    try architecture.requireFits(image.shape)
    var x = image
    var skips: [Tensor] = []
    for blocks in encoder {
      for block in blocks { x = try block(x) }
      skips.append(x)
    }
    return try decoder(consume skips, all: all)
  }

  /// The parameters in PyTorch's order.
  public var parameters: [NamedParameter] {
    var list: [NamedParameter] = []
    for (s, blocks) in encoder.enumerated() {
      for (i, block) in blocks.enumerated() {
        list += block.parameters("encoder.stages.\(s).0.convs.\(i)")
      }
    }
    return list + decoder.parameters
  }
}
