// SPDX-License-Identifier: Apache-2.0
import NNUNet
import Torch

/// A convolution, its normalisation and, unless it is switched off, its activation.
struct PackedBlock {
  /// One convolution; or two whose results are added, of the upsampled image and of the skip
  /// connection.
  let convolutions: [PackedConvolution]
  let weight: Tensor
  let bias: Tensor
  let epsilon: Double
  let slope: Double

  func callAsFunction(
    _ x: Tensor, beside skip: Tensor? = nil, adding other: Tensor? = nil, hasActivation: Bool = true
  ) throws -> Tensor {
    let y = try convolved(x, skip)
    try y.normaliseInPlace(
      weight: weight, bias: bias, epsilon: epsilon, slope: hasActivation ? slope : 1, adding: other)
    return y
  }

  func logits(_ x: Tensor, beside skip: Tensor?, head: Tensor, bias headBias: Tensor) throws
    -> Tensor
  {
    try convolved(x, skip).normalisedIntoLogits(
      weight: weight, bias: bias, epsilon: epsilon, slope: slope, head: head, headBias: headBias)
  }

  private func convolved(_ x: Tensor, _ skip: Tensor?) throws -> Tensor {
    let y = try convolutions[0](x)
    if let skip, convolutions.count > 1 { try convolutions[1].add(skip, onto: y) }
    return y
  }
}

/// Two blocks beside a shortcut.
struct PackedResidual {
  let first: PackedBlock
  let second: PackedBlock
  let pool: [Int]?
  let projection: PackedBlock?

  func callAsFunction(_ x: Tensor) throws -> Tensor {
    var shortcut = x
    if let pool {
      // libtorch pools volumes in float32 alone.
      let dtype = try shortcut.dtype
      shortcut = try shortcut.to(.float32).averagePool(kernel: pool).to(dtype)
        .contiguous(.channelsLast)
    }
    if let projection { shortcut = try projection(shortcut, hasActivation: false) }
    return try second(first(x), adding: shortcut)
  }
}

/// One stage of an encoder.
enum PackedStage {
  case plain([PackedBlock])
  case residual([PackedResidual])

  func callAsFunction(_ image: Tensor) throws -> Tensor {
    var x = image
    switch self {
    case .plain(let blocks): for block in blocks { x = try block(x) }
    case .residual(let blocks): for block in blocks { x = try block(x) }
    }
    return x
  }
}

/// One stage of the decoder: upsampling, the skip connection beside its result, and a row of
/// blocks.
struct PackedDecoderStage {
  let up: PackedConvolution
  let blocks: [PackedBlock]

  func callAsFunction(_ below: Tensor, beside skip: Tensor) throws -> Tensor {
    var x = try blocks[0](up(below), beside: skip)
    for block in blocks.dropFirst() { x = try block(x) }
    return x
  }

  func callAsFunction(_ below: Tensor, beside skip: Tensor, head: Tensor, bias: Tensor) throws
    -> Tensor
  {
    guard blocks.count > 1, let last = blocks.last else {
      return try blocks[0].logits(up(below), beside: skip, head: head, bias: bias)
    }
    var x = try blocks[0](up(below), beside: skip)
    for block in blocks.dropFirst().dropLast() { x = try block(x) }
    return try last.logits(x, beside: nil, head: head, bias: bias)
  }
}

/// Packs the layers of a network, which are found by the names of their parameters.
///
/// `grid` is the spatial size of a layer's input and is changed by layers that have a stride.
struct LayerPacker {
  let architecture: UNetArchitecture
  let tensors: [String: Tensor]
  let dtype: DType

  func tensor(_ name: String) throws -> Tensor {
    guard let tensor = tensors[name] else {
      throw LearningError(.architecture, subject: name, detail: "the network has no such parameter")
    }
    return try tensor.detached()
  }

  private func packed(
    _ weight: Tensor, bias: Tensor? = nil, stride: [Int], grid: [Int], isTransposed: Bool = false
  ) throws -> PackedConvolution {
    let shape = weight.shape
    return try PackedConvolution(
      weight.to(dtype), bias: bias?.to(dtype), stride: stride,
      padding: isTransposed ? nil : shape.dropFirst(2).map { ($0 - 1) / 2 },
      isTransposed: isTransposed, shape: [1, shape[isTransposed ? 0 : 1]] + grid)
  }

  /// A block; `inputs` divides its input channels among several images.
  private func block(_ name: String, stride: [Int], grid: [Int], inputs: [Int]? = nil) throws
    -> PackedBlock
  {
    let weight = try tensor("\(name).conv.weight")
    var start = 0
    let convolutions = try (inputs ?? [weight.shape[1]]).map { count in
      defer { start += count }
      return try packed(weight.narrowed(1, from: start, length: count), stride: stride, grid: grid)
    }
    return PackedBlock(
      convolutions: convolutions, weight: try tensor("\(name).norm.weight"),
      bias: try tensor("\(name).norm.bias"), epsilon: architecture.normEps,
      slope: NetworkArchitecture.negativeSlope)
  }

  private var ones: [Int] { [Int](repeating: 1, count: architecture.dimensions) }

  func block(_ name: String, grid: [Int]) throws -> PackedBlock {
    try block(name, stride: ones, grid: grid)
  }

  /// A block of a plain encoder; the first of a stage makes the grid coarser.
  func block(_ name: String, stage: Int, isFirst: Bool, grid: inout [Int]) throws -> PackedBlock {
    let stride = isFirst ? architecture.strides[stage] : ones
    defer { grid = zip(grid, stride).map { $0 / $1 } }
    return try block(name, stride: stride, grid: grid)
  }

  func residual(_ name: String, stage: Int, isFirst: Bool, grid: inout [Int]) throws
    -> PackedResidual
  {
    let stride = isFirst ? architecture.strides[stage] : ones
    let isStrided = stride != ones
    let first = try block("\(name).conv1", stride: stride, grid: grid)
    grid = zip(grid, stride).map { $0 / $1 }
    let projection = "\(name).skip.\(isStrided ? 1 : 0)"
    return PackedResidual(
      first: first, second: try block("\(name).conv2", stride: ones, grid: grid),
      pool: isStrided ? stride : nil,
      projection: tensors["\(projection).conv.weight"] == nil
        ? nil : try block(projection, stride: ones, grid: grid))
  }

  /// Stage d of the decoder, counted from the coarsest grid.
  func decoderStage(_ d: Int, grid: inout [Int]) throws -> PackedDecoderStage {
    let stage = architecture.nStages - 1 - d
    let stride = architecture.strides[stage]
    let name = "decoder.transpconvs.\(d)"
    let up = try packed(
      tensor("\(name).weight"),
      bias: architecture.convBias ? tensor("\(name).bias") : nil, stride: stride, grid: grid,
      isTransposed: true)
    grid = zip(grid, stride).map { $0 * $1 }
    let channels = architecture.featuresPerStage[stage - 1]
    return PackedDecoderStage(
      up: up,
      blocks: try (0..<architecture.nConvPerStageDecoder[d]).map {
        try block(
          "decoder.stages.\(d).convs.\($0)", stride: ones, grid: grid,
          inputs: $0 == 0 ? [channels, channels] : nil)
      })
  }
}
