// SPDX-License-Identifier: Apache-2.0
import Foundation
import Learning
import Stages
import TestSupport
import Testing
import Torch

@Suite struct `Training a stage` {
  @Test func `finds a bright cube after a few dozen steps`() throws {
    let trainer = try Toy.trainer(steps: 40)
    var losses: [Double] = []
    try trainer.run(onStep: { _, parts in losses.append(parts[0].value) })
    #expect(losses.count == 40)
    #expect(losses[39] < losses[0] / 3)
    let crop = Toy.crop(1000)
    let trained = try Localiser(trainer.weights, on: .cpu)
    let maps = try trained.maps(hu: crop.hu, extent: crop.extent)
    let found = maps.probabilities.suffix(512).map { $0 > 0.5 ? 1 : 0 as UInt8 }
    let right = zip(found, crop.classes).count { $0.0 == $0.1 }
    #expect(right > 480)
    let heat = maps.heatMaps
    let highest = try #require(heat.indices.max(by: { (a: Int, b: Int) in heat[a] < heat[b] }))
    #expect(crop.heatMaps[highest] > 0.5)
  }

  @Test func `has the same bits for any number of threads that draw samples`() throws {
    let runs = try [1, 3].map { width in
      let trainer = try Toy.trainer(steps: 6, width: width)
      try trainer.run()
      return (try Toy.bits(trainer.weights.tensors), trainer.history)
    }
    #expect(runs[0].0 == runs[1].0)
    #expect(runs[0].1 == runs[1].1)
  }

  @Test func `goes on with the same bits after an interruption`() throws {
    let folder = try TemporaryFolder()
    let whole = try Toy.trainer(steps: 8)
    try whole.run()
    let first = try Toy.trainer(steps: 8)
    try first.run(until: { $0 == 3 })
    #expect(first.step == 3)
    try first.write(to: folder.file("t.safetensors"))
    // Other initial weights, which the file replaces.
    let second = try Toy.trainer(steps: 8, seed: 9)
    try second.restore(from: folder.file("t.safetensors"))
    #expect(second.step == 3 && second.history == first.history)
    try second.run()
    #expect(try Toy.bits(second.weights.tensors) == Toy.bits(whole.weights.tensors))
    #expect(second.history == whole.history)
    #expect(second.history.names == ["loss", "cross-entropy", "dice", "heat maps"])
    let (a, b) = (second.stage.parameters, whole.stage.parameters)
    for (x, y) in try pairs(a, b) { #expect(try x.tensor.floats() == y.tensor.floats()) }
    // The file of the end has the same bytes, too.
    try whole.write(to: folder.file("whole"))
    try second.write(to: folder.file("resumed"))
    #expect(
      try Data(contentsOf: folder.file("whole")) == Data(contentsOf: folder.file("resumed")))
  }

  @Test func `can be written before its first step`() throws {
    let folder = try TemporaryFolder()
    let trainer = try Toy.trainer(steps: 2)
    try trainer.write(to: folder.file("t"))
    try Toy.trainer(steps: 2, seed: 4).restore(from: folder.file("t"))
  }

  @Test func `refuses checkpoints of something else and changes nothing`() throws {
    let folder = try TemporaryFolder()
    let file = folder.file("t.safetensors")
    let trainer = try Toy.trainer(steps: 4)
    try trainer.run(until: { $0 == 2 })
    try trainer.write(to: file)
    let written = try Safetensors(contentsOf: file)
    func fails(_ word: String, _ change: (inout Safetensors) throws -> Void) throws {
      var bad = written
      try change(&bad)
      try bad.write(to: file)
      let fresh = try Toy.trainer(steps: 4, seed: 5)
      let before = try Toy.bits(fresh.weights.tensors)
      let error = try #require(throws: (any Error).self) { try fresh.restore(from: file) }
      #expect("\(error)".contains(word), "\(error)")
      #expect(try Toy.bits(fresh.weights.tensors) == before)
      #expect(fresh.step == 0)
    }
    let name = try #require(trainer.stage.parameters.first?.name)
    try fails("checkpoint") { $0.metadata = [:] }
    try fails("checkpoint") { $0.metadata["cac.stage_training"] = "{" }
    try fails("checkpoint") { $0.metadata["cac.stage"] = "classifier" }
    try fails("lacks \(name)") { $0.tensors[name] = nil }
    try fails("lacks averaged/") { $0.tensors["averaged/\(name)"] = nil }
    try fails("moments") { $0.tensors["exp_avg/\(name)"] = nil }
    try fails("expected") { $0.tensors[name] = try .zeros([2]) }
    try fails("finite") {
      $0.tensors["averaged/\(name)"] = try written.tensors[name].map { try $0 * .nan }
    }
    try fails("history") { $0.tensors["history"] = try .zeros([1, 4], dtype: .float64) }
    try fails("extra") { $0.tensors["extra"] = try .zeros([1]) }
    try fails("steps") {
      $0.metadata["cac.stage_training"] = $0.metadata["cac.stage_training"]?
        .replacingOccurrences(of: #""step":2"#, with: #""step":7"#)
    }
    let other = try StageTrainer(Toy.localiser(), options: .init(steps: 5)) { Toy.crop($0) }
    try written.write(to: file)
    #expect(throws: StagesError.self) { try other.restore(from: file) }
    try Data(Data(contentsOf: file).dropLast(9)).write(to: file)
    #expect(throws: TorchError.self) { try trainer.restore(from: file) }
  }

  @Test func `ends with a sentence where the loss is not a number`() throws {
    let trainer = try StageTrainer(Toy.localiser(), options: .init(steps: 4, batchSize: 1)) { n in
      var crop = Toy.crop(n)
      if n == 2 { crop.hu[0] = .nan }
      return crop
    }
    let error = try #require(throws: StagesError.self) { try trainer.run() }
    #expect(error.code == .diverged && error.subject == "step 2")
    #expect(trainer.step == 2)
    for (_, tensor) in trainer.stage.parameters { #expect(try tensor.allFinite()) }
  }

  private struct Broken: Error {}

  @Test func `ends with the error of a sample`() throws {
    let trainer = try StageTrainer(Toy.localiser(), options: .init(steps: 4), width: 2) { n in
      if n == 5 { throw Broken() }
      return Toy.crop(n)
    }
    #expect(throws: Broken.self) { try trainer.run() }
    #expect(trainer.step == 2)
  }

  @Test func `has a learning rate that rises, then falls to zero`() {
    let options = StageTrainingOptions(steps: 100, rate: 1)
    let rates = (0..<100).map { options.rate(step: $0) }
    #expect(rates[0] > 0 && rates[0] < 0.1)
    #expect(rates[10] == 1)
    #expect(zip(rates[..<10], rates[1...10]).allSatisfy { $0 < $1 })
    #expect(zip(rates[10...], rates[11...]).allSatisfy { $0 > $1 })
    #expect(rates[99] < 1e-3 && options.rate(step: 100) < 1e-12)
    #expect(options.averaging(step: 0) == 0.1)
    #expect(options.averaging(step: 100_000) == 0.999)
  }

  @Test func `is refused with options that are impossible`() throws {
    func fails(_ change: (inout StageTrainingOptions) -> Void) throws {
      var options = StageTrainingOptions(steps: 4)
      change(&options)
      #expect(throws: StagesError.self) {
        _ = try StageTrainer(Toy.localiser(), options: options) { Toy.crop($0) }
      }
    }
    try fails { $0.steps = 0 }
    try fails { $0.batchSize = 0 }
    try fails { $0.rate = .infinity }
    try fails { $0.weightDecay = -1 }
    try fails { $0.warmUp = 2 }
    try fails { $0.averaging = 1 }
    try fails { $0.gradientLimit = 0 }
  }
}
