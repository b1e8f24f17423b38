// SPDX-License-Identifier: Apache-2.0
import NNUNet
public import Torch

/// nnU-Net's U-Net with an encoder of residual blocks, in two or three dimensions.
///
/// A convolution at full resolution comes first. Each stage is a row of residual blocks, the first of
/// which has the stage's stride. The decoder is that of `PlainConvUNet` (Isensee 2024; names and
/// order of the parameters as in dynamic-network-architectures 0.4).
public final class ResidualEncoderUNet: SegmentationNetwork {
  /// The architecture of the network; its `nConvPerStage` counts residual blocks.
  public let architecture: UNetArchitecture
  private let stem: ConvBlock
  private let encoder: [[ResidualBlock]]
  private let decoder: UNetDecoder

  /// A network with He's initial values, the same for the same generator on every device.
  public init(
    _ architecture: UNetArchitecture, on device: Device = .cpu,
    using generator: inout some RandomNumberGenerator
  ) throws {
    self.architecture = architecture
    var maker = ParameterMaker(
      generator: generator, slope: NetworkArchitecture.negativeSlope, device: device)
    let ones = [Int](repeating: 1, count: architecture.dimensions)
    var channels = architecture.featuresPerStage[0]
    stem = try ConvBlock(
      architecture, from: architecture.inputChannels, to: channels,
      kernel: architecture.kernelSizes[0], stride: ones, using: &maker)
    var encoder: [[ResidualBlock]] = []
    for s in 0..<architecture.nStages {
      var blocks: [ResidualBlock] = []
      for b in 0..<architecture.nConvPerStage[s] {
        blocks.append(
          try ResidualBlock(
            architecture, from: channels, to: architecture.featuresPerStage[s],
            kernel: architecture.kernelSizes[s], stride: b == 0 ? architecture.strides[s] : ones,
            using: &maker))
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
    var x = try stem(image)
    var skips: [Tensor] = []
    for blocks in encoder {
      for block in blocks { x = try block(x) }
      skips.append(x)
    }
    return try decoder(consume skips, all: all)
  }

  /// The parameters in PyTorch's order.
  public var parameters: [NamedParameter] {
    var list = stem.parameters("encoder.stem.convs.0")
    for (s, blocks) in encoder.enumerated() {
      for (b, block) in blocks.enumerated() {
        list += block.parameters("encoder.stages.\(s).blocks.\(b)")
      }
    }
    return list + decoder.parameters
  }
}
