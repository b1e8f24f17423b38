// SPDX-License-Identifier: Apache-2.0
import Learning
import Torch

/// A matrix and a bias: every output sees every input.
struct DenseLayer {
  /// (outputs, inputs, 1): a convolution over one position.
  private let weight: Tensor
  private let bias: Tensor

  init<Generator>(
    from inputs: Int, to outputs: Int, using maker: inout ParameterMaker<Generator>
  ) throws {
    weight = try maker.weight([outputs, inputs, 1])
    bias = try maker.constant(0, outputs)
  }

  /// The outputs (batch, outputs) of inputs (batch, inputs).
  func callAsFunction(_ x: Tensor) throws -> Tensor {
    try x.unsqueezed(2).convolution(weight, bias: bias, stride: [1], padding: [0]).squeezed(2)
  }

  /// The parameters.
  func parameters(_ prefix: String) -> [NamedParameter] {
    [("\(prefix).weight", weight), ("\(prefix).bias", bias)]
  }
}
