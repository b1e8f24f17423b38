// SPDX-License-Identifier: Apache-2.0
import NNUNet
import Torch

/// Two convolutions beside a shortcut, added before the last activation (He 2015, ResNet-D of He
/// 2018).
///
/// The shortcut averages where the block has a stride, and projects by a 1 × 1 convolution without
/// bias and a normalisation where the channels change; otherwise it is the input itself.
struct ResidualBlock {
  private let first: ConvBlock
  private let second: ConvBlock
  private let pool: [Int]?
  private let projection: ConvBlock?

  init<Generator>(
    _ architecture: UNetArchitecture, from inputs: Int, to outputs: Int, kernel: [Int],
    stride: [Int], using maker: inout ParameterMaker<Generator>
  ) throws {
    let ones = [Int](repeating: 1, count: architecture.dimensions)
    first = try ConvBlock(
      architecture, from: inputs, to: outputs, kernel: kernel, stride: stride, using: &maker)
    // The last normalisation gives 0 at first, so that a new block passes on its shortcut alone.
    second = try ConvBlock(
      architecture, from: outputs, to: outputs, kernel: kernel, stride: ones, normScale: 0,
      hasActivation: false, using: &maker)
    pool = stride == ones ? nil : stride
    projection =
      inputs == outputs
      ? nil
      : try ConvBlock(
        architecture, from: inputs, to: outputs, kernel: ones, stride: ones, bias: false,
        hasActivation: false, using: &maker)
  }

  func callAsFunction(_ x: Tensor, probe: (any NetworkProbe)? = nil) throws -> Tensor {
    var shortcut = x
    if let pool { shortcut = try shortcut.averagePool(kernel: pool) }
    if let projection { shortcut = try projection(shortcut, probe: probe) }
    let y = try second(first(x, probe: probe), probe: probe) + shortcut
    if let probe { return try probe.activation(y, slope: first.slope) }
    try y.leakyReLUInPlace(slope: first.slope)
    return y
  }

  /// The parameters, in PyTorch's order; a projection is number 1 of the shortcut after a pool.
  func parameters(_ prefix: String) -> [NamedParameter] {
    first.parameters("\(prefix).conv1") + second.parameters("\(prefix).conv2")
      + (projection?.parameters("\(prefix).skip.\(pool == nil ? 0 : 1)") ?? [])
  }
}
