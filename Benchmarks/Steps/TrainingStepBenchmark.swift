// SPDX-License-Identifier: Apache-2.0
import Learning
import NNUNet
import TestSupport
import Torch
import Workflow

/// One training step and one forward pass of the demonstration's network.
///
/// The floor is the time that their convolutions' multiplications take at the rate of a large
/// matrix product on the same threads.
func timeNetwork(_ stopwatch: Stopwatch, _ inputs: BenchmarkInputs) async throws {
  let architecture = try UNetArchitecture(
    NetworkArchitecture(
      featuresPerStage: [32, 64, 128, 256, 512, 512],
      kernelSizes: Array(repeating: [3, 3], count: 6),
      strides: [[1, 1]] + Array(repeating: [2, 2], count: 5)), inputChannels: 1, classes: 2)
  var random = SplitMix64(seed: 1)
  let network = try UNet(architecture, using: &random)
  for parameter in network.parameters { try parameter.tensor.requireGradient() }
  let size = [128, 128]
  let product = try MatrixProductBound(stopwatch)
  let work = NetworkOperations(architecture, size: size)
  let images = try Tensor.normal([4, 1] + size, seed: 3)
  try await product.time("forward pass, 2D U-Net, batch 4, 128×128", operations: 4 * work.forward) {
    try withInferenceMode { try network(images).count }
  }

  let pair = try Tensor.normal([2, 1] + size, seed: 4)
  let labels = try Tensor.uniform([2] + size, seed: 5).isGreater(than: 0.9).to(.int64)
  let loss = DeepSupervision(
    DiceCrossEntropy(batchDice: true), outputs: architecture.outputCount)
  // A small rate keeps a fit to noise from running away.
  let optimizer = SGD(network.tensors, rate: 1e-4)
  try await product.time("training step, 2D U-Net, batch 2, 128×128", operations: 2 * work.training)
  {
    try optimizer.clearGradients()
    let value = try loss(network.deepSupervision(pair), labels)
    try value.backward()
    _ = try optimizer.clipGradients(to: 12)
    try optimizer.step()
    return try value.item().isFinite ? 1 : 0
  }
}
