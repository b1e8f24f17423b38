// SPDX-License-Identifier: Apache-2.0
package import Torch

/// A matrix and a bias: every output sees every input.
package struct LinearLayer {
  /// (outputs, inputs).
  private let weight: Tensor
  private let bias: Tensor

  /// A layer of normally distributed weights (He 2015).
  package init<Generator>(
    from inputs: Int, to outputs: Int, using maker: inout ParameterMaker<Generator>
  ) throws {
    weight = try maker.weight([outputs, inputs])
    bias = try maker.constant(0, outputs)
  }

  /// A layer of uniformly distributed weights (He 2015).
  package init<Generator>(
    uniformFrom inputs: Int, to outputs: Int, using maker: inout ParameterMaker<Generator>
  ) throws {
    weight = try maker.uniformWeight([outputs, inputs])
    bias = try maker.constant(0, outputs)
  }

  /// A layer of zeros.
  package init(from inputs: Int, to outputs: Int, zeroOn device: Device) throws {
    weight = try .zeros([outputs, inputs], on: device)
    bias = try .zeros([outputs], on: device)
    try weight.requireGradient()
    try bias.requireGradient()
  }

  /// The outputs (batch, outputs) of inputs (batch, inputs).
  package func callAsFunction(_ x: Tensor) throws -> Tensor {
    try x.product(withTransposed: weight) + bias
  }

  /// What the optimiser changes.
  package func parameters(_ prefix: String) -> [NamedParameter] {
    [("\(prefix).weight", weight), ("\(prefix).bias", bias)]
  }
}

extension Tensor {
  /// The product of rows (batch, inputs) with a matrix (outputs, inputs): (batch, outputs).
  package func product(withTransposed matrix: Tensor) throws -> Tensor {
    // A convolution over one position; the table of operations has no transposition.
    try unsqueezed(2).convolution(matrix.unsqueezed(2), bias: nil, stride: [1], padding: [0])
      .squeezed(2)
  }
}
