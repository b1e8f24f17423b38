// SPDX-License-Identifier: Apache-2.0
import Learning
import Torch

/// A residual block (He 2016): two convolutions of 3³ with batch norm beside a shortcut, which is
/// projected by a convolution of 1³ with batch norm where the shape changes.
struct RiskBlock {
  private let first: NormalisedConvolution
  private let second: NormalisedConvolution
  private let projection: NormalisedConvolution?

  init<Generator>(
    from inputs: Int, to outputs: Int, stride: Int, using maker: inout ParameterMaker<Generator>
  ) throws {
    first = try NormalisedConvolution(from: inputs, to: outputs, stride: stride, using: &maker)
    second = try NormalisedConvolution(from: outputs, to: outputs, using: &maker)
    projection =
      stride == 1 && inputs == outputs
      ? nil
      : try NormalisedConvolution(
        from: inputs, to: outputs, kernel: 1, stride: stride, using: &maker)
  }

  /// The features of features.
  ///
  /// - Parameters:
  ///   - x: (batch, channels, z, y, x).
  ///   - isTraining: whether batch norms use the statistics of this batch.
  ///   - modulated: the input of the first convolution, where it is another than the shortcut's.
  func callAsFunction(_ x: Tensor, isTraining: Bool, modulated: Tensor? = nil) throws -> Tensor {
    let inner = try first(modulated ?? x, isTraining: isTraining).relu()
    let shortcut = try projection?(x, isTraining: isTraining) ?? x
    return try (second(inner, isTraining: isTraining) + shortcut).relu()
  }

  func parameters(_ prefix: String) -> [NamedParameter] {
    first.parameters("\(prefix).first") + second.parameters("\(prefix).second")
      + (projection?.parameters("\(prefix).projection") ?? [])
  }

  func statistics(_ prefix: String) -> [NamedParameter] {
    first.statistics("\(prefix).first") + second.statistics("\(prefix).second")
      + (projection?.statistics("\(prefix).projection") ?? [])
  }
}
