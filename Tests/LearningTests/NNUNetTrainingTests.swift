// SPDX-License-Identifier: Apache-2.0
import Files
import Foundation
import Learning
import NNUNet
import TestSupport
import Testing
import Torch

/// What `Oracles/fixtures/training.py` printed.
private struct TrainingReference: Decodable {
  struct Value: Decodable, Sendable {
    let terms: LossTerms
    let batchDice: Bool
    let smooth: Double
    let regions: Bool
    let ignored: Int?
    let value: Double
  }
  struct Curve: Decodable, Sendable {
    let form: String
    let residual: Bool
    let blocks: [Int]
    let batchDice: Bool
    let regions: Bool
    let ignored: Int?
    let terms: LossTerms
    let losses: [Double]
  }
  let values: [Value]
  let curves: [Curve]

  static func load() throws -> TrainingReference {
    try JSONFile.read(TrainingReference.self, from: fixture("learning/training.json"))
  }

  /// Background, one or two labels; as regions "any" and "second"; 2 may be ignored.
  static func labels(regions: Bool, ignored: Int?) throws -> LabelScheme {
    var entries = [LabelScheme.Entry("background", [0])]
    if regions {
      entries += [.init("any", [1, 2]), .init("second", [2])]
    } else {
      entries += [.init("one", [1])]
      if ignored == nil { entries.append(.init("two", [2])) }
    }
    if let ignored { entries.append(.init("ignore", [ignored])) }
    return try LabelScheme(
      entries: entries, regionsClassOrder: regions ? [1, 2] : nil)
  }
}

@Suite struct `Losses and steps, against nnU-Net` {
  @Test func `every loss gives nnU-Net's number`() throws {
    let values = try TrainingReference.load().values
    #expect(values.count == 42)
    for row in values {
      let channels = row.regions ? (row.ignored == nil ? 2 : 1) : row.ignored == nil ? 3 : 2
      var logits: [Float] = []
      var labels: [Int16] = []
      for b in 0..<2 {
        for c in 0..<channels {
          for i in 0..<8 {
            for j in 0..<8 { logits.append(Float(sin(Double(7 * b + 3 * c + 2 * i + j)))) }
          }
        }
        for i in 0..<8 { for j in 0..<8 { labels.append(Int16((b + i + j) % 3)) } }
      }
      let x = try Tensor(logits, shape: [2, channels, 8, 8])
      let map = try Tensor(labels, shape: [2, 1, 8, 8])
      let loss: SegmentationLoss
      let target: Tensor
      if row.regions {
        loss = .regions(
          RegionLoss(
            batchDice: row.batchDice, smooth: row.smooth, hasIgnoreLabel: row.ignored != nil,
            hasCrossEntropy: row.terms != .dice))
        target =
          try row.ignored == nil
          ? TrainingTarget(TrainingReference.labels(regions: true, ignored: nil))(map)
          : .concatenated([map.equals(1), map.equals(2)], along: 1)
      } else {
        let scheme = try TrainingReference.labels(regions: false, ignored: row.ignored)
        loss = try SegmentationLoss(
          scheme, batchDice: row.batchDice, smooth: row.smooth, terms: row.terms)
        target = try TrainingTarget(scheme)(map)
      }
      #expect(abs(try loss(x, target).item() - row.value) < 1e-6, "\(row)")
    }
  }

  @Test func `twenty steps of every network follow nnU-Net's losses`() throws {
    let curves = try TrainingReference.load().curves
    #expect(curves.count == 16)
    for curve in curves {
      let isSolid = curve.form == "solid"
      let architecture = try UNetArchitecture(
        NetworkArchitecture(
          family: curve.residual ? .residualEncoderUNet : .plainConvUNet,
          featuresPerStage: isSolid ? [4, 6, 8, 8] : [4, 8, 8],
          kernelSizes: isSolid
            ? [[1, 3, 3]] + Array(repeating: [3, 3, 3], count: 3)
            : Array(repeating: [3, 3], count: 3),
          strides: isSolid
            ? [[1, 1, 1], [1, 2, 2], [2, 2, 2], [1, 2, 2]] : [[1, 1], [2, 2], [2, 2]],
          nConvPerStage: curve.blocks,
          nConvPerStageDecoder: curve.blocks.dropFirst().map { _ in curve.residual ? 1 : 2 }),
        inputChannels: 1, classes: curve.regions || curve.ignored != nil ? 2 : 3)
      var generator = SplitMix64(seed: 1)
      let network = try UNet(architecture, using: &generator)
      try fillWithSines(network)
      let shape = isSolid ? [2, 1, 4, 16, 16] : [2, 1, 16, 16]
      let image = try cosineImage(shape)
      let map = try Tensor(
        image.floats().enumerated().map { $1 > 0.5 ? Int16(1 + $0 / 8 % 2) : 0 }, shape: shape)
      let scheme = try TrainingReference.labels(regions: curve.regions, ignored: curve.ignored)
      let target = try TrainingTarget(scheme)(map)
      let loss = DeepSupervision(
        try SegmentationLoss(scheme, batchDice: curve.batchDice, terms: curve.terms),
        outputs: architecture.outputCount)
      let optimiser = SGD(network.tensors, rate: 0.01)
      let schedule = PolynomialSchedule(epochs: 20)
      for (step, expected) in curve.losses.enumerated() {
        optimiser.rate = schedule.rate(epoch: step)
        try optimiser.clearGradients()
        let value = try loss(network.deepSupervision(image), target)
        try value.backward()
        _ = try optimiser.clipGradients()
        try optimiser.step()
        #expect(
          abs(try value.item() - expected) < 1e-4,
          "\(curve.form), residual \(curve.residual), \(curve.terms), step \(step)")
      }
    }
  }

  @Test(arguments: [LossTerms.topK, .crossEntropy, .diceTopK])
  func `a loss that is not made for regions says so`(terms: LossTerms) throws {
    let scheme = try TrainingReference.labels(regions: true, ignored: nil)
    let error = try #require(throws: LearningError.self) {
      try SegmentationLoss(scheme, batchDice: true, terms: terms)
    }
    #expect(error.description.contains(terms.rawValue) && error.description.contains("dice-ce"))
  }

  @Test func `the worst tenth of few voxels is one voxel`() throws {
    let logits = try Tensor([0, 1, 0, 0, 0, 0] as [Float], shape: [1, 2, 1, 3])
    let labels = try Tensor([0, 0, 1] as [Int64], shape: [1, 1, 1, 3])
    let loss = DiceCrossEntropy(batchDice: true, terms: .topK)
    #expect(abs(try loss(logits, labels).item() - log(2)) < 1e-6)
  }
}
