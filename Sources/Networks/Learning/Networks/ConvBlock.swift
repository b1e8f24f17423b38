// SPDX-License-Identifier: Apache-2.0
import NNUNet
public import Torch

/// A parameter and its name in PyTorch's state dictionaries.
public typealias NamedParameter = (name: String, tensor: Tensor)

/// A convolution, an instance normalisation and, unless `hasActivation` is false, a leaky ReLU.
struct ConvBlock {
  let weight: Tensor
  let bias: Tensor?
  let normWeight: Tensor
  let normBias: Tensor
  let stride: [Int]
  let padding: [Int]
  let epsilon: Double
  let slope: Double
  let hasActivation: Bool
  let trainsInGroups: Bool

  /// A block from one number of channels to another; with stride 1 the grid does not change.
  init<Generator>(
    _ architecture: UNetArchitecture, from inputs: Int, to outputs: Int, kernel: [Int],
    stride: [Int], bias hasBias: Bool = true, normScale: Double = 1, hasActivation: Bool = true,
    using maker: inout ParameterMaker<Generator>
  ) throws {
    weight = try maker.weight([outputs, inputs] + kernel)
    bias = architecture.convBias && hasBias ? try maker.constant(0, outputs) : nil
    normWeight = try maker.constant(normScale, outputs)
    normBias = try maker.constant(0, outputs)
    self.stride = stride
    padding = kernel.map { ($0 - 1) / 2 }
    epsilon = architecture.normEps
    slope = NetworkArchitecture.negativeSlope
    self.hasActivation = hasActivation
    // Group normalisation with one group a channel is the same computation but for rounding. Its
    // kernel makes a training pass on the processor 5 to 15 % faster, contiguous or channels last.
    // Predictions do not use it, because they have nnunetv2's bits. On GPUs autocast would compute
    // it in single precision.
    trainsInGroups = maker.device == .cpu
  }

  func callAsFunction(_ x: Tensor, probe: (any NetworkProbe)? = nil) throws -> Tensor {
    let z = try x.convolution(weight, bias: bias, stride: stride, padding: padding)
    guard try probe != nil || recordsGradients() else {
      return try z.normalisedPlanes(
        weight: normWeight, bias: normBias, epsilon: epsilon, slope: hasActivation ? slope : 1)
    }
    let y =
      try trainsInGroups
      ? z.groupNorm(
        groups: normWeight.count, weight: normWeight, bias: normBias, epsilon: epsilon)
      : z.instanceNorm(weight: normWeight, bias: normBias, epsilon: epsilon)
    if let probe { return hasActivation ? try probe.activation(y, slope: slope) : y }
    // In place: the normalisation's backward pass needs its input only, not its output.
    if hasActivation { try y.leakyReLUInPlace(slope: slope) }
    return y
  }

  /// The parameters, in PyTorch's order.
  func parameters(_ prefix: String) -> [NamedParameter] {
    var list: [NamedParameter] = [("\(prefix).conv.weight", weight)]
    if let bias { list.append(("\(prefix).conv.bias", bias)) }
    list.append(("\(prefix).norm.weight", normWeight))
    list.append(("\(prefix).norm.bias", normBias))
    return list
  }
}
