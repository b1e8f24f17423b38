// SPDX-License-Identifier: Apache-2.0
import Foundation
import Learning
@testable import Stages
import TestSupport
import Testing
import Torch

@Suite struct `The classifier of candidates` {
  private static let design = ClassifierDesign(
    classes: ["artery", "aorta", "bone"], fineChannels: 2, coarseChannels: 1, fineSize: 8,
    coarseSize: 8, scalars: 2, features: [8, 16])

  private func classifier(seed: UInt64 = 1) throws -> CandidateClassifier {
    try CandidateClassifier(Self.design, seed: seed, on: .cpu)
  }

  /// A candidate whose label shows in the fine patch, in one coarse view or in a scalar.
  private static func candidate(_ number: Int) -> ClassifierSample {
    var random = SplitMix64(seed: UInt64(number) &* 31 &+ 7)
    func patch(_ count: Int) -> [Float] {
      (0..<count).map { _ in Float.random(in: -0.5...0.5, using: &random) }
    }
    let label = number % 3
    var sample = ClassifierSample(
      fine: patch(128), coarse: [patch(64), patch(64), patch(64)], scalars: patch(2), label: label,
      weight: 1 + Float(number % 2))
    for i in 0..<24 { sample.fine[i + 24 * label] += 2 }
    if label == 1 { for i in 0..<32 { sample.coarse[2][i] += 1 } }
    sample.scalars[0] += label == 2 ? 1 : 0
    return sample
  }

  private func trainer(steps: Int, seed: UInt64 = 1) throws -> StageTrainer<CandidateClassifier> {
    try StageTrainer(
      classifier(seed: seed),
      options: .init(steps: steps, batchSize: 12, rate: 1e-2, averaging: 0.9)
    ) { Self.candidate($0) }
  }

  @Test(arguments: [1, 3, 70])
  func `gives each candidate a probability of each class`(count: Int) throws {
    let samples = (0..<count).map(Self.candidate)
    let rows = try classifier().probabilities(samples)
    #expect(rows.count == count)
    for row in rows {
      #expect(row.count == 3)
      #expect(abs(row.reduce(0, +) - 1) < 1e-5)
    }
    // A candidate's probabilities do not depend on the others.
    let alone = try classifier().probabilities([samples[count - 1]])
    for (x, y) in try pairs(alone[0], rows[count - 1]) { #expect(abs(x - y) < 1e-5) }
  }

  @Test func `of no candidates are none`() throws {
    #expect(try classifier().probabilities([]).isEmpty)
  }

  @Test func `passes gradients to all of its parameters`() throws {
    let classifier = try classifier()
    try classifier.loss((0..<6).map(Self.candidate)).total.backward()
    for (name, tensor) in try nonEmpty(classifier.parameters) {
      let gradient = try #require(try tensor.gradient?.floats(), "\(name)")
      #expect(gradient.contains { $0 != 0 } && gradient.allSatisfy { $0.isFinite }, "\(name)")
    }
  }

  @Test func `learns what candidates are`() throws {
    let trainer = try trainer(steps: 40)
    try trainer.run()
    let trained = try CandidateClassifier(trainer.weights, on: .cpu)
    let others = (1000..<1060).map(Self.candidate)
    let answers = try trained.probabilities(others).map { row in
      row.indices.max { row[$0] < row[$1] }
    }
    let right = zip(answers, others).count { $0.0 == $0.1.label }
    #expect(right >= 57)
    #expect(trainer.history.names == ["loss", "cross-entropy", "right"])
  }

  @Test func `goes on with the same bits after an interruption`() throws {
    let folder = try TemporaryFolder()
    let whole = try trainer(steps: 6)
    try whole.run()
    let first = try trainer(steps: 6)
    try first.run(until: { $0 == 2 })
    try first.write(to: folder.file("t"))
    let second = try trainer(steps: 6, seed: 8)
    try second.restore(from: folder.file("t"))
    try second.run()
    #expect(second.history == whole.history)
    #expect(try Toy.bits(second.weights.tensors) == Toy.bits(whole.weights.tensors))
  }

  @Test func `does not see the fine patch of one sample in seven while it is trained`() throws {
    let classifier = try classifier()
    let sample = Self.candidate(4)
    let batch = try ClassifierBatch([sample], Self.design, on: .cpu)
    let (seen, blind) = try withoutGradients {
      try (
        ClassifierLoss()(classifier.logits(batch), labels: [1], weights: [1]).item(),
        ClassifierLoss()(classifier.logits(batch, seesFine: [0]), labels: [1], weights: [1]).item()
      )
    }
    let losses = try withoutGradients {
      try (0..<400).map { number in
        try classifier.loss([sample], at: StageMoment(seed: 3, sample: number)).total.item()
      }
    }
    let unseen = losses.count { abs($0 - blind) < 1e-6 }
    #expect(losses.allSatisfy { abs($0 - blind) < 1e-6 || abs($0 - seen) < 1e-6 })
    #expect((40...80).contains(unseen))
    #expect(abs(try withoutGradients { try classifier.loss([sample]).total.item() } - seen) < 1e-6)
  }

  @Test func `has the loss worked by hand`() throws {
    let logits: [[Double]] = [[2, 0, -1], [0.5, 0.25, 3]]
    let (labels, weights): ([Int], [Float]) = ([0, 1], [1, 3])
    var expected = 0.0
    for (i, row) in logits.enumerated() {
      let sum = log(row.reduce(0) { $0 + exp($1) })
      let entropies = row.map { sum - $0 }
      let mean = entropies.reduce(0, +) / 3
      expected += Double(weights[i]) / 4 * (0.95 * entropies[labels[i]] + 0.05 * mean)
    }
    let found = try ClassifierLoss()(
      Tensor(logits.flatMap { $0.map { Float($0) } }, shape: [2, 3]), labels: labels,
      weights: weights
    ).item()
    #expect(abs(found - expected) < 1e-5)
  }

  @Test func `loses least where it is right`() throws {
    func loss(_ label: Int) throws -> Double {
      try ClassifierLoss()(
        Tensor([4, 0, 0] as [Float], shape: [1, 3]), labels: [label], weights: [1]
      ).item()
    }
    #expect(try loss(0) < loss(1))
  }

  @Test func `refuses candidates that do not fit the design`() throws {
    let classifier = try classifier()
    func fails(_ change: (inout ClassifierSample) -> Void) throws {
      var bad = Self.candidate(1)
      change(&bad)
      let error = try #require(throws: StagesError.self) {
        _ = try classifier.loss([Self.candidate(0), bad])
      }
      #expect(error.code == .input && error.subject == "candidate 1")
    }
    try fails { $0.fine.removeLast() }
    try fails { $0.coarse.removeLast() }
    try fails { $0.coarse[1].append(0) }
    try fails { $0.scalars = [] }
    try fails { $0.scalars[0] = .nan }
    try fails { $0.label = 3 }
    try fails { $0.label = -1 }
    try fails { $0.weight = -1 }
    try fails { $0.weight = .nan }
    var weightless = Self.candidate(0)
    weightless.weight = 0
    #expect(throws: StagesError.self) { _ = try classifier.loss([weightless]) }
    #expect(throws: StagesError.self) { _ = try classifier.loss([]) }
  }

  @Test func `is refused where its design contradicts itself`() throws {
    func fails(_ change: (inout ClassifierDesign) -> Void) throws {
      var design = Self.design
      change(&design)
      let error = try #require(throws: StagesError.self) {
        try CandidateClassifier(design, seed: 1, on: .cpu)
      }
      #expect(error.code == .design)
    }
    try fails { $0.classes = ["bone"] }
    try fails { $0.fineChannels = 0 }
    try fails { $0.coarseSize = 2 }
    try fails { $0.fineSize = 1_000_000 }
    try fails { $0.scalars = -1 }
    try fails { $0.features = [] }
  }

  @Test func `is read from a file as it was written, and from no other file`() throws {
    let folder = try TemporaryFolder()
    let file = folder.file("b.safetensors")
    let original = try classifier()
    try StageWeights(Self.design, original.parameters).write(to: file)
    let samples = (0..<3).map(Self.candidate)
    let read = try CandidateClassifier(contentsOf: file, on: .cpu)
    #expect(try read.probabilities(samples) == original.probabilities(samples))
    let error = try #require(throws: StagesError.self) {
      try Localiser(contentsOf: file, on: .cpu)
    }
    #expect(error.detail.contains("classifier"))
  }
}
