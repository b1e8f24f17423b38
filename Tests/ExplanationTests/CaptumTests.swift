// SPDX-License-Identifier: Apache-2.0
import Foundation
import Learning
import NNUNet
import TestSupport
import Testing
import Torch

@testable import Explanation

/// Maps of Captum over the same weights and images, by Oracles/fixtures/explanation.py.
struct CaptumMaps: Decodable {
  struct Layer: Decodable {
    let gradCAM: [Float]
    let plusPlus: [Float]
  }

  struct Case: Decodable {
    let name: String
    let shape: [Int]
    let value: Double
    let layers: [String: Layer]
    let gradient: [Float]
    let integrated: [Float]
    let guided: [Float]
    let deconvolution: [Float]
  }

  let cases: [Case]

  static func named(_ name: String) throws -> Case {
    let data = try Data(contentsOf: fixture("learning/explanation.json"))
    let all = try JSONDecoder().decode(CaptumMaps.self, from: data)
    return try #require(all.cases.first { $0.name == name })
  }
}

/// The largest difference, as a share of the largest magnitude of what is expected.
func difference(_ values: [Float], _ expected: [Float]) throws -> Float {
  try #require(values.count == expected.count)
  let largest = try #require(expected.map(abs).max())
  try #require(largest > 0, "an expected map of zeros tells nothing")
  return zip(values, expected).map { abs($0 - $1) }.reduce(0, max) / largest
}

func cosines(_ shape: [Int], step: Double, scale: Float = 1) throws -> Tensor {
  try Tensor((0..<shape.reduce(1, *)).map { Float(cos(step * Double($0))) * scale }, shape: shape)
}

@Suite struct `Explanations of a network` {
  static func architecture(_ name: String) throws -> UNetArchitecture {
    let (flat, solid) = ([3, 3], [3, 3, 3])
    switch name {
    case "flat":
      let plan = NetworkArchitecture(
        featuresPerStage: [4, 8, 16], kernelSizes: [flat, flat, flat],
        strides: [[1, 1], [2, 2], [2, 2]])
      return try UNetArchitecture(plan, inputChannels: 1, classes: 3)
    case "residual":
      let plan = NetworkArchitecture(
        family: .residualEncoderUNet, featuresPerStage: [4, 8, 8],
        kernelSizes: [flat, flat, flat], strides: [[1, 1], [2, 2], [2, 2]],
        nConvPerStage: [1, 2, 2], nConvPerStageDecoder: [2, 2])
      return try UNetArchitecture(plan, inputChannels: 1, classes: 2)
    default:
      let plan = NetworkArchitecture(
        featuresPerStage: [4, 8], kernelSizes: [[1, 3, 3], solid],
        strides: [[1, 1, 1], [1, 2, 2]])
      return try UNetArchitecture(plan, inputChannels: 1, classes: 2)
    }
  }

  static func network(_ name: String) throws -> UNet {
    var generator = SystemRandomNumberGenerator()
    let network = try UNet(architecture(name), using: &generator)
    try withoutGradients {
      for (t, parameter) in network.tensors.enumerated() {
        let offset: Float = parameter.rank == 1 ? 0.5 : 0
        let values = (1...parameter.count).map { k in
          Float(0.1 * sin(0.37 * Double(k) + Double(t))) + offset
        }
        try parameter.copy(from: Tensor(values, shape: parameter.shape))
      }
    }
    return network
  }

  @Test(arguments: ["flat", "residual", "solid"]) func `equal Captum's`(name: String) throws {
    let captum = try CaptumMaps.named(name)
    let network = try Self.network(name)
    let explainer = NetworkExplainer(network)
    let image = try cosines(captum.shape, step: 0.1)
    let baseline = try cosines(captum.shape, step: 0.05, scale: 0.3)
    let weights = try cosines(
      [1, network.architecture.classes] + captum.shape.dropFirst(2), step: 0.07)
    let value = try explainer.value(of: image, weights: weights)
    #expect(abs(value - captum.value) < 1e-4 * abs(captum.value))
    var worst: [String: Float] = [:]
    func compare(_ what: String, _ map: Tensor, _ expected: [Float]) throws {
      worst[what] = try difference(map.floats(), expected)
    }
    for (rule, expected) in [
      (GradientRule.usual, captum.gradient), (.guided, captum.guided),
      (.deconvolution, captum.deconvolution),
    ] {
      try compare(
        rule.rawValue, explainer.inputGradient(of: image, weights: weights, rule: rule), expected)
    }
    try compare(
      "integrated",
      explainer.integratedGradients(of: image, baseline: baseline, weights: weights, points: 8),
      captum.integrated)
    for isPlusPlus in [false, true] {
      let maps = try explainer.activationMaps(
        of: image, weights: weights, stages: network.stageNames, isPlusPlus: isPlusPlus)
      for (stage, expected) in captum.layers {
        let expected = isPlusPlus ? expected.plusPlus : expected.gradCAM
        // A map without a positive value is zero on both sides.
        let map = try #require(maps[stage])
        if expected.allSatisfy({ $0 == 0 }) {
          let largest = try map.absolute().max().item()
          #expect(largest < 1e-6, "\(stage)")
        } else {
          try compare("\(stage) \(isPlusPlus)", map, expected)
        }
      }
    }
    #expect(worst.count > 6)
    for (what, difference) in worst {
      // Grad-CAM++, which Captum lacks, divides by a sum that may be nearly 0: there float32 differs.
      let bound: Float = what.hasPrefix("encoder") && what.hasSuffix("true") ? 2e-2 : 1e-4
      #expect(difference < bound, "\(what): \(difference)")
    }
  }

  @Test func `leave the network as it was`() throws {
    let network = try Self.network("flat")
    let image = try cosines([1, 1, 16, 16], step: 0.1)
    let before = try withInferenceMode { try network(image).floats() }
    let weights = try cosines([1, 3, 16, 16], step: 0.07)
    for method in MapMethod.allCases {
      _ = try NetworkExplainer(network).maps(
        of: image, baseline: image * 0.5, weights: weights,
        .init(method, stages: ["decoder.stages.1"], points: 2))
    }
    let after = try withInferenceMode { try network(image).floats() }
    #expect(after == before)
    #expect(network.tensors.allSatisfy { $0.requiresGradient && !$0.hasGradient })
  }

  @Test func `refuse a stage that the network lacks`() throws {
    let network = try Self.network("flat")
    let image = try cosines([1, 1, 16, 16], step: 0.1)
    let weights = try Tensor.ones([1, 3, 16, 16])
    let error = try #require(throws: ExplanationError.self) {
      _ = try NetworkExplainer(network).activationMaps(
        of: image, weights: weights, stages: ["decoder.stages.9"])
    }
    #expect(error.code == .layer)
    #expect("\(error)".contains("decoder.stages.1"))
  }

  @Test func `by integrated gradients add up to the difference of the number`() throws {
    let network = try Self.network("flat")
    let explainer = NetworkExplainer(network)
    let image = try cosines([1, 1, 16, 16], step: 0.1)
    let baseline = try cosines([1, 1, 16, 16], step: 0.05, scale: 0.3)
    let weights = try cosines([1, 3, 16, 16], step: 0.07)
    let sum = try explainer.integratedGradients(
      of: image, baseline: baseline, weights: weights, points: 64
    ).sum().item()
    let expected =
      try explainer.value(of: image, weights: weights)
      - explainer.value(of: baseline, weights: weights)
    #expect(abs(sum - expected) < 0.01 * abs(expected))
  }
}
