// SPDX-License-Identifier: Apache-2.0
import Learning
import NNUNet
import TestSupport
import Torch

/// A network of `scripts/gpu-check`, with a small batch to compare and a large one to time.
struct CheckedNetwork {
  let name: String
  let architecture: UNetArchitecture
  /// The shape of the small batch: samples, then the spatial axes.
  let small: [Int]
  /// The shape of the batch that is timed.
  let large: [Int]

  /// nnU-Net's plans for COCA: 2D, and 3D in full resolution.
  ///
  /// - Parameter isShort: whether the timed batches are small, too, for a processor.
  static func all(isShort: Bool) throws -> [CheckedNetwork] {
    let (two, three) = ([3, 3], [3, 3, 3])
    return [
      CheckedNetwork(
        name: "2d",
        architecture: try UNetArchitecture(
          NetworkArchitecture(
            featuresPerStage: [32, 64, 128, 256, 512, 512, 512, 512],
            kernelSizes: Array(repeating: two, count: 8),
            strides: [[1, 1]] + Array(repeating: [2, 2], count: 7)), inputChannels: 1, classes: 5),
        small: [2, 256, 256], large: isShort ? [1, 128, 128] : [12, 512, 512]),
      CheckedNetwork(
        name: "3d",
        architecture: try UNetArchitecture(
          NetworkArchitecture(
            featuresPerStage: [32, 64, 128, 256, 320, 320, 320],
            kernelSizes: [[1, 3, 3], [1, 3, 3]] + Array(repeating: three, count: 5),
            strides: [
              [1, 1, 1], [1, 2, 2], [1, 2, 2], [2, 2, 2], [2, 2, 2], [1, 2, 2], [1, 2, 2],
            ]), inputChannels: 1, classes: 5),
        small: [2, 8, 128, 128], large: isShort ? [1, 8, 64, 64] : [2, 28, 256, 256]),
    ]
  }

  /// The same weights on every device.
  func network(on device: Device) throws -> UNet {
    var random = SplitMix64(seed: 1)
    let network = try UNet(architecture, on: device, using: &random)
    for parameter in network.parameters { try parameter.tensor.requireGradient() }
    return network
  }

  /// Images of noise and labels in which one voxel in ten is of some class, the same on every device.
  func batch(_ shape: [Int]) throws -> (images: Tensor, labels: Tensor) {
    let images = try Tensor.normal([shape[0], 1] + shape.dropFirst(), seed: 4)
    let uniform = try Tensor.uniform(shape, seed: 5)
    var labels = try Tensor.zeros(shape)
    for border in [0.9, 0.925, 0.95, 0.975] {
      labels = try labels + uniform.isGreater(than: border).to(.float32)
    }
    return (images, try labels.to(.int64))
  }

  /// nnU-Net's loss for it.
  var loss: DeepSupervision {
    DeepSupervision(DiceCrossEntropy(batchDice: true), outputs: architecture.outputCount)
  }
}
