// SPDX-License-Identifier: Apache-2.0
import Learning
import NNUNet

/// The arithmetic of a U-Net's convolutions for one image, in floating-point operations.
///
/// A multiplication with its addition counts as two. Normalisation, activation and loss are left
/// out: they are a few operations a value and bound by memory.
struct NetworkOperations {
  /// One pass for the finest logits alone.
  private(set) var forward = 0
  /// One pass for the logits of all grids, and the way back to all parameters.
  private(set) var training = 0

  init(_ architecture: UNetArchitecture, size: [Int]) {
    let features = architecture.featuresPerStage
    var grid = size
    var voxels: [Int] = []
    for (s, stride) in architecture.strides.enumerated() {
      grid = zip(grid, stride).map { $0 / $1 }
      voxels.append(grid.reduce(1, *))
      let kernel = architecture.kernelSizes[s].reduce(1, *)
      for i in 0..<architecture.nConvPerStage[s] {
        let isFirst = s == 0 && i == 0
        let inputs =
          i > 0 ? features[s] : s > 0 ? features[s - 1] : architecture.inputChannels
        // The image needs no gradient, so the first convolution goes back to its weights alone.
        add(2 * kernel * inputs * features[s] * voxels[s], passesBack: isFirst ? 1 : 2)
      }
    }
    let last = architecture.nStages - 1
    for s in (0..<last).reversed() {
      let kernel = architecture.kernelSizes[s].reduce(1, *)
      let stride = architecture.strides[s + 1].reduce(1, *)
      add(2 * stride * features[s + 1] * features[s] * voxels[s + 1])
      for i in 0..<architecture.nConvPerStageDecoder[last - 1 - s] {
        add(2 * kernel * (i == 0 ? 2 : 1) * features[s] * features[s] * voxels[s])
      }
      // The loss leaves out the coarsest logits.
      add(
        2 * features[s] * architecture.classes * voxels[s],
        passesBack: s == last - 1 && last > 1 ? 0 : 2, inForward: s == 0)
    }
  }

  private mutating func add(_ operations: Int, passesBack: Int = 2, inForward: Bool = true) {
    if inForward { forward += operations }
    training += (1 + passesBack) * operations
  }
}
