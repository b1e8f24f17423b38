// SPDX-License-Identifier: Apache-2.0
import Learning
import Torch

/// A matrix and a bias: every output sees every input.
struct LinearLayer {
  /// (outputs, inputs).
  private let weight: Tensor
  private let bias: Tensor

  init<Generator>(
    from inputs: Int, to outputs: Int, using maker: inout ParameterMaker<Generator>
  ) throws {
    weight = try maker.weight([outputs, inputs])
    bias = try maker.constant(0, outputs)
  }

  /// A layer of zeros.
  init(from inputs: Int, to outputs: Int, zeroOn device: Device) throws {
    weight = try .zeros([outputs, inputs], on: device)
    bias = try .zeros([outputs], on: device)
    try weight.requireGradient()
    try bias.requireGradient()
  }

  /// The outputs (batch, outputs) of inputs (batch, inputs).
  func callAsFunction(_ x: Tensor) throws -> Tensor {
    try x.product(withTransposed: weight) + bias
  }

  func parameters(_ prefix: String) -> [NamedParameter] {
    [("\(prefix).weight", weight), ("\(prefix).bias", bias)]
  }
}
