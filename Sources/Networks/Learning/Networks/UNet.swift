// SPDX-License-Identifier: Apache-2.0
import NNUNet
public import Torch

/// nnU-Net's U-Net, with an encoder of plain convolutions or of residual blocks, in two or three
/// dimensions.
///
/// The family of the architecture decides which encoder it has. Each stage of the decoder is a
/// transposed convolution, the skip connection beside its result, and a row of convolutions
/// (Isensee 2021 and 2024; names and order of the parameters as in
/// dynamic-network-architectures 0.4).
///
/// ```swift
/// var generator = SystemRandomNumberGenerator()
/// let network = try UNet(architecture, using: &generator)
/// let logits = try network(image)
/// ```
public final class UNet: ProbedNetwork {
  /// The architecture of the network.
  public let architecture: UNetArchitecture
  private let encoder: UNetEncoder
  private let decoder: UNetDecoder

  /// A network with He's initial values, the same for the same generator on every device.
  public init(
    _ architecture: UNetArchitecture, on device: Device = .cpu,
    using generator: inout some RandomNumberGenerator
  ) throws {
    self.architecture = architecture
    var maker = ParameterMaker(
      generator: generator, slope: NetworkArchitecture.negativeSlope, device: device)
    encoder = try UNetEncoder(architecture, using: &maker)
    decoder = try UNetDecoder(architecture, using: &maker)
    generator = maker.generator
  }

  /// The logits at every grid of the decoder, finest first; only the finest unless `all`.
  public func logits(_ image: Tensor, all: Bool) throws -> [Tensor] {
    try architecture.requireFits(image.shape)
    return try decoder(encoder(image), all: all)
  }

  /// The stages of the encoder, finest first, and those of the decoder, coarsest first.
  public var stageNames: [String] {
    (0..<architecture.nStages).map { "encoder.stages.\($0)" }
      + (0..<architecture.nStages - 1).map { "decoder.stages.\($0)" }
  }

  /// The logits of the finest grid, computed under a probe.
  public func logits(_ image: Tensor, probe: any NetworkProbe) throws -> Tensor {
    try architecture.requireFits(image.shape)
    let outputs = try decoder(encoder(image, probe: probe), all: false, probe: probe)
    guard let finest = outputs.first else {
      throw LearningError(.architecture, subject: "network", detail: "it has no output")
    }
    return finest
  }

  /// The parameters in PyTorch's order.
  public var parameters: [NamedParameter] { encoder.parameters + decoder.parameters }
}
