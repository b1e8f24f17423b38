// SPDX-License-Identifier: Apache-2.0
package import Learning
package import Torch

/// The 3-D U-Net of DeepCAC's steps (Zeleznik 2021): two convolutions of 3×3×3 with ReLU at each level,
/// maxima over 2×2×2 voxels between them, and on the way up the nearest voxel, the level's features
/// beside it, and two convolutions again; a convolution of 1×1×1 gives one logit.
package final class VolumeUNet {
  /// The features of the two convolutions of each level on the way down, and of both on the way up.
  package struct Shape: Sendable, Hashable {
    let down: [[Int]]
    let up: [Int]
    /// Whether batch norms follow the convolutions, and half of the features drop at the lowest level.
    let isNormalised: Bool

    /// The network that finds and outlines the heart: 26 million parameters.
    package static let heart = Shape(
      down: [[32, 64], [64, 128], [128, 256], [256, 512], [256, 512]], up: [256, 128, 64, 64],
      isNormalised: false)
    /// The network that finds calcium in cubes: 16 million parameters.
    package static let calcium = Shape(
      down: [[32, 64], [64, 128], [128, 256], [256, 512]], up: [256, 128, 64], isNormalised: true)

    /// The same shape with another number of features at its first convolution.
    package func scaled(to features: Int) -> Shape {
      func scaled(_ n: Int) -> Int { max(1, n * features / 32) }
      return Shape(
        down: down.map { $0.map(scaled) }, up: up.map(scaled), isNormalised: isNormalised)
    }
  }

  private struct Layer {
    let weight: Tensor
    let bias: Tensor
    let norm: BatchNorm?

    init<Generator>(
      _ inputs: Int, _ outputs: Int, isNormalised: Bool,
      using maker: inout ParameterMaker<Generator>
    ) throws {
      weight = try maker.weight([outputs, inputs, 3, 3, 3])
      bias = try maker.constant(0, outputs)
      norm = isNormalised ? try BatchNorm(outputs, using: &maker) : nil
    }

    func callAsFunction(_ x: Tensor, isTraining: Bool) throws -> Tensor {
      let y = try x.convolution(weight, bias: bias, stride: [1, 1, 1], padding: [1, 1, 1])
      return try (norm.map { try $0(y, isTraining: isTraining) } ?? y).relu()
    }
  }

  /// The share of the lowest level's features that drop in training.
  private static let dropped = 0.5

  private let isNormalised: Bool
  private let down: [[Layer]]
  private let up: [[Layer]]
  private let headWeight: Tensor
  private let headBias: Tensor

  /// A network with random weights (He 2015), the same for the same seed on every device.
  package init(_ shape: Shape, seed: UInt64, number: Int = 0, on device: Device) throws {
    try device.requireAvailable()
    var maker = ParameterMaker(
      generator: KeyedGenerator(seed: seed, purpose: .weights, epoch: number), slope: 0,
      device: device)
    isNormalised = shape.isNormalised
    var inputs = 1
    func pair(_ outputs: [Int], from first: Int) throws -> [Layer] {
      var from = first
      return try outputs.map { n in
        defer { from = n }
        return try Layer(from, n, isNormalised: shape.isNormalised, using: &maker)
      }
    }
    var levels: [[Layer]] = []
    for outputs in shape.down {
      levels.append(try pair(outputs, from: inputs))
      inputs = outputs[outputs.count - 1]
    }
    down = levels
    var rises: [[Layer]] = []
    for (i, outputs) in shape.up.enumerated() {
      let beside = shape.down[shape.down.count - 2 - i][1]
      rises.append(try pair([outputs, outputs], from: inputs + beside))
      inputs = outputs
    }
    up = rises
    headWeight = try maker.weight([1, inputs, 1, 1, 1])
    headBias = try maker.constant(0, 1)
  }

  private var named: [(name: String, layer: Layer)] {
    let all = [("down", down), ("up", up)]
    return all.flatMap { name, levels in
      levels.enumerated().flatMap { i, level in
        level.enumerated().map { ("\(name).\(i).\($0)", $1) }
      }
    }
  }

  /// What the optimiser changes, in an order that never changes.
  package var parameters: [NamedParameter] {
    named.flatMap { name, layer in
      [("\(name).weight", layer.weight), ("\(name).bias", layer.bias)]
        + (layer.norm?.parameters("\(name).norm") ?? [])
    } + [("head.weight", headWeight), ("head.bias", headBias)]
  }

  /// The running statistics of the batch norms, which predictions use.
  package var statistics: [NamedParameter] {
    named.flatMap { name, layer in layer.norm?.statistics("\(name).norm") ?? [] }
  }

  /// The probabilities (batch, 1, z, y, x) of volumes of that shape, whose extents are multiples of 2 to
  /// the number of poolings.
  package func probabilities(
    _ volumes: Tensor, isTraining: Bool, dropout: inout Dropout
  ) throws -> Tensor {
    var x = volumes
    var beside: [Tensor] = []
    for (i, level) in down.enumerated() {
      if i > 0 { x = try x.maxPool(kernel: [2, 2, 2]) }
      for layer in level { x = try layer(x, isTraining: isTraining) }
      beside.append(x)
    }
    if isNormalised { x = try dropout(x, share: Self.dropped) }
    for (i, level) in up.enumerated() {
      let other = beside[beside.count - 2 - i]
      x = try .concatenated(
        [x.interpolated(to: Array(other.shape.dropFirst(2)), .nearestExact), other], along: 1)
      for layer in level { x = try layer(x, isTraining: isTraining) }
    }
    return try x.convolution(headWeight, bias: headBias, stride: [1, 1, 1], padding: [0, 0, 0])
      .sigmoid()
  }

  /// One less the Dice of probabilities and a target of zeros and ones (batch, 1, z, y, x), with sums over
  /// the batch and one voxel more in both, so that an empty target has a loss.
  package static func loss(_ probabilities: Tensor, _ target: Tensor) throws -> Tensor {
    let overlap = try (probabilities * target).sum()
    let sizes = try probabilities.sum() + target.sum()
    return try 1 - (overlap * 2 + 1) / (sizes + 1)
  }
}
