// SPDX-License-Identifier: Apache-2.0
import Learning
import NNUNet
import TestSupport
import Testing
import Torch

@Suite struct `Weights of a 2D network in a 3D one` {
  private func network(_ dimensions: Int, depths: [Int], seed: UInt64) throws -> UNet {
    var random = SplitMix64(seed: seed)
    let flat = [[3, 3], [3, 3], [3, 3]]
    let strides = [[1, 1], [2, 2], [2, 2]]
    return try UNet(
      UNetArchitecture(
        NetworkArchitecture(
          featuresPerStage: [4, 8, 8],
          kernelSizes: dimensions == 2 ? flat : zip(depths, flat).map { [$0] + $1 },
          strides: dimensions == 2 ? strides : strides.map { [1] + $0 }), inputChannels: 1,
        classes: 2), using: &random)
  }

  /// Of one slice, the zeros around a kernel's middle and the padding change nothing.
  @Test(arguments: [[1, 1, 1], [1, 3, 3], [3, 3, 3]])
  func `give the 2D network's logits on one slice`(depths: [Int]) throws {
    let flat = try network(2, depths: [], seed: 1)
    let deep = try network(3, depths: depths, seed: 2)
    let pixels: [Float] = (0..<384).map { (i: Int) -> Float in Float(i * 37 % 101) / 50 - 1 }
    let expected = try flat.logits(Tensor(pixels, shape: [1, 1, 16, 24]), all: false)[0]
    try deep.load(deep.inflated(flat.state))
    let found = try deep.logits(Tensor(pixels, shape: [1, 1, 1, 16, 24]), all: false)[0]
    #expect(found.shape == [1, 2, 1, 16, 24])
    #expect(try pairs(expected.floats(), found.floats()).allSatisfy { abs($0 - $1) < 1e-5 })
  }

  @Test func `are left alone where the networks differ in more than slices`() throws {
    let flat = try network(2, depths: [], seed: 1)
    let same = try flat.inflated(flat.state)
    #expect(try nonEmpty(same).allSatisfy { $1.shape == flat.state[$0]?.shape })
    var random = SplitMix64(seed: 3)
    let wide = try UNet(
      UNetArchitecture(
        NetworkArchitecture(
          featuresPerStage: [6, 8, 8], kernelSizes: [[1, 3, 3], [1, 3, 3], [1, 3, 3]],
          strides: [[1, 1, 1], [1, 2, 2], [1, 2, 2]]), inputChannels: 1, classes: 2),
      using: &random)
    #expect(throws: LearningError.self) { try wide.load(wide.inflated(flat.state)) }
  }
}
