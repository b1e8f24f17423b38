// SPDX-License-Identifier: Apache-2.0
import Foundation
import Learning
import NNUNet
import TestSupport
import Testing
import Torch

@Suite struct `Heads of a checkpoint` {
  private func network(classes: Int, dimensions: Int = 2, seed: UInt64) throws -> UNet {
    var random = SplitMix64(seed: seed)
    let (kernel, stride) = dimensions == 2 ? ([3, 3], [2, 2]) : ([1, 3, 3], [1, 2, 2])
    return try UNet(
      UNetArchitecture(
        NetworkArchitecture(
          featuresPerStage: [4, 8, 8], kernelSizes: [kernel, kernel, kernel],
          strides: [kernel.map { _ in 1 }, stride, stride]), inputChannels: 1, classes: classes),
      using: &random)
  }

  /// Softmax probabilities by [class][voxel] on a slice of stripes.
  private func probabilities(_ network: UNet, depth: [Int] = []) throws -> [[Float]] {
    let pixels: [Float] = (0..<256).map { (i: Int) -> Float in Float(i * 37 % 101) / 50 - 1 }
    let logits = try network.logits(Tensor(pixels, shape: [1, 1] + depth + [16, 16]), all: false)[0]
    let values = try logits.softmax(1).floats()
    return stride(from: 0, to: values.count, by: 256).map { Array(values[$0..<$0 + 256]) }
  }

  @Test(arguments: [2, 3])
  func `of one label give each of several its share`(dimensions: Int) throws {
    let one = try network(classes: 2, seed: 1)
    let four = try network(classes: 5, dimensions: dimensions, seed: 2)
    let weights = try one.state.merging(four.heads(of: one.state)) { $1 }
    try four.load(four.inflated(weights))
    let expected = try probabilities(one)
    let found = try probabilities(four, depth: dimensions == 3 ? [1] : [])
    for voxel in 0..<256 {
      #expect(abs(found[0][voxel] - expected[0][voxel]) < 1e-5)
      for label in 1...4 { #expect(abs(found[label][voxel] - expected[1][voxel] / 4) < 1e-5) }
    }
  }

  @Test func `for as many classes stay as they are`() throws {
    let (given, mine) = (try network(classes: 5, seed: 1), try network(classes: 5, seed: 2))
    try mine.load(given.state.merging(mine.heads(of: given.state)) { $1 })
    #expect(try probabilities(mine) == probabilities(given))
  }

  @Test func `for other classes, or of one for regions, are refused`() throws {
    let (three, two) = (try network(classes: 3, seed: 1), try network(classes: 2, seed: 1))
    let mine = try network(classes: 5, seed: 2)
    #expect(throws: LearningError.self) { try mine.heads(of: three.state) }
    #expect(throws: LearningError.self) { try mine.heads(of: two.state, sharesOneLabel: false) }
    #expect(throws: LearningError.self) { try mine.heads(of: [:]) }
  }
}
