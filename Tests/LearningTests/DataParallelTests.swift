// SPDX-License-Identifier: Apache-2.0
import Foundation
import NNUNet
import TestSupport
import Testing
import Torch

@testable import Learning

/// A training of a few steps that processes can share.
private enum Way: String, CaseIterable {
  case batchDice, sampleDice, weighted, ignored, topK, regions, half

  private var scheme: LabelScheme {
    get throws {
      switch self {
      case .ignored:
        try LabelScheme(
          entries: [.init("background", [0]), .init("calcium", [1]), .init("ignore", [2])])
      case .regions:
        try LabelScheme(
          entries: [
            .init("background", [0]), .init("all", [1, 2]), .init("core", [2]),
            .init("ignore", [3]),
          ],
          regionsClassOrder: [1, 2])
      default: try LabelScheme(foreground: ["calcium"])
      }
    }
  }

  private var isSolid: Bool { self == .ignored || self == .regions || self == .sampleDice }

  /// The weights after three steps, and what the epoch came to.
  func run(_ group: ProcessGroup?) throws -> (weights: [Float], record: EpochRecord) {
    let folder = try TemporaryFolder()
    let scheme = try scheme
    var configuration = isSolid ? Toy.solid() : Toy.configuration()
    configuration.batchDice = self != .sampleDice
    let cases =
      try isSolid
      ? Toy.solidCases(3, in: folder.url, labels: scheme) : Toy.cases(3, in: folder.url)
    var options = Toy.options(epochs: 1, iterations: 3)
    options.batchSize = 3
    options.validationIterations = 2
    if self == .weighted { options.foregroundWeight = 5 }
    if self == .topK { options.loss = .diceTopK }
    let description = try DatasetDescription(
      channelNames: ["CT"], labels: scheme, numTraining: 3)
    // Only the first process has the right weights; the others get them.
    let network = try Model.network(
      configuration, dataset: description, seed: group?.rank == 1 ? 9 : 1, on: .cpu)
    let trainer = try Trainer(
      network: network, configuration: configuration, labels: scheme,
      training: PatchCases(Array(cases.dropLast())), validation: PatchCases([cases[2]]),
      state: TrainingState(options: options), device: .cpu, group: group, isMixed: self == .half)
    var now = 0.0
    try trainer.run(
      clock: {
        now += 1
        return now
      }, onStep: { _, _, _ in }, onEpoch: { _, _, _ in })
    if self == .half, trainer.state.scaler?.goodSteps != 3 { throw Different(what: "scaler") }
    return (
      try network.tensors.flatMap { try $0.floats() }, try #require(trainer.state.log.first)
    )
  }
}

private struct Different: Error { let what: String }

/// What each of two processes does; they meet in a folder that their parent's number names.
private func work(parent: Int32) throws {
  try TorchRuntime.setThreads(1)
  let folder = FileManager.default.temporaryDirectory.appendingPathComponent("cac-group-\(parent)")
  // Whoever makes the folder is the first.
  let rank = mkdir(folder.appendingPathComponent("first").path, 0o700) == 0 ? 0 : 1
  let group = try ProcessGroup(
    store: folder.appendingPathComponent("store"), rank: rank, size: 2, timeout: 60)
  for way in Way.allCases {
    let whole = try way.run(nil)
    let divided = try way.run(group)
    // Half precision rounds each process's sums.
    let most: Float = way == .half ? 2e-2 : 2e-5
    let far = zip(whole.weights, divided.weights).map { abs($0 - $1) }.max() ?? 1
    let (a, b) = (whole.record, divided.record)
    guard far < most, abs(a.trainLoss - b.trainLoss) < Double(most),
      abs(a.validationLoss - b.validationLoss) < Double(most),
      way == .half || abs((a.meanDice ?? -1) - (b.meanDice ?? -1)) < 1e-3
    else {
      print(way, far, a, b)
      throw Different(what: "\(way)")
    }
    // The processes themselves stay alike to the last bit.
    let other = try Tensor(divided.weights)
    try group.broadcast([other])
    guard try other.floats() == divided.weights else { throw Different(what: "bits \(way)") }
  }
  try group.wait()
}

@Suite struct `A batch that processes divide` {
  @Test func `trains as one process does with the whole, whatever the loss`() async throws {
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

  @Test func `of too few samples is refused, and so is a rank that is none`() throws {
    let folder = FileManager.default.temporaryDirectory.appendingPathComponent(
      "cac-group-\(UUID().uuidString)")
    defer { try? FileManager.default.removeItem(at: folder) }
    let group = try ProcessGroup(store: folder, rank: 0, size: 1)
    #expect(throws: LearningError.self) { try DataParallel(group, batchSize: 0) }
    let error = try #require(throws: TorchError.self) {
      try ProcessGroup(store: folder, rank: 2, size: 2, timeout: 1)
    }
    #expect(error.code == .group && error.subject == "group_join")
  }
}
