// SPDX-License-Identifier: Apache-2.0
@testable import ClassicNetworks
import Files
import Foundation
import Learning
import TestSupport
import Testing
import Torch

@Suite struct `A trainer of networks beside nnU-Net` {
  private func trainer(_ kind: any NetworkMethod.Type, _ options: MethodOptions) throws
    -> MethodTrainer
  {
    let classes = try kind.classes(of: [("calcium", 1)])
    return try MethodTrainer(
      kind.init(classes, seed: options.seed, on: .cpu),
      state: MethodState(network: kind.word, classes: classes, options: options))
  }

  /// Trains until so many steps are done.
  @discardableResult
  private func run(_ trainer: MethodTrainer, until limit: Int = .max) throws -> Bool {
    let scans = [Toy.scan("a"), Toy.scan("b")]
    return try trainer.run(
      training: { _ in scans }, validation: { [scans[0]] }, clock: { 0 },
      shouldStop: { trainer.steps.done >= limit }, onStep: { _ in }, onEpoch: { _ in })
  }

  private func weights(_ trainer: MethodTrainer) throws -> [[Float]] {
    try trainer.method.parts.flatMap {
      try ($0.parameters + $0.statistics).map { try $0.tensor.floats() }
    }
  }

  @Test func `takes any method, part after part, and lowers its loss`() throws {
    let trainer = try trainer(MeanMethod.self, MethodOptions(epochs: 10))
    #expect(try run(trainer))
    #expect(trainer.steps == (60, 60))
    #expect(trainer.state.log.map(\.epoch) == Array(0..<20))
    let losses = trainer.state.log.map(\.validationLoss)
    for part in [losses[..<10], losses[10...]] {
      let least = try #require(part.min())
      #expect(least < 0.6 * part[part.startIndex])
    }
  }

  @Test(arguments: [1, 5, 6, 8, 11])
  func `goes on with the same bits after a stop`(steps: Int) throws {
    let whole = try trainer(MeanMethod.self, MethodOptions())
    try run(whole)
    let folder = try TemporaryFolder()
    let first = try trainer(MeanMethod.self, MethodOptions())
    #expect(try !run(first, until: steps))
    try MethodCheckpoint.write(first, to: folder.file("latest.safetensors"))
    let checkpoint = try MethodCheckpoint(contentsOf: folder.file("latest.safetensors"))
    let second = try checkpoint.trainer(
      MeanMethod(checkpoint.state.classes, seed: 7, on: .cpu))
    #expect(second.steps.done == steps)
    try run(second)
    #expect(try weights(second) == weights(whole))
    #expect(second.state.log == whole.state.log)
  }

  @Test func `trains both networks of Lessmann, and their checkpoint brings them back`() throws {
    let options = MethodOptions(epochs: 1, iterations: 2, batchSize: 4)
    let trainer = try trainer(Lessmann.self, options)
    let before = try weights(trainer)
    #expect(try run(trainer))
    #expect(trainer.state.log.count == 2)
    for (a, b) in try zip(before, weights(trainer)) { #expect(a != b) }
    let folder = try TemporaryFolder()
    try MethodCheckpoint.write(trainer, to: folder.file("final.safetensors"))
    let checkpoint = try MethodCheckpoint(contentsOf: folder.file("final.safetensors"))
    let again = try checkpoint.trainer(checkpoint.method(on: .cpu))
    #expect(again.isDone)
    #expect(try weights(again) == weights(trainer))
  }

  @Test func `the schedules are the published ones`() throws {
    let trainer = try trainer(Lessmann.self, MethodOptions())
    #expect(
      trainer.schedule(of: 0)
        == PartSchedule(epochs: 700, iterations: 50, batchSize: 64, rate: 5e-4, penalty: 5e-5))
    #expect(
      trainer.schedule(of: 1)
        == PartSchedule(epochs: 250, iterations: 500, batchSize: 64, rate: 1e-4, penalty: 1e-5))
  }
}
