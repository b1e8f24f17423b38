// SPDX-License-Identifier: Apache-2.0
import Foundation
import Testing
import Torch
import TestSupport

@Suite struct `Layers with libtorch's bits in fewer passes` {
  @Test(arguments: [
    [1, 3, 64, 48], [1, 5, 7, 9], [2, 4, 3, 33, 17], [1, 2, 1, 1], [1, 16, 4, 4], [3, 2, 250, 251],
  ])
  func `normalisation and activation`(shape: [Int]) throws {
    for (mean, deviation) in [(0.0, 1.0), (1000, 3), (-0.02, 1e-3), (5, 0)] {
      let x = try Tensor.normal(shape, mean: mean, deviation: deviation, seed: 1)
      let (w, b) = (try Tensor.normal([shape[1]], seed: 2), try Tensor.normal([shape[1]], seed: 3))
      for slope in [0.01, 1] {
        let expected = try x.instanceNorm(weight: w, bias: b)
        try expected.leakyReLUInPlace(slope: slope)
        let y = try (x * 1).normalisedPlanes(weight: w, bias: b, epsilon: 1e-5, slope: slope)
        #expect(try y.floats() == expected.floats(), "\(mean), \(deviation), \(slope)")
      }
    }
  }

  @Test func `what is not a number stays none, and its neighbours stay`() throws {
    var values = [Float](repeating: 1, count: 2 * 35)
    for i in 0..<70 { values[i] = Float(i % 7) }
    values[3] = .nan
    let one = try Tensor.ones([2])
    let y = try Tensor(values, shape: [1, 2, 5, 7])
      .normalisedPlanes(weight: one, bias: one, epsilon: 1e-5).floats()
    #expect(y[..<35].allSatisfy { $0.isNaN })
    #expect(y[35...].allSatisfy { $0.isFinite })
  }

  @Test func `an image that does not lie in planes is left as it is`() throws {
    let x = try Tensor.normal([1, 4, 6, 5], seed: 4)
    let last = try x.contiguous(.channelsLast)
    let one = try Tensor.ones([4])
    let y = try last.normalisedPlanes(weight: one, bias: one, epsilon: 1e-5, slope: 0.01)
    let expected = try x.instanceNorm(weight: one, bias: one)
    try expected.leakyReLUInPlace(slope: 0.01)
    for (a, b) in try pairs(y.contiguous().floats(), expected.floats()) {
      #expect(abs(a - b) < 1e-5)
    }
    #expect(try last.contiguous().floats() == x.floats())
  }

  @Test(arguments: [
    (shape: [1, 40, 17, 31], outputs: 7, stride: [2, 2]),
    (shape: [1, 64, 24, 40], outputs: 32, stride: [2, 2]),
    (shape: [1, 3, 5, 4], outputs: 2, stride: [2, 1]),
    (shape: [2, 30, 20, 30], outputs: 3, stride: [2, 2]),
    (shape: [1, 21, 5, 208, 3], outputs: 20, stride: [1, 2, 2]),
    (shape: [1, 8, 16, 170, 3], outputs: 3, stride: [2, 2, 2]),
    (shape: [1, 32, 4, 6, 5], outputs: 16, stride: [2, 2, 2]),
  ])
  func `transposed convolution beside the skip connection`(
    shape: [Int], outputs: Int, stride: [Int]
  ) throws {
    let x = try Tensor.normal(shape, seed: 1)
    let weight = try Tensor.normal([shape[1], outputs] + stride, deviation: 0.1, seed: 2)
    let grid = zip(shape.dropFirst(2), stride).map { $0 * $1 }
    let skip = try Tensor.normal([shape[0], 3] + grid, seed: 4)
    for bias in [nil, try Tensor.normal([outputs], seed: 3)] {
      let above = try x.transposedConvolution(weight, bias: bias, stride: stride)
      let expected = try Tensor.concatenated([above, skip], along: 1)
      // oneDNN's layers with and without packed weights, as predictions call them.
      let y = try withInferenceMode {
        try x.upsampled(weight, bias: bias, stride: stride, beside: skip)
      }
      #expect(y.shape == expected.shape)
      #expect(try y.floats() == expected.floats())
    }
  }

  @Test func `a skip connection of other extents is an error`() throws {
    let x = try Tensor.normal([1, 64, 24, 40], seed: 1)
    let weight = try Tensor.normal([64, 8, 2, 2], seed: 2)
    let skip = try Tensor.normal([1, 3, 48, 82], seed: 3)
    #expect(throws: TorchError.self) {
      try x.upsampled(weight, bias: nil, stride: [2, 2], beside: skip)
    }
  }
}
