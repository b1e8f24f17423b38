// SPDX-License-Identifier: Apache-2.0
import NNUNet
import Torch

/// The encoder: a row of blocks for each stage, the first of which has the stage's stride.
///
/// The blocks are plain convolutions, or residual blocks after a convolution at full resolution.
struct UNetEncoder {
  /// One block of a stage.
  private enum Block {
    case plain(ConvBlock)
    case residual(ResidualBlock)

    func callAsFunction(_ x: Tensor, probe: (any NetworkProbe)?) throws -> Tensor {
      switch self {
      case .plain(let block): try block(x, probe: probe)
      case .residual(let block): try block(x, probe: probe)
      }
    }

    /// The parameters of the block of an index in a stage, in PyTorch's order.
    func parameters(stage: Int, index: Int) -> [NamedParameter] {
      switch self {
      case .plain(let block): block.parameters("encoder.stages.\(stage).0.convs.\(index)")
      case .residual(let block): block.parameters("encoder.stages.\(stage).blocks.\(index)")
      }
    }
  }

  /// The convolution at full resolution before the first stage of residual blocks.
  private let stem: ConvBlock?
  private let stages: [[Block]]

  init<Generator>(
    _ architecture: UNetArchitecture, using maker: inout ParameterMaker<Generator>
  ) throws {
    let isResidual = architecture.family == .residualEncoderUNet
    let ones = [Int](repeating: 1, count: architecture.dimensions)
    var channels = architecture.inputChannels
    if isResidual {
      stem = try ConvBlock(
        architecture, from: channels, to: architecture.featuresPerStage[0],
        kernel: architecture.kernelSizes[0], stride: ones, using: &maker)
      channels = architecture.featuresPerStage[0]
    } else {
      stem = nil
    }
    var stages: [[Block]] = []
    for s in 0..<architecture.nStages {
      let (outputs, kernel) = (architecture.featuresPerStage[s], architecture.kernelSizes[s])
      var blocks: [Block] = []
      for i in 0..<architecture.nConvPerStage[s] {
        let stride = i == 0 ? architecture.strides[s] : ones
        blocks.append(
          isResidual
            ? .residual(
              try ResidualBlock(
                architecture, from: channels, to: outputs, kernel: kernel, stride: stride,
                using: &maker))
            : .plain(
              try ConvBlock(
                architecture, from: channels, to: outputs, kernel: kernel, stride: stride,
                using: &maker)))
        channels = outputs
      }
      stages.append(blocks)
    }
    self.stages = stages
  }

  /// The image of each stage, finest first: the skip connections and the input of the decoder.
  func callAsFunction(_ image: Tensor, probe: (any NetworkProbe)? = nil) throws -> [Tensor] {
    var x = try stem?(image, probe: probe) ?? image
    var skips: [Tensor] = []
    for (s, blocks) in stages.enumerated() {
      for block in blocks { x = try block(x, probe: probe) }
      if let probe { x = try probe.stage("encoder.stages.\(s)", x) }
      skips.append(x)
    }
    return skips
  }

  /// The parameters, in PyTorch's order.
  var parameters: [NamedParameter] {
    var list = stem?.parameters("encoder.stem.convs.0") ?? []
    for (s, blocks) in stages.enumerated() {
      for (i, block) in blocks.enumerated() { list += block.parameters(stage: s, index: i) }
    }
    return list
  }
}
