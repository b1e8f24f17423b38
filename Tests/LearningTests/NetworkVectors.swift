// SPDX-License-Identifier: Apache-2.0
import Foundation
import Learning
import NNUNet
import TestSupport
import Testing
import Torch

/// Fills a network as the vectors of dynamic-network-architectures 0.4.4 were made.
///
/// Parameter number t (from 0), flat element k (from 1) is 0.1 · sin(0.37 k + t), plus 0.5 for
/// parameters with one axis.
func fillWithSines(_ network: some SegmentationNetwork) throws {
  try withoutGradients {
    for (t, parameter) in network.tensors.enumerated() {
      let offset: Float = parameter.rank == 1 ? 0.5 : 0
      let values = (1...parameter.count).map { k in
        Float(0.1 * sin(0.37 * Double(k) + Double(t))) + offset
      }
      try parameter.copy(from: Tensor(values, shape: parameter.shape))
    }
  }
}

/// An image whose flat element n is cos(0.1 n).
func cosineImage(_ shape: [Int]) throws -> Tensor {
  try Tensor((0..<shape.reduce(1, *)).map { Float(cos(0.1 * Double($0))) }, shape: shape)
}

@Suite struct `A U-Net` {
  struct Vector: Sendable {
    let architecture: @Sendable () throws -> UNetArchitecture
    let input: [Int]
    let head: Int
    let shape: [Int]
    let sum: Double
    let absoluteSum: Double
    let values: [Double]
  }

  static let flat: @Sendable () throws -> UNetArchitecture = {
    try UNetArchitecture(
      NetworkArchitecture(
        featuresPerStage: [4, 8, 16], kernelSizes: [[3, 3], [3, 3], [3, 3]],
        strides: [[1, 1], [2, 2], [2, 2]]), inputChannels: 1, classes: 3)
  }
  static let solid: @Sendable () throws -> UNetArchitecture = {
    try UNetArchitecture(
      NetworkArchitecture(
        featuresPerStage: [4, 8, 16], kernelSizes: [[1, 3, 3], [3, 3, 3], [3, 3, 3]],
        strides: [[1, 1, 1], [1, 2, 2], [2, 2, 2]]), inputChannels: 1, classes: 2)
  }

  static let residual: @Sendable () throws -> UNetArchitecture = {
    try UNetArchitecture(
      NetworkArchitecture(
        family: .residualEncoderUNet, featuresPerStage: [4, 8, 8],
        kernelSizes: [[3, 3], [3, 3], [3, 3]],
        strides: [[1, 1], [2, 2], [2, 2]], nConvPerStage: [1, 3, 4], nConvPerStageDecoder: [1, 1]),
      inputChannels: 1, classes: 2)
  }

  static let vectors = [
    Vector(
      architecture: residual, input: [1, 1, 16, 16], head: 0,
      shape: [1, 2, 16, 16], sum: 135.30988, absoluteSum: 135.30988,
      values: [0.24486, 0.24038, 0.34835, 0.33223]),
    Vector(
      architecture: flat, input: [2, 1, 16, 16], head: 0, shape: [2, 3, 16, 16], sum: 550.85736,
      absoluteSum: 551.10293, values: [0.55390, 0.51127, 0.54406, 0.34738]),
    Vector(
      architecture: flat, input: [2, 1, 16, 16], head: 1, shape: [2, 3, 8, 8], sum: 268.63065,
      absoluteSum: 268.63065, values: [0.94060, 0.96957, 0.96836, 0.88795]),
    Vector(
      architecture: solid, input: [1, 1, 4, 16, 16], head: 0, shape: [1, 2, 4, 16, 16],
      sum: 766.07847, absoluteSum: 767.29764, values: [0.55029, 0.50533, 0.14794, 0.37855]),
    Vector(
      architecture: solid, input: [1, 1, 4, 16, 16], head: 1, shape: [1, 2, 4, 8, 8],
      sum: 305.17395, absoluteSum: 305.17395, values: [0.90417, 0.90596, 0.28252, 0.29107]),
  ]

  @Test(arguments: vectors)
  func `gives the logits of the original`(vector: Vector) throws {
    var generator = SplitMix64(seed: 0)
    let network = try UNet(vector.architecture(), using: &generator)
    try fillWithSines(network)
    let outputs = try withoutGradients {
      try network.deepSupervision(cosineImage(vector.input))
    }
    #expect(outputs.count == 2)
    let output = outputs[vector.head]
    #expect(output.shape == vector.shape)
    let values = try output.floats().map { Double($0) }
    #expect(abs(values.reduce(0, +) - vector.sum) < 5e-4)
    #expect(abs(values.map(abs).reduce(0, +) - vector.absoluteSum) < 5e-4)
    let n = values.count
    for (value, expected) in try pairs(
      [values[0], values[1], values[n / 2], values[n - 1]], vector.values)
    {
      #expect(abs(value - expected) < 1e-5)
    }
    let finest = try withoutGradients { try network(cosineImage(vector.input)) }
    #expect(try finest.floats() == outputs[0].floats())
  }
}
