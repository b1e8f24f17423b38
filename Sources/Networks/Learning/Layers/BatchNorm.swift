// SPDX-License-Identifier: Apache-2.0
package import Torch

/// Batch normalisation with the running statistics that predictions use (Ioffe 2015).
package struct BatchNorm {
  private let weight: Tensor
  private let bias: Tensor
  private let mean: Tensor
  private let variance: Tensor

  /// The share of a batch in the running statistics: PyTorch's usual one.
  package static let momentum = 0.1

  /// A normalisation that changes nothing at first but mean and deviation.
  package init<Generator>(_ channels: Int, using maker: inout ParameterMaker<Generator>) throws {
    weight = try maker.constant(1, channels)
    bias = try maker.constant(0, channels)
    mean = try .zeros([channels], on: maker.device)
    variance = try .ones([channels], on: maker.device)
  }

  /// The normalised image (batch, channels, spatial axes…); there may be no spatial axis.
  package func callAsFunction(_ x: Tensor, isTraining: Bool) throws -> Tensor {
    try x.batchNorm(
      weight: weight, bias: bias, mean: mean, variance: variance, isTraining: isTraining,
      momentum: Self.momentum)
  }

  /// What the optimiser changes.
  package func parameters(_ prefix: String) -> [NamedParameter] {
    [("\(prefix).weight", weight), ("\(prefix).bias", bias)]
  }

  /// What the passes of training change.
  package func statistics(_ prefix: String) -> [NamedParameter] {
    [("\(prefix).running_mean", mean), ("\(prefix).running_var", variance)]
  }
}
