// SPDX-License-Identifier: Apache-2.0
import Learning
import Torch

/// The layers that one plane goes through in the first network of Lessmann 2018: seven convolutions of
/// 3×3 with dilations of 1 to 32, so that each output sees 131×131 pixels, and one of 1×1.
///
/// All convolutions are valid, with 32 features and ELU; a head of 1×1 gives the plane's own classes.
struct LessmannColumn {
  private struct Layer {
    let weight: Tensor
    let bias: Tensor
    let dilation: Int

    func callAsFunction(_ x: Tensor) throws -> Tensor {
      try x.dilatedConvolution(weight, bias: bias, dilation: [dilation, dilation])
    }
  }

  /// The dilations of the convolutions of 3×3 (networks of Lessmann 2018, table 1).
  static let dilations = [1, 1, 2, 4, 8, 16, 32, 1]
  /// The features of each layer.
  static let width = 32
  /// By how many pixels the output is smaller than the input along each axis.
  static let margin = 130

  private let layers: [Layer]
  private let head: Layer

  init<Generator>(classes: Int, using maker: inout ParameterMaker<Generator>) throws {
    func layer(_ shape: [Int], dilation: Int = 1) throws -> Layer {
      Layer(
        weight: try maker.uniformWeight(shape), bias: try maker.constant(0, shape[0]),
        dilation: dilation)
    }
    let n = Self.width
    layers =
      try Self.dilations.enumerated().map { i, dilation in
        try layer([n, i == 0 ? 1 : n, 3, 3], dilation: dilation)
      } + [layer([n, n, 1, 1])]
    head = try layer([classes, n, 1, 1])
  }

  /// The features (batch, 32, rows − 130, columns − 130) of planes (batch, 1, rows, columns).
  func features(_ planes: Tensor) throws -> Tensor {
    try layers.reduce(planes) { try $1($0).elu() }
  }

  /// The logits (batch, classes, rows, columns) of features.
  func logits(_ features: Tensor) throws -> Tensor { try head(features) }

  func parameters(_ prefix: String) -> [NamedParameter] {
    (layers.enumerated().map { ("\(prefix).layers.\($0)", $1) } + [("\(prefix).head", head)])
      .flatMap { [("\($0).weight", $1.weight), ("\($0).bias", $1.bias)] }
  }
}
