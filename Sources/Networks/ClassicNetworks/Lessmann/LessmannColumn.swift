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

  /// The features (1, 32, rows, columns) of a part of a plane that is constant outside.
  ///
  /// Far from the plane each layer has one value a channel, that of a plane of `outside` everywhere. What
  /// is computed is the difference from it, which is zero there, so that the layers need no more than the
  /// plane and the pixels that see it. The result is that of `features` on a plane with a border.
  ///
  /// - Parameters:
  ///   - plane: the whole plane (1, 1, rows, columns).
  ///   - outside: the value of pixels outside.
  ///   - rows: the rows that are asked for, all within the plane.
  ///   - columns: the columns that are asked for.
  func features(
    _ plane: Tensor, outside: Double, rows: Range<Int>, columns: Range<Int>
  ) throws -> Tensor {
    let (height, width) = (plane.shape[2], plane.shape[3])
    // The part that the differences cover, and how far these reach beyond the plane.
    var (y, x, reach) = (0..<height, 0..<width, 0)
    var constant = try Tensor.full([1, 1, 1], outside, on: plane.device)
    var difference = try plane - outside
    for (i, layer) in layers.enumerated() {
      let step = i < Self.dilations.count ? Self.dilations[i] : 0
      reach += step
      // Later layers see so far from what is asked for.
      let margin = Self.margin / 2 - reach
      let (top, left) = (
        max(rows.lowerBound - margin, -reach), max(columns.lowerBound - margin, -reach)
      )
      let newY = top..<min(rows.upperBound + margin, height + reach)
      let newX = left..<min(columns.upperBound + margin, width + reach)
      let input = try difference.padded([
        (y.lowerBound - newY.lowerBound + step, newY.upperBound + step - y.upperBound),
        (x.lowerBound - newX.lowerBound + step, newX.upperBound + step - x.upperBound),
      ])
      let bias = try layer.bias + (layer.weight * constant).sum([1, 2, 3])
      let output = try input.dilatedConvolution(
        layer.weight, bias: bias, dilation: [layer.dilation, layer.dilation]
      ).elu()
      constant = try bias.elu().reshaped([bias.count, 1, 1])
      difference = try output - constant
      (y, x) = (newY, newX)
    }
    return try difference + constant
  }

  /// The logits (batch, classes, rows, columns) of features.
  func logits(_ features: Tensor) throws -> Tensor { try head(features) }

  func parameters(_ prefix: String) -> [NamedParameter] {
    (layers.enumerated().map { ("\(prefix).layers.\($0)", $1) } + [("\(prefix).head", head)])
      .flatMap { [("\($0).weight", $1.weight), ("\($0).bias", $1.bias)] }
  }
}
