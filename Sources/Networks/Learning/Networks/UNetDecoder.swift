// SPDX-License-Identifier: Apache-2.0
import NNUNet
import Torch

/// The decoder: upsampling to the finest grid, and the logits at every grid on the way.
///
/// Stage d counts from the coarsest grid. Any encoder serves that gives one image for each stage.
struct UNetDecoder {
  private let stages: [[ConvBlock]]
  private let up: [(weight: Tensor, bias: Tensor?, stride: [Int])]
  private let heads: [(weight: Tensor, bias: Tensor)]

  init<Generator>(
    _ architecture: UNetArchitecture, using maker: inout ParameterMaker<Generator>
  ) throws {
    let n = architecture.nStages
    let features = architecture.featuresPerStage
    var stages: [[ConvBlock]] = []
    var up: [(weight: Tensor, bias: Tensor?, stride: [Int])] = []
    var heads: [(weight: Tensor, bias: Tensor)] = []
    for d in 0..<n - 1 {
      let (below, here) = (features[n - 1 - d], features[n - 2 - d])
      let stride = architecture.strides[n - 1 - d]
      up.append(
        (
          try maker.weight([below, here] + stride),
          architecture.convBias ? try maker.constant(0, here) : nil, stride
        ))
      var blocks: [ConvBlock] = []
      for i in 0..<architecture.nConvPerStageDecoder[d] {
        blocks.append(
          try ConvBlock(
            architecture, from: i == 0 ? 2 * here : here, to: here,
            kernel: architecture.kernelSizes[n - 2 - d],
            stride: [Int](repeating: 1, count: architecture.dimensions), using: &maker))
      }
      stages.append(blocks)
      let ones = [Int](repeating: 1, count: architecture.dimensions)
      heads.append(
        (
          try maker.weight([architecture.classes, here] + ones),
          try maker.constant(0, architecture.classes)
        ))
    }
    self.stages = stages
    self.up = up
    self.heads = heads
  }

  /// The logits, finest first; only the finest unless `all`.
  ///
  /// Each skip connection is released as soon as it was used, because predictions need most memory
  /// at the end.
  func callAsFunction(
    _ encoded: consuming [Tensor], all: Bool, probe: (any NetworkProbe)? = nil
  ) throws -> [Tensor] {
    var skips = encoded
    guard var x = skips.popLast() else { return [] }
    var outputs: [Tensor] = []
    let records = try probe != nil || recordsGradients()
    for d in stages.indices {
      let skip = skips.removeLast()
      if records {
        let above = try x.transposedConvolution(
          up[d].weight, bias: up[d].bias, stride: up[d].stride)
        x = try .concatenated([above, skip], along: 1)
      } else {
        x = try x.upsampled(up[d].weight, bias: up[d].bias, stride: up[d].stride, beside: skip)
      }
      for block in stages[d] { x = try block(x, probe: probe) }
      if let probe { x = try probe.stage("decoder.stages.\(d)", x) }
      if all || d == stages.count - 1 {
        let one = up[d].stride.map { _ in 1 }
        outputs.append(
          try x.convolution(
            heads[d].weight, bias: heads[d].bias, stride: one, padding: one.map { $0 - 1 }))
      }
    }
    return outputs.reversed()
  }

  /// The parameters, in PyTorch's order.
  var parameters: [NamedParameter] {
    var list: [NamedParameter] = []
    for (d, blocks) in stages.enumerated() {
      for (i, block) in blocks.enumerated() {
        list += block.parameters("decoder.stages.\(d).convs.\(i)")
      }
    }
    for (d, layer) in up.enumerated() {
      list.append(("decoder.transpconvs.\(d).weight", layer.weight))
      if let bias = layer.bias { list.append(("decoder.transpconvs.\(d).bias", bias)) }
    }
    for (d, head) in heads.enumerated() {
      list.append(("decoder.seg_layers.\(d).weight", head.weight))
      list.append(("decoder.seg_layers.\(d).bias", head.bias))
    }
    return list
  }
}
