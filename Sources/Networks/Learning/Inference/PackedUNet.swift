// SPDX-License-Identifier: Apache-2.0
import NNUNet
public import Torch

/// A trained U-Net made ready to predict on a processor.
///
/// It computes the same function as the trained network. Weights lie in the processor's own order,
/// channels last. Normalisation, addition and activation are one pass in place. Skip connections
/// are never copied beside the upsampled image, and the head is computed with the last
/// normalisation. In float32 logits differ from those of the network by rounding alone. The biases
/// of convolutions before a normalisation are left out, because the normalisation removes them
/// again.
public final class PackedUNet {
  /// The architecture of the network.
  public let architecture: UNetArchitecture
  /// The kind of numbers that convolutions multiply.
  public let dtype: DType
  private let encoder: [PackedStage]
  private let decoder: [PackedDecoderStage]
  private let head: (weight: Tensor, bias: Tensor)

  /// Whether a network on a device can be packed for numbers of a kind.
  ///
  /// Only a `UNet` on the processor can.
  public static func canPack(
    _ network: any SegmentationNetwork, on device: Device, dtype: DType
  ) throws -> Bool {
    try device == .cpu && network is UNet && PackedConvolution.isSupported(dtype)
  }

  /// Packs a network for patches of a size; images of other sizes are computed more slowly.
  public init(_ network: any SegmentationNetwork, patch: [Int], dtype: DType = .float32) throws {
    let architecture = network.architecture
    try architecture.requireFits([1, architecture.inputChannels] + patch)
    let tensors = Dictionary(
      network.parameters.map { ($0.name, $0.tensor) }, uniquingKeysWith: { first, _ in first })
    let isResidual = architecture.family == .residualEncoderUNet
    let packer = LayerPacker(architecture: architecture, tensors: tensors, dtype: dtype)
    (encoder, decoder, head) = try withInferenceMode {
      var encoder: [PackedStage] = []
      var grid = patch
      if isResidual {
        encoder.append(
          .plain([try packer.block("encoder.stem.convs.0", grid: grid)]))
      }
      for s in 0..<architecture.nStages {
        let count = architecture.nConvPerStage[s]
        encoder.append(
          isResidual
            ? .residual(
              try (0..<count).map {
                try packer.residual(
                  "encoder.stages.\(s).blocks.\($0)", stage: s, isFirst: $0 == 0, grid: &grid)
              })
            : .plain(
              try (0..<count).map {
                let name = "encoder.stages.\(s).0.convs.\($0)"
                return try packer.block(name, stage: s, isFirst: $0 == 0, grid: &grid)
              }))
      }
      var decoder: [PackedDecoderStage] = []
      for d in 0..<architecture.nStages - 1 {
        decoder.append(try packer.decoderStage(d, grid: &grid))
      }
      let last = "decoder.seg_layers.\(architecture.nStages - 2)"
      return (
        encoder, decoder,
        (try packer.tensor("\(last).weight"), try packer.tensor("\(last).bias"))
      )
    }
    self.architecture = architecture
    self.dtype = dtype
  }

  /// The finest logits (batch, classes, spatial axes…), float32, of an image.
  public func callAsFunction(_ image: Tensor) throws -> Tensor {
    try architecture.requireFits(image.shape)
    var x = try image.to(dtype)
    var skips: [Tensor] = []
    for (i, stage) in encoder.enumerated() {
      x = try stage(x)
      // A residual encoder begins with a stem, whose output is no skip connection.
      if i > encoder.count - architecture.nStages - 1 { skips.append(x) }
    }
    skips.removeLast()
    for (d, stage) in decoder.enumerated() {
      let skip = skips.removeLast()
      guard d == decoder.count - 1 else {
        x = try stage(x, beside: skip)
        continue
      }
      return try stage(x, beside: skip, head: head.weight, bias: head.bias)
    }
    throw LearningError(.architecture, subject: "network", detail: "it has no output")
  }
}
