// SPDX-License-Identifier: Apache-2.0
import Foundation
import Random
@testable import RiskNetworks
import TestSupport
import Testing
import Torch

@Suite struct `A network of risk` {
  /// Subjects whose hazard rises with what the image shows in women and falls with it in men.
  private static func crossed(_ count: Int) -> [RiskSample] {
    var random = SplitMix64(seed: 3)
    func unit() -> Double { (Double(random.next() >> 11) + 0.5) * 0x1p-53 }
    return (0..<count).map { i in
      let (bright, sex) = (unit() < 0.5, unit() < 0.5)
      var image = (0..<2 * 12 * 12 * 12).map { _ in Float(unit() - 0.5) }
      for k in 0..<1728 where k % 3 == 0 { image[1728 + k] += bright ? 1 : -1 }
      let hazard = exp(bright == sex ? 1.5 : -1.5)
      return RiskSample(
        image: image, table: [sex ? 1 : -1], time: -log(unit()) / hazard, hasEvent: true,
        outcome: bright == sex ? 1 : 0)
    }
  }

  private func trainer(
    _ kind: RiskNetworkKind, _ samples: [RiskSample], epochs: Int = 6, loss: RiskLoss = .cox
  ) throws -> RiskTrainer {
    try RiskTrainer(
      RiskNetwork(RiskNetworkDesign(kind, edge: 12, columns: 1), seed: 2, on: .cpu),
      options: .init(loss: loss, epochs: epochs, batchSize: 16, rate: 1e-2), samples: samples)
  }

  /// How often scores order two subjects as their outcomes do.
  private func order(_ scores: [Double], _ samples: [RiskSample]) -> Double {
    var (right, all) = (0.0, 0.0)
    for (a, x) in zip(scores, samples) where x.outcome == 1 {
      for (b, y) in zip(scores, samples) where y.outcome == 0 {
        right += a > b ? 1 : a == b ? 0.5 : 0
        all += 1
      }
    }
    return right / all
  }

  @Test(arguments: RiskLoss.allCases)
  func `finds what image and table say only together, where it joins them`(loss: RiskLoss) throws {
    let samples = Self.crossed(144)
    let (seen, held) = (Array(samples[..<96]), Array(samples[96...]))
    for (kind, finds) in [
      (RiskNetworkKind.daft, true), (.film, true), (.table, false), (.image, false),
    ] {
      let trainer = try trainer(kind, seen, epochs: 8, loss: loss)
      try trainer.run()
      let c = try order(trainer.network.scores(held), held)
      #expect(finds ? c > 0.9 : c < 0.75, "\(kind.rawValue): \(c)")
    }
  }

  @Test func `goes on with the same bits`() throws {
    let folder = try TemporaryFolder()
    let samples = Self.crossed(33)
    let whole = try trainer(.daft, samples, epochs: 3)
    try whole.run()
    let first = try trainer(.daft, samples, epochs: 3)
    try first.run { first.step == 4 }
    try first.write(to: folder.file("half.safetensors"), subjects: "these")
    let second = try trainer(.daft, samples, epochs: 3)
    #expect(throws: RiskNetworkError.self) {
      try second.restore(from: folder.file("half.safetensors"), subjects: "others")
    }
    try second.restore(from: folder.file("half.safetensors"), subjects: "these")
    #expect(second.step == 4)
    try second.run()
    #expect(second.losses == whole.losses && whole.losses.count == whole.steps)
    let (own, expected) = (try second.network.scores(samples), try whole.network.scores(samples))
    #expect(own == expected)
  }

  @Test func `refuses what it cannot learn from`() throws {
    var samples = Self.crossed(8)
    for i in samples.indices { samples[i].hasEvent = false }
    #expect(throws: RiskNetworkError.self) { try trainer(.table, samples) }
    for i in samples.indices { samples[i].weight = 0 }
    #expect(throws: RiskNetworkError.self) { try trainer(.table, samples, loss: .event) }
    samples[3].table = [.nan]
    #expect(throws: RiskNetworkError.self) {
      try RiskNetwork(RiskNetworkDesign(.table, edge: 12, columns: 1), seed: 1, on: .cpu)
        .scores(samples)
    }
    #expect(throws: RiskNetworkError.self) {
      try RiskNetwork(RiskNetworkDesign(.daft, edge: 4, columns: 1), seed: 1, on: .cpu)
    }
  }

  @Test func `passes gradients to all of its parameters`() throws {
    for kind in RiskNetworkKind.allCases {
      let samples = Self.crossed(8)
      let network = try RiskNetwork(
        RiskNetworkDesign(kind, edge: 12, columns: 1), seed: 5, on: .cpu)
      let batch = try RiskBatch(samples, network.design, on: .cpu)
      try RiskLoss.event(network.scores(batch, isTraining: true), samples).backward()
      for (name, tensor) in network.parameters {
        let gradient = try #require(try tensor.gradient?.floats(), "\(kind.rawValue) \(name)")
        #expect(gradient.allSatisfy { $0.isFinite }, "\(kind.rawValue) \(name)")
      }
    }
  }
}
