// SPDX-License-Identifier: Apache-2.0
import Learning
import Torch

/// A convolution in three dimensions without bias, and a batch normalisation behind it.
struct NormalisedConvolution {
  private let weight: Tensor
  private let norm: BatchNorm
  private let stride: [Int]
  private let padding: [Int]

  /// A layer; with stride 1 the grid does not change.
  init<Generator>(
    from inputs: Int, to outputs: Int, kernel: Int = 3, stride: Int = 1,
    using maker: inout ParameterMaker<Generator>
  ) throws {
    weight = try maker.weight([outputs, inputs, kernel, kernel, kernel])
    norm = try BatchNorm(outputs, using: &maker)
    self.stride = [stride, stride, stride]
    padding = Array(repeating: (kernel - 1) / 2, count: 3)
  }

  /// The features (batch, outputs, z, y, x) of an image (batch, inputs, z, y, x).
  func callAsFunction(_ x: Tensor, isTraining: Bool) throws -> Tensor {
    try norm(
      x.convolution(weight, bias: nil, stride: stride, padding: padding), isTraining: isTraining)
  }

  func parameters(_ prefix: String) -> [NamedParameter] {
    [("\(prefix).conv.weight", weight)] + norm.parameters("\(prefix).norm")
  }

  func statistics(_ prefix: String) -> [NamedParameter] { norm.statistics("\(prefix).norm") }
}
