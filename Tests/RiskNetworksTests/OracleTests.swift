// SPDX-License-Identifier: Apache-2.0
import Foundation
@testable import RiskNetworks
import TestSupport
import Testing
import Torch

/// What `Oracles/fixtures/daft.py` printed.
private struct RiskNetworkReference: Decodable {
  struct Training: Decodable, Sendable, CustomTestStringConvertible {
    let kind: RiskNetworkKind
    let loss: RiskLoss
    let losses: [Double]
    let scores: [Double]
    var testDescription: String { "\(kind.rawValue), \(loss.rawValue)" }
  }

  struct Layers: Decodable {
    let norm: [Double]
    let mean: [Double]
    let variance: [Double]
    let after: [Double]
    let pool: [Double]
    let cumulative: [Double]
  }

  let layers: Layers
  let trainings: [Training]

  static func read() throws -> Self {
    try JSONDecoder().decode(
      Self.self, from: Data(contentsOf: fixture("risk-networks/daft.json")))
  }
}

/// The oracle's noise: numbers between −1 and 1 by a multiplicative hash of their place and a key.
private func noise(_ count: Int, _ key: Int) -> [Double] {
  (0..<count).map { place in
    var k = UInt64(place + 1 + 7919 * (key + 1))
    k = k &* 2_654_435_761 & 0xFFFF_FFFF
    k = (k ^ k >> 15) &* 2_246_822_519 & 0xFFFF_FFFF
    k = (k ^ k >> 13) &* 3_266_489_917 & 0xFFFF_FFFF
    return Double(k >> 8) / 0x1p23 - 1
  }
}

/// The parameters that the oracle begins with.
private func fill(_ parameters: [Tensor]) throws {
  try withoutGradients {
    for (t, parameter) in parameters.enumerated() {
      let width = (6 * Double(parameter.shape[0]) / Double(parameter.count)).squareRoot()
      let values = noise(parameter.count, t).map {
        Float(parameter.rank == 1 ? 1 + 0.5 * $0 : $0 * width)
      }
      try parameter.copy(from: Tensor(values, shape: parameter.shape))
    }
  }
}

@Suite struct `Networks of image and table beside PyTorch's` {
  private static let edge = 16
  private static let times = [5.0, 3, 8, 3, 6, 1, 7, 2, 3, 9, 4, 6]
  private static let events = [1, 1, 0, 1, 0, 1, 1, 0, 0, 0, 1, 1]

  private static let subjects = (0..<12).map { i in
    let voxels = 2 * edge * edge * edge
    return RiskSample(
      image: noise(voxels, 1000 + i).map { Float($0) },
      table: (0..<3).map { Float(sin(Double(i + 2 * $0))) }, time: times[i],
      hasEvent: events[i] == 1, outcome: Float(i % 2), weight: i % 5 == 0 ? 0 : 1 + 0.1 * Float(i))
  }

  /// Adam's first steps have the sign of the gradient, so rounding decides where a gradient is nearly 0:
  /// single precision is up to this far from torch's own double precision after 20 steps, as the file
  /// says of each training.
  private static let tolerance = 1e-4

  @Test(arguments: try RiskNetworkReference.read().trainings)
  fileprivate func `20 steps have the same losses, and then the same scores`(
    reference: RiskNetworkReference.Training
  ) throws {
    let design = RiskNetworkDesign(reference.kind, edge: Self.edge, columns: 3)
    let network = try RiskNetwork(design, seed: 1, on: .cpu)
    try fill(network.parameters.map(\.tensor))
    let trainer = try RiskTrainer(
      network,
      options: .init(
        loss: reference.loss, epochs: 10, batchSize: 6, rate: 3e-4,
        weightDecay: 0.01),
      samples: Self.subjects)
    try #require(trainer.steps == 20)
    for step in 0..<20 {
      let batch = (0..<6).map { Self.subjects[(5 * step + $0) % 12] }
      let loss = try #require(try trainer.take(batch))
      trainer.step += 1
      let expected = reference.losses[step]
      #expect(abs(loss - expected) < Self.tolerance * max(1, abs(expected)), "step \(step)")
    }
    // Cox's likelihood leaves the scores' level free, so that the bias of the head is rounding alone.
    func levelled(_ scores: [Double]) -> [Double] {
      let level = reference.loss == .cox ? scores.reduce(0, +) / Double(scores.count) : 0
      return scores.map { $0 - level }
    }
    let scores = levelled(try network.scores(Self.subjects))
    for (score, expected) in try pairs(scores, levelled(reference.scores)) {
      #expect(abs(score - expected) < 1e-3 * max(1, abs(expected)))
    }
  }

  @Test func `layers have the same values`() throws {
    let reference = try RiskNetworkReference.read().layers
    let x = try Tensor(
      (0..<108).map { Float(cos(0.7 * Double($0))) }, shape: [2, 2, 3, 3, 3])
    let (weight, bias) = (try Tensor.ones([2]), try Tensor.zeros([2]))
    try fill([weight, bias])
    let (mean, variance) = (try Tensor.zeros([2]), try Tensor.ones([2]))
    func norm(isTraining: Bool) throws -> [Float] {
      let y = try x.batchNorm(
        weight: weight, bias: bias, mean: mean, variance: variance, isTraining: isTraining
      ).floats()
      return stride(from: 0, to: 108, by: 7).map { y[$0] }
    }
    let trained = try norm(isTraining: true)
    let found = [
      (trained, reference.norm), (try mean.floats(), reference.mean),
      (try variance.floats(), reference.variance), (try norm(isTraining: false), reference.after),
      (try x.maxPool(kernel: [2, 2, 2], stride: [1, 1, 1]).floats(), reference.pool),
      (
        try (x.reshaped([108]).narrowed(0, from: 0, length: 12) * 5).logCumulativeSum(0).floats(),
        reference.cumulative
      ),
    ]
    for (own, theirs) in found {
      for (a, b) in try pairs(own.map(Double.init), theirs) { #expect(abs(a - b) < 2e-6) }
    }
    #expect(try (x * -1).relu().min().item() == 0)
  }
}
