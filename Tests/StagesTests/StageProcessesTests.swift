// SPDX-License-Identifier: Apache-2.0
import Foundation
import Learning
import TestSupport
import Testing
import Torch

@testable import Stages

/// The averaged weights and the losses after some steps of a localiser that looks for a point alone, whose
/// loss is a mean over samples.
private func trained(_ group: ProcessGroup?) throws -> (weights: [Float], losses: [Double]) {
  let design = LocaliserDesign(
    features: [4, 8], classes: ["background", "cube"], heatMaps: ["centre"])
  let options = StageTrainingOptions(steps: 4, batchSize: 3, rate: 2e-2, averaging: 0.9)
  let trainer = try StageTrainer(
    Localiser(design, seed: 1, on: .cpu), options: options, width: 2, group: group
  ) { number in
    var crop = Toy.crop(number)
    crop.classes = crop.classes.map { _ in 0 }
    return crop
  }
  var losses: [Double] = []
  try trainer.run(onStep: { losses.append($1[0].value) })
  let weights = try trainer.weights.tensors.sorted { $0.key < $1.key }
  return (try weights.flatMap { try $0.value.floats() }, losses)
}

private struct Different: Error { let what: String }

/// What each of two processes does; they meet in a folder that their parent's number names.
private func work(parent: Int32) throws {
  try TorchRuntime.setThreads(1)
  let folder = FileManager.default.temporaryDirectory.appendingPathComponent("cac-stage-\(parent)")
  // Whoever makes the folder is the first.
  let rank = mkdir(folder.appendingPathComponent("first").path, 0o700) == 0 ? 0 : 1
  let group = try ProcessGroup(
    store: folder.appendingPathComponent("store"), rank: rank, size: 2, timeout: 60)
  let (whole, divided) = (try trained(nil), try trained(group))
  let far = zip(whole.weights, divided.weights).map { abs($0 - $1) }.max() ?? 1
  let apart = zip(whole.losses, divided.losses).map { abs($0 - $1) }.max() ?? 1
  guard far < 2e-5, apart < 1e-5, divided.losses.count == 4, whole.losses[3] < whole.losses[0]
  else { throw Different(what: "weights \(far), losses \(apart)") }
  let other = try Tensor(divided.weights)
  try group.broadcast([other])
  guard try other.floats() == divided.weights else { throw Different(what: "bits") }
  // One that is asked to stop stops both.
  let crops: @Sendable (Int) -> LocaliserSample = { Toy.crop($0) }
  let stopped = try StageTrainer(
    Toy.localiser(), options: .init(steps: 50, batchSize: 2), group: group, sample: crops)
  try stopped.run(until: { rank == 1 && $0 == 3 })
  guard stopped.step == 3 else { throw Different(what: "stopped after \(stopped.step)") }
  try group.wait()
}

@Suite struct `Processes that divide the steps of a stage` {
  @Test func `train as one does where the loss is a mean over samples, and stop together`()
    async throws
  {
    let folder = FileManager.default.temporaryDirectory.appendingPathComponent(
      "cac-stage-\(getpid())")
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
}
