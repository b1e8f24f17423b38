// SPDX-License-Identifier: Apache-2.0
import Foundation
import Testing
import Torch

@testable import Learning

/// The gradients of a small network, by one process with the whole batch or by a part of several.
private struct Step {
  static let batch = 5
  let images: Tensor
  let labels: Tensor
  let weight: Tensor
  let bias: Tensor

  init() throws {
    images = try Tensor.normal([Self.batch, 1, 6, 6], seed: 3)
    labels = try (try Tensor.uniform([Self.batch, 6, 6], seed: 4) * 2.99).floored().to(.int64)
    weight = try Tensor.normal([3, 1, 3, 3], seed: 5)
    bias = try Tensor.normal([3], seed: 6)
  }

  /// Cross entropy plus Dice over the batch.
  func gradients(_ parallel: DataParallel?) throws -> [Float] {
    for one in [weight, bias] {
      try one.requireGradient()
      try one.setGradient(nil)
    }
    let samples = parallel?.samples ?? 0..<Self.batch
    func part(_ tensor: Tensor) throws -> Tensor {
      try tensor.narrowed(0, from: samples.lowerBound, length: samples.count)
    }
    let y = try part(labels)
    let logits = try part(images).convolution(weight, bias: bias, stride: [1, 1], padding: [1, 1])
    let p = try logits.softmax(1)
    let hot = try y.oneHot(classes: 3).permuted([0, 3, 1, 2]).to(.float32)
    func total(_ tensor: Tensor) throws -> Tensor {
      let own = try tensor.sum([0, 2, 3])
      return try parallel?.group.total(own) ?? own
    }
    let both = try total(p * hot)
    let sums = try total(p) + total(hot)
    let dice = try ((both * 2) / (sums + 1e-5)).mean() * -1
    let entropy = try logits.crossEntropy(y) * (parallel?.share ?? 1)
    // The Dice is the same in every process, and so counts once in the sum of gradients.
    try (entropy + dice).backward()
    try parallel?.combineGradients(of: [weight, bias])
    return try [weight, bias].flatMap { try $0.gradient?.floats() ?? [] }
  }
}

/// What each of two processes does; they meet in a folder that their parent's number names.
private func work(parent: Int32) throws {
  struct Different: Error {}
  let folder = FileManager.default.temporaryDirectory.appendingPathComponent("cac-group-\(parent)")
  // Whoever makes the folder is the first.
  let rank = mkdir(folder.appendingPathComponent("first").path, 0o700) == 0 ? 0 : 1
  let group = try ProcessGroup(
    store: folder.appendingPathComponent("store"), rank: rank, size: 2, timeout: 60)
  let parallel = try DataParallel(group, batchSize: Step.batch)
  let step = try Step()
  let whole = try step.gradients(nil)
  let divided = try step.gradients(parallel)
  guard whole.count == 30, zip(whole, divided).allSatisfy({ abs($0 - $1) < 1e-5 }),
    whole.contains(where: { abs($0) > 1e-3 })
  else { throw Different() }

  // What the first process has, the other gets.
  let number = try Tensor.full([2], Double(rank + 7))
  try parallel.begin([number])
  guard try number.floats() == [7, 7] else { throw Different() }
  try group.wait()
}

@Suite struct `A batch that processes divide` {
  @Test func `has the gradients that one process has with the whole`() async throws {
    let folder = FileManager.default.temporaryDirectory.appendingPathComponent(
      "cac-group-\(getpid())")
    try FileManager.default.createDirectory(at: folder, withIntermediateDirectories: true)
    defer { try? FileManager.default.removeItem(at: folder) }
    async let first: Void = {
      await #expect(processExitsWith: .success) { try work(parent: getppid()) }
    }()
    async let second: Void = {
      await #expect(processExitsWith: .success) { try work(parent: getppid()) }
    }()
    _ = await (first, second)
  }

  @Test(arguments: [(1, 1), (2, 2), (7, 3), (12, 5), (9, 9)])
  func `is divided without gap or overlap`(batch: Int, size: Int) {
    let parts = (0..<size).map {
      DataParallel.samples(of: $0, among: size, batchSize: batch)
    }
    #expect(parts.flatMap { Array($0) } == Array(0..<batch))
    #expect(parts.map(\.count).max().map { $0 - (parts.map(\.count).min() ?? 0) <= 1 } == true)
    #expect(parts.map(\.count) == parts.map(\.count).sorted(by: >))
  }

  @Test(arguments: [
    (0..<2, 4, 0.0), (2..<4, 4, 0.5), (0..<4, 12, 0), (4..<8, 12, 0), (8..<12, 12, 1),
    (4..<9, 9, 0.6), (0..<2, 2, 0.5), (1..<2, 2, 1),
  ])
  func `forces foreground where one process would`(
    samples: Range<Int>, batch: Int, share: Double
  ) {
    #expect(
      DataParallel.foregroundShare(of: samples, batchSize: batch, share: 0.33) == share)
  }

  @Test func `of too few samples is refused, and so is a rank that is none`() throws {
    let folder = FileManager.default.temporaryDirectory.appendingPathComponent(
      "cac-group-\(UUID().uuidString)")
    defer { try? FileManager.default.removeItem(at: folder) }
    let group = try ProcessGroup(store: folder, rank: 0, size: 1)
    #expect(throws: LearningError.self) { try DataParallel(group, batchSize: 0) }
    #expect(throws: TorchError.self) {
      try ProcessGroup(store: folder, rank: 2, size: 2, timeout: 1)
    }
  }
}
