// SPDX-License-Identifier: Apache-2.0
import Foundation
import Learning
import NNUNet
import TestSupport
import Testing
import Torch

/// A network with a formula for weights.
private final class Formula: SegmentationNetwork {
  let architecture: UNetArchitecture
  let parameters: [NamedParameter] = []
  let formula: (Tensor) throws -> Tensor
  private(set) var shapes: [[Int]] = []

  init(_ formula: @escaping (Tensor) throws -> Tensor) throws {
    architecture = try UNetArchitecture(
      NetworkArchitecture(
        featuresPerStage: [2, 2], kernelSizes: [[3, 3], [3, 3]], strides: [[1, 1], [2, 2]]),
      inputChannels: 1, classes: 2)
    self.formula = formula
  }

  func logits(_ image: Tensor, all: Bool) throws -> [Tensor] {
    shapes.append(image.shape)
    return [try formula(image)]
  }

  /// Each voxel by itself: (1 − x, 2x).
  static func pointwise() throws -> Formula {
    try Formula { try Tensor.concatenated([1 - $0, $0 * 2], along: 1) }
  }

  /// 3 · row + column of the window, whatever the image.
  static func place() throws -> Formula {
    try Formula { x in
      let (rows, columns) = (x.shape[2], x.shape[3])
      let plane = (0..<rows * columns).map { Float(3 * ($0 / columns) + $0 % columns) }
      let field = try Tensor(plane, shape: [1, 1, rows, columns])
        .expanded([x.shape[0], 1, rows, columns])
      return try Tensor.concatenated([field, x], along: 1)
    }
  }
}

@Suite struct `A prediction` {
  private func predictor(
    _ networks: [any SegmentationNetwork], patch: [Int] = [16, 24], mirroring: Bool = true,
    step: Double = 0.5, batchSize: Int = 4
  ) throws -> Predictor {
    var options = PredictionOptions()
    options.mirroring = mirroring
    options.step = step
    options.batchSize = batchSize
    return try Predictor(
      networks: networks, configuration: Toy.configuration(patch: patch), options: options,
      device: .cpu)
  }

  /// Whole numbers: near the corners of a window the Gaussian is subnormal in float16, where
  /// products of fractions keep few digits, as they do in nnU-Net.
  private func image(_ shape: [Int]) throws -> PreprocessedCase {
    let values = (0..<shape.reduce(1, *)).map { i -> Float in
      let mixed: Int = i * i + i / 7
      return Float(mixed % 9 - 4)
    }
    return try Toy.preprocessed("image", shape: shape, data: values, labels: nil)
  }

  @Test(arguments: [
    [2, 16, 24], [3, 40, 60], [1, 17, 25], [2, 16, 61], [2, 9, 24], [1, 5, 7], [1, 1, 1],
    [1, 7, 90],
  ])
  func `in windows is that of the whole image`(shape: [Int]) throws {
    for mirroring in [false, true] {
      let network = try Formula.pointwise()
      let one = try image(shape)
      let logits = try predictor([network], mirroring: mirroring).floatLogits(of: one)
      #expect(logits.count == 2 * one.data.count)
      #expect(try nonEmpty(network.shapes).allSatisfy { $0.dropFirst() == [1, 16, 24] })
      for (i, x) in one.data.enumerated() {
        // Each addition rounds to float16: 2⁻¹¹ of the sum.
        #expect(abs(logits[i] - (1 - x)) < 4e-3 * max(1, abs(1 - x)))
        #expect(abs(logits[one.data.count + i] - 2 * x) < 4e-3 * max(1, abs(2 * x)))
      }
    }
  }

  @Test func `averages the mirrored copies of rows, columns and both`() throws {
    let one = try image([2, 16, 24])
    let plain = try predictor([Formula.place()], mirroring: false).floatLogits(of: one)
    let mean = try predictor([Formula.place()]).floatLogits(of: one)
    let count = one.data.count
    for i in 0..<count {
      let (row, column) = (i / 24 % 16, i % 24)
      #expect(abs(plain[i] - Float(3 * row + column)) < 0.05)
      #expect(abs(mean[i] - (3 * 7.5 + 11.5)) < 0.05)
      // What moves with the image stays where it is.
      #expect(abs(mean[count + i] - one.data[i]) < 0.02)
    }
  }

  @Test(arguments: [[4, 8, 8], [9, 14, 8], [2, 5, 21]])
  func `in three dimensions is that of the whole image`(shape: [Int]) throws {
    let network = try Formula.pointwise()
    let one = try image(shape)
    let logits = try predictor([network], patch: [4, 8, 8]).floatLogits(of: one)
    #expect(try nonEmpty(network.shapes).allSatisfy { $0 == [1, 1, 4, 8, 8] })
    #expect(network.shapes.count % 8 == 0)
    for (i, x) in one.data.enumerated() {
      #expect(abs(logits[i] - (1 - x)) < 4e-3 * max(1, abs(1 - x)))
      #expect(abs(logits[one.data.count + i] - 2 * x) < 4e-3 * max(1, abs(2 * x)))
    }
  }

  @Test(arguments: [([0, 1, 2], 8), ([0, 1], 4), ([2], 2), ([], 1)])
  func `is mirrored along the allowed axes only`(axes: [Int], passes: Int) throws {
    let network = try Formula.pointwise()
    let one = try image([4, 8, 8])
    let predictor = try Predictor(
      networks: [network], configuration: Toy.configuration(patch: [4, 8, 8]),
      mirroringAxes: axes, options: PredictionOptions(), device: .cpu)
    _ = try predictor.floatLogits(of: one)
    #expect(network.shapes.count == passes)
    #expect(throws: LearningError.self) {
      try Predictor(
        networks: [network], configuration: Toy.configuration(), mirroringAxes: [2],
        options: PredictionOptions(), device: .cpu)
    }
  }

  @Test func `does not depend on how many windows pass together`() throws {
    let one = try image([2, 40, 60])
    var generator = SplitMix64(seed: 4)
    let network = try UNet(
      UNetArchitecture(
        NetworkArchitecture(
          featuresPerStage: [4, 8], kernelSizes: [[3, 3], [3, 3]], strides: [[1, 1], [2, 2]]),
        inputChannels: 1, classes: 2), using: &generator)
    let single = try predictor([network], batchSize: 1).floatLogits(of: one)
    let several = try predictor([network], batchSize: 5).floatLogits(of: one)
    for (a, b) in try pairs(single, several) { #expect(abs(a - b) < 4e-3 * max(1, abs(a))) }
    #expect(Set(single).count > 100)
  }

  @Test func `of several folds is the mean of their logits`() throws {
    let one = try image([1, 30, 30])
    let networks = try [1.0, 4.0].map { factor in
      try Formula { try Tensor.concatenated([$0 * factor, $0 * -factor], along: 1) }
    }
    let logits = try predictor(networks).floatLogits(of: one)
    for (i, x) in one.data.enumerated() {
      #expect(abs(logits[i] - 2.5 * x) < 0.02)
      #expect(abs(logits[one.data.count + i] + 2.5 * x) < 0.02)
    }
  }

  @Test func `tells how far it is, for all folds together`() throws {
    var calls: [(Int, Int)] = []
    _ = try predictor([Formula.pointwise(), Formula.pointwise()]).floatLogits(
      of: image([2, 30, 40])
    ) {
      calls.append(($0, $1))
    }
    // Two slices with windows at 3 rows and 3 columns, twice.
    #expect(calls.allSatisfy { $0.1 == 36 })
    #expect(calls.last?.0 == 36)
    #expect(zip(calls.dropFirst(), calls).allSatisfy { $0.0 > $1.0 })
  }

  @Test func `of a network whose output is no number is an error`() throws {
    let network = try Formula { try Tensor.concatenated([$0 * .nan, $0], along: 1) }
    let error = try #require(throws: (any Error).self) {
      try predictor([network]).floatLogits(of: image([1, 16, 24]))
    }
    #expect("\(error)".contains("not finite"))
    #expect(throws: LearningError.self) { try predictor([]).floatLogits(of: image([1, 16, 24])) }
  }
}
