// SPDX-License-Identifier: Apache-2.0
import Learning
import Torch

/// The residual network of all that look at the image: a convolution of 3³ with batch norm and ReLU,
/// a maximum over 2³ voxels, four blocks of which the last three halve the grid, and the mean over it.
struct Backbone {
  private let stem: NormalisedConvolution
  private let blocks: [RiskBlock]
  /// Scales and shifts what the last block's first convolution sees; nil in networks that do not.
  private let modulation: Modulation?

  /// The number of features.
  let features: Int

  init<Generator>(
    _ design: RiskNetworkDesign, using maker: inout ParameterMaker<Generator>
  ) throws {
    let n = design.filters
    stem = try NormalisedConvolution(from: design.channels, to: n, using: &maker)
    var blocks: [RiskBlock] = []
    for (inputs, outputs, stride) in [
      (n, n, 1), (n, 2 * n, 2), (2 * n, 4 * n, 2), (4 * n, 8 * n, 2),
    ] {
      blocks.append(try RiskBlock(from: inputs, to: outputs, stride: stride, using: &maker))
    }
    self.blocks = blocks
    features = 8 * n
    // The authors transform the input of the last block's first convolution and leave its shortcut as
    // it is: in their code the places before the block, in the shortcut, and before the first ReLU and the
    // second convolution are those of the ablation, and this one is left (ai-med/DAFT).
    modulation =
      [.film, .daft].contains(design.kind)
      ? try Modulation(
        of: 4 * n, columns: design.columns, bottleneck: design.bottleneck,
        seesImage: design.kind == .daft, using: &maker) : nil
  }

  /// The features (batch, features) of images (batch, channels, z, y, x) and rows (batch, columns).
  func callAsFunction(_ image: Tensor, table: Tensor?, isTraining: Bool) throws -> Tensor {
    var x = try stem(image, isTraining: isTraining).relu().maxPool(kernel: [2, 2, 2])
    for block in blocks.dropLast() { x = try block(x, isTraining: isTraining) }
    guard let last = blocks.last else { return x }
    var modulated: Tensor?
    if let modulation, let table { modulated = try modulation(x, table: table) }
    return try last(x, isTraining: isTraining, modulated: modulated).mean([2, 3, 4])
  }

  func parameters(_ prefix: String) -> [NamedParameter] {
    stem.parameters("\(prefix).stem")
      + blocks.enumerated().flatMap { $1.parameters("\(prefix).blocks.\($0)") }
      + (modulation?.parameters("\(prefix).modulation") ?? [])
  }

  func statistics(_ prefix: String) -> [NamedParameter] {
    stem.statistics("\(prefix).stem")
      + blocks.enumerated().flatMap { $1.statistics("\(prefix).blocks.\($0)") }
  }
}
