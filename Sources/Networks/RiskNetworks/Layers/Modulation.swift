// SPDX-License-Identifier: Apache-2.0
import Learning
import Torch

/// Scales and shifts each feature map by a small network: DAFT (Pölsterl 2021), or FiLM (Perez 2018)
/// with the bottleneck of DAFT.
///
/// With F the feature maps, x the table's row and s the mean of each map, h = ReLU(W₁[s; x]),
/// (α, β) = W₂h and F′ = α ⊙ F + β; neither layer has a bias. FiLM leaves s out.
struct Modulation {
  /// W₁: (bottleneck, inputs).
  private let squeeze: Tensor
  /// W₂: (scales then shifts, bottleneck).
  private let expand: Tensor
  private let channels: Int
  private let seesImage: Bool

  init<Generator>(
    of channels: Int, columns: Int, bottleneck: Int, seesImage: Bool,
    using maker: inout ParameterMaker<Generator>
  ) throws {
    // He's deviation goes by the second axis, the inputs in PyTorch's order.
    squeeze = try maker.weight([bottleneck, columns + (seesImage ? channels : 0)])
    expand = try maker.weight([2 * channels, bottleneck])
    self.channels = channels
    self.seesImage = seesImage
  }

  /// The scaled and shifted feature maps (batch, channels, z, y, x).
  func callAsFunction(_ maps: Tensor, table: Tensor) throws -> Tensor {
    let seen =
      seesImage ? try Tensor.concatenated([maps.mean([2, 3, 4]), table], along: 1) : table
    let affine = try seen.product(withTransposed: squeeze).relu().product(withTransposed: expand)
    let shape = [maps.shape[0], channels, 1, 1, 1]
    let scale = try affine.narrowed(1, from: 0, length: channels).reshaped(shape)
    let shift = try affine.narrowed(1, from: channels, length: channels).reshaped(shape)
    return try maps * scale + shift
  }

  func parameters(_ prefix: String) -> [NamedParameter] {
    [("\(prefix).squeeze.weight", squeeze), ("\(prefix).expand.weight", expand)]
  }
}
