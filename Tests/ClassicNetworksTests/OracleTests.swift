// SPDX-License-Identifier: Apache-2.0
@testable import ClassicNetworks
import Foundation
import Learning
import TestSupport
import Testing
import Torch

/// What `Oracles/fixtures/lessmann.py` printed.
private struct LessmannReference: Decodable {
  let parameters: [Int]
  let probabilities: [Double]
  let detector: [Double]
  let verifier: [Double]
  let logits: [Double]
  let deviation: [String: Double]

  static func read() throws -> Self {
    try JSONDecoder().decode(
      Self.self, from: Data(contentsOf: fixture("classic-networks/lessmann.json")))
  }
}

/// The oracle's noise: numbers between −1 and 1 by a multiplicative hash of their place and a key.
func noise(_ count: Int, _ key: Int) -> [Double] {
  (0..<count).map { place in
    var k = UInt64(place + 1 + 7919 * (key + 1))
    k = k &* 2_654_435_761 & 0xFFFF_FFFF
    k = (k ^ k >> 15) &* 2_246_822_519 & 0xFFFF_FFFF
    k = (k ^ k >> 13) &* 3_266_489_917 & 0xFFFF_FFFF
    return Double(k >> 8) / 0x1p23 - 1
  }
}

/// The parameters that the oracle begins with.
func fill(_ parameters: [NamedParameter]) throws {
  try withoutGradients {
    for (t, (name, parameter)) in parameters.enumerated() {
      let width = (6 * Double(parameter.shape[0]) / Double(parameter.count)).squareRoot()
      let isNorm = name.contains("norm") && name.hasSuffix("weight")
      let values = noise(parameter.count, t).map {
        Float(parameter.rank > 1 ? $0 * width : isNorm ? 1 + 0.5 * $0 : 0.1 * $0)
      }
      try parameter.copy(from: Tensor(values, shape: parameter.shape))
    }
  }
}

private func planes(_ count: Int, _ edge: Int, key: Int) throws -> [Tensor] {
  try (0..<3).map {
    try Tensor(
      noise(count * edge * edge, key + $0).map { Float($0) }, shape: [count, 1, edge, edge])
  }
}

/// Ten steps of Adam with the penalty of the weights, as the trainer takes them.
private func losses(
  _ parameters: [NamedParameter], rate: Double, penalty: Double, _ loss: () throws -> Tensor
) throws -> [Double] {
  let optimizer = try Adam(parameters, rate: rate)
  return try (0..<10).map { _ in
    try optimizer.clearGradients()
    var total = try loss()
    for (_, weight) in parameters where weight.rank > 1 {
      total = try total + (weight * weight).sum() * penalty
    }
    try total.backward()
    try optimizer.step()
    return try total.item()
  }
}

@Suite struct `Lessmann's networks beside PyTorch's` {
  /// Torch's own single precision is up to 1e-6 from its double precision in losses and probabilities,
  /// and 2e-5 in the logits after training, as the file says.
  private static let tolerance = 5e-5

  private func expect(_ own: [Double], _ theirs: [Double], _ subject: String) throws {
    for (i, (a, b)) in try pairs(own, theirs).enumerated() {
      #expect(abs(a - b) < Self.tolerance * max(1, abs(b)), "\(subject) \(i)")
    }
  }

  @Test func `have the published numbers of parameters`() throws {
    let detector = try LessmannDetector(classes: 7, seed: 1, on: .cpu)
    let verifier = try LessmannVerifier(seed: 1, on: .cpu)
    let counts = [detector.parameters, verifier.parameters].map {
      $0.reduce(0) { $0 + $1.tensor.count }
    }
    #expect(counts == [212_348, 909_842])
    #expect(try LessmannReference.read().parameters == counts)
  }

  @Test func `the first one has the same probabilities, and the same losses for 10 steps`() throws {
    let reference = try LessmannReference.read()
    let network = try LessmannDetector(classes: 7, seed: 1, on: .cpu)
    try fill(network.parameters)
    let images = try planes(2, 155, key: 100)
    let centres = try withInferenceMode {
      try Tensor.concatenated(
        images.enumerated().map { i, plane in
          try network.features(plane, orientation: i).narrowed(2, from: 12, length: 1)
            .narrowed(3, from: 12, length: 1).squeezed(3).squeezed(2)
        }, along: 1)
    }
    let found = try withInferenceMode { try network.probabilities(centres).floats() }
    try expect(found.map(Double.init), reference.probabilities, "probability")
    let targets = try (0..<3).map { i in
      var classes = (0..<1250).map { Int64($0 * (3 + i) / 7 % 7) }
      (classes[312], classes[625 + 312]) = (2, 5)
      return try Tensor(classes, shape: [2, 25, 25])
    }
    var none = Dropout.none
    let own = try losses(network.parameters, rate: 5e-4, penalty: 5e-5) {
      try network.loss(images, targets: targets, dropout: &none)
    }
    try expect(own, reference.detector, "loss")
  }

  @Test func `the second one has the same losses for 10 steps, and then the same logits`() throws {
    let reference = try LessmannReference.read()
    let network = try LessmannVerifier(seed: 1, on: .cpu)
    try fill(network.parameters)
    let images = try planes(6, 65, key: 200)
    let targets = try Tensor((0..<6).map { Int64($0 % 2) })
    var none = Dropout.none
    let own = try losses(network.parameters, rate: 1e-4, penalty: 1e-5) {
      try network.loss(images, targets: targets, isTraining: true, dropout: &none)
    }
    try expect(own, reference.verifier, "loss")
    let logits = try withInferenceMode {
      try network.logits(images, isTraining: false, dropout: &none).floats()
    }
    for (a, b) in try pairs(logits.map(Double.init), reference.logits) {
      #expect(abs(a - b) < 1e-3 * max(1, abs(b)))
    }
  }

  @Test func `an output of the first one sees 131×131 pixels and no other`() throws {
    let network = try LessmannDetector(classes: 2, seed: 3, on: .cpu)
    let edge = LessmannDetector.field + 2
    func centre(changing place: (Int, Int)?) throws -> [Float] {
      var pixels = [Float](repeating: 0.5, count: edge * edge)
      if let place { pixels[place.0 * edge + place.1] = 100 }
      return try withInferenceMode {
        let features = try network.features(
          Tensor(pixels, shape: [1, 1, edge, edge]), orientation: 0)
        #expect(features.shape == [1, 32, 3, 3])
        return try features.narrowed(2, from: 1, length: 1).narrowed(3, from: 1, length: 1).floats()
      }
    }
    let plain = try centre(changing: nil)
    for seen in [(1, 1), (1, 131), (131, 1), (131, 131), (66, 66)] {
      #expect(try centre(changing: seen) != plain, "\(seen)")
    }
    for unseen in [(0, 66), (132, 66), (66, 0), (66, 132)] {
      #expect(try centre(changing: unseen) == plain, "\(unseen)")
    }
  }
}
