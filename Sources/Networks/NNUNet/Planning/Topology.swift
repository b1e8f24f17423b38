// SPDX-License-Identifier: Apache-2.0

/// The strides and kernel sizes of a network for a spacing and a patch size.
///
/// An axis is pooled while it is long enough and not much coarser than the finest one. Kernels are
/// three voxels long along an axis as soon as its spacing is within a factor of two of the finest
/// one (nnU-Net, `get_pool_and_conv_props`).
struct Topology: Hashable, Sendable {
  /// The shortest edge of a feature map in voxels.
  static let shortestEdge = 4.0

  /// The stride of each stage.
  let strides: [[Int]]
  /// The kernel of each stage.
  let kernelSizes: [[Int]]
  /// The patch size, rounded up to a multiple of `divisibleBy`.
  let patch: [Int]
  /// The numbers that the patch size must be a multiple of.
  let divisibleBy: [Int]

  init(spacing: [Double], size: [Double]) {
    var spacing = spacing
    var current = size
    let axes = size.indices
    var kernel = axes.map { _ in 1 }
    var pools = axes.map { _ in 0 }
    var strides = [kernel]
    var kernels: [[Int]] = []
    while true {
      let long = axes.filter { current[$0] >= 2 * Self.shortestEdge }
      guard let finest = long.map({ spacing[$0] }).min() else { break }
      let pooled = long.filter { spacing[$0] / finest < 2 }
      if pooled.count == 1, current[pooled[0]] < 3 * Self.shortestEdge { break }
      let smallest = spacing.min() ?? finest
      for axis in axes where spacing[axis] / smallest < 2 { kernel[axis] = 3 }
      strides.append(axes.map { pooled.contains($0) ? 2 : 1 })
      kernels.append(kernel)
      for axis in pooled {
        pools[axis] += 1
        spacing[axis] *= 2
        current[axis] = (current[axis] / 2).rounded(.up)
      }
    }
    kernels.append(axes.map { _ in 3 })
    self.strides = strides
    kernelSizes = kernels
    divisibleBy = pools.map { 1 << $0 }
    patch = zip(size, divisibleBy).map { size, factor in
      Int((size / Double(factor)).rounded(.up)) * factor
    }
  }
}

extension NetworkArchitecture {
  /// The number of values that all convolutions compute for one patch, nnU-Net's estimate of
  /// memory.
  ///
  /// - Parameters:
  ///   - patch: The voxels of the patch along each axis.
  ///   - outputs: The number of entries of dataset.json's labels, background included.
  public func convolutionOutputs(patch: [Int], outputs: Int) -> Double {
    var size = patch.map(Double.init)
    var sum = 0.0
    if family == .residualEncoderUNet {
      sum += Double(featuresPerStage[0]) * size.reduce(1, *)
    }
    for stage in 0..<nStages {
      for axis in size.indices {
        size[axis] = (size[axis] / Double(strides[stage][axis])).rounded(.down)
      }
      let maps = Double(featuresPerStage[stage]) * size.reduce(1, *)
      var count = nConvPerStage[stage]
      if family == .residualEncoderUNet {
        let before = featuresPerStage[max(0, stage - 1)]
        let projects =
          before != featuresPerStage[stage] || strides[stage].contains { $0 > 1 }
        count = 2 * count + (projects ? 1 : 0)
      }
      sum += Double(count) * maps
      if stage < nStages - 1 {
        // The transposed convolution counts as one more; decoder lists run from coarse to fine.
        sum += maps * Double(nConvPerStageDecoder[nStages - 2 - stage] + 1)
      }
      if stage == 0 { sum += Double(outputs) * size.reduce(1, *) }
    }
    return sum
  }
}
