// SPDX-License-Identifier: Apache-2.0
import Learning
import NNUNet
import TestSupport
import Torch

/// One slice through nnU-Net's default network for 512 × 512, and one window in three axes, as they
/// are trained, and packed for the processor.
func timeInference(_ stopwatch: Stopwatch, _ inputs: BenchmarkInputs) async throws {
  let product = try MatrixProductBound(stopwatch)
  var random = SplitMix64(seed: 1)
  let flat = try UNet(
    UNetArchitecture(
      NetworkArchitecture(
        featuresPerStage: [32, 64, 128, 256, 512, 512, 512, 512],
        kernelSizes: Array(repeating: [3, 3], count: 8),
        strides: [[1, 1]] + Array(repeating: [2, 2], count: 7)), inputChannels: 1, classes: 2),
    using: &random)
  let deep = try UNet(
    UNetArchitecture(
      NetworkArchitecture(
        featuresPerStage: [32, 64, 128, 256],
        kernelSizes: [[1, 3, 3]] + Array(repeating: [3, 3, 3], count: 3),
        strides: [[1, 1, 1], [1, 2, 2], [2, 2, 2], [2, 2, 2]]), inputChannels: 1, classes: 2),
    using: &random)
  let cases = [
    ("2D U-Net, 512×512", flat, [512, 512]), ("3D U-Net, 16×96×96", deep, [16, 96, 96]),
  ]
  for (name, network, patch) in cases {
    let image = try Tensor.normal([1, 1] + patch, seed: 3)
    // Some windows in one pool, as a case is predicted.
    let windows = 4
    let operations = windows * NetworkOperations(network.architecture, size: patch).forward
    func time(_ what: String, _ pass: (Tensor) throws -> Tensor) async throws {
      try await product.time("\(windows) × \(name), \(what)", operations: operations) {
        try withMemoryPool {
          try withInferenceMode {
            try (0..<windows).reduce(0) { sum, _ in sum + (try pass(image).count) }
          }
        }
      }
    }
    try await time("plain") { try network($0) }
    for dtype in [DType.float32, .bfloat16] {
      guard try PackedUNet.canPack(network, on: .cpu, dtype: dtype) else { continue }
      let packed = try PackedUNet(network, patch: patch, dtype: dtype)
      try await time("packed \(dtype.rawValue)") { try packed($0) }
    }
  }
}
