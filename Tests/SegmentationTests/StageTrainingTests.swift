// SPDX-License-Identifier: Apache-2.0
import Files
import Foundation
import Stages
import Synchronization
import TestSupport
import Testing
import Torch
import Workflow

@testable import Segmentation

/// Crops of noise with a bright cube, drawn without any anatomy.
private struct Cubes: SampleSource {
  struct Broken: Error {}

  var digest = "cubes"
  let origin = "--anatomy archive"
  /// The number of the crop that cannot be drawn.
  var broken: Int?
  /// Whether no crop is wanted at all.
  var isUseless = false

  func samples(seed: UInt64, say: (String) -> Void) throws
    -> @Sendable (Int) throws -> LocaliserSample
  {
    if isUseless { throw Broken() }
    let broken = broken
    return { number in
      if number == broken { throw Broken() }
      var random = SplitMix64(seed: seed &* 7919 &+ UInt64(number))
      let corner = (0..<3).map { _ in Int.random(in: 0...4, using: &random) }
      var crop = LocaliserSample(extent: [8, 8, 8], hu: [], classes: [], heatMaps: [])
      for i in 0..<512 {
        let isInside = zip([i / 64, i / 8 % 8, i % 8], corner).allSatisfy {
          ($1..<$1 + 4).contains($0)
        }
        crop.hu.append((isInside ? 150 : -50) + Float.random(in: -30...30, using: &random))
        crop.classes.append(isInside ? 1 : 0)
        crop.heatMaps.append(isInside ? 1 : 0)
      }
      return crop
    }
  }
}

/// Trainings of a dozen steps.
private enum Small {
  typealias Request = StageTrainingRequest<LocaliserDesign>

  static func request(_ folder: URL, _ change: (inout Request) -> Void = { _ in }) -> Request {
    var request = Request(
      folder: folder,
      design: LocaliserDesign(
        features: [4, 8], classes: ["background", "cube"], heatMaps: ["centre"]))
    request.steps = 12
    request.device = "cpu"
    request.logInterval = 5
    request.saveInterval = 4
    change(&request)
    return request
  }

  @discardableResult
  static func train(
    _ folder: URL, _ source: Cubes = .init(), stopAfter steps: Int? = nil,
    _ change: (inout Request) -> Void = { _ in }, say: (String) -> Void = { _ in }
  ) throws -> String {
    let done = Mutex(0)
    return try StageTrainingRun<Localiser>(request(folder, change), source: source) {
      try Localiser($0, seed: $1, on: $2)
    }.run(
      say: say, progress: { progress in done.withLock { $0 = progress.done } },
      shouldStop: { steps.map { limit in done.withLock { $0 >= limit } } ?? false })
  }

  static func bits(_ folder: URL, _ name: String) throws -> [String: [Float]] {
    let file = folder.appendingPathComponent(name)
    return try Safetensors(contentsOf: file).tensors.mapValues { try $0.to(.float32).floats() }
  }

  static func lines(_ folder: URL) throws -> [StageTrainingLog.Line] {
    try Data(contentsOf: folder.appendingPathComponent("metrics.jsonl"))
      .split(separator: UInt8(ascii: "\n"))
      .map { try JSONDecoder().decode(StageTrainingLog.Line.self, from: Data($0)) }
  }

  /// Expects what a training that was never stopped leaves.
  static func expectTheSame(_ folder: URL, _ whole: URL) throws {
    for name in ["checkpoint.safetensors", "localiser.safetensors"] {
      #expect(try bits(folder, name) == bits(whole, name), "\(name)")
    }
    let (ours, theirs) = (try lines(folder), try lines(whole))
    for (a, b) in try pairs(ours, theirs) {
      #expect(a.step == b.step && a.rate == b.rate && a.loss == b.loss && a.parts == b.parts)
      #expect(a.seconds ?? -1 > 0)
    }
  }

  static func record(_ folder: URL) throws -> RunRecord {
    try #require(RunRecord.read(beside: folder.appendingPathComponent("training")))
  }
}

@Suite struct `Training the localiser` {
  private let folder: TemporaryFolder
  private let whole: URL

  init() throws {
    folder = try TemporaryFolder()
    whole = folder.file("whole")
  }

  private func names(_ name: String) throws -> [String] {
    try FileManager.default.contentsOfDirectory(atPath: folder.file(name).path).sorted()
  }

  @Test func `leaves weights, a checkpoint, a log, a figure and a record`() throws {
    let sentence = try Small.train(whole)
    #expect(sentence.contains("12 steps in") && sentence.hasSuffix("localiser.safetensors"))
    #expect(
      try names("whole") == [
        "checkpoint.safetensors", "localiser.safetensors", "metrics.jsonl", "progress.png",
        "training-options.json", "training.run.json",
      ])
    _ = try Localiser(contentsOf: whole.appendingPathComponent("localiser.safetensors"), on: .cpu)
    let lines = try Small.lines(whole)
    #expect(lines.map(\.step) == [5, 10, 12])
    for line in lines {
      #expect(Set(line.parts.keys) == ["cross-entropy", "dice", "heat maps"])
      #expect(abs(line.parts.values.reduce(0, +) - line.loss) < 1e-5)
    }
    let png = try Data(contentsOf: whole.appendingPathComponent("progress.png"))
    #expect(png.starts(with: [0x89, 0x50, 0x4E, 0x47]) && png.count > 5000)
    #expect(try Small.record(whole).remarks == ["the weights are those after 12 of 12 steps"])
  }

  @Test func `has the same result when it is stopped and goes on`() throws {
    try Small.train(whole)
    let stopped = folder.file("stopped")
    for step in [3, 7] {
      let error = try #require(throws: WorkflowError.self) {
        try Small.train(stopped, stopAfter: step)
      }
      #expect(error.code == .stopped)
      #expect(error.description.contains("after \(step) of 12 steps"))
      #expect(try Small.lines(stopped).last?.step == step)
      #expect(try !names("stopped").contains("localiser.safetensors"))
    }
    var said: [String] = []
    try Small.train(stopped, say: { said.append($0) })
    #expect(said == ["going on after 7 of 12 steps"])
    try Small.expectTheSame(stopped, whole)
    let record = try Small.record(stopped)
    #expect(record.earlier?.first?.remarks == ["stopped after 7 of 12 steps"])
    #expect(record.earlier?.first?.earlier?.first?.remarks == ["stopped after 3 of 12 steps"])
  }

  @Test func `has the same result when it dies between two checkpoints`() throws {
    try Small.train(whole)
    let dead = folder.file("dead")
    // Step 11 of two crops: the checkpoint is of 8 steps, the log of 10.
    #expect(throws: Cubes.Broken.self) { try Small.train(dead, Cubes(broken: 21)) }
    #expect(try Small.lines(dead).map(\.step) == [5, 10])
    #expect(try !names("dead").contains(".training.json"))
    // Of the lines only those count whose steps are not repeated.
    let earlier = try Small.lines(dead).map {
      StageTrainingLog.Line(
        step: $0.step, rate: $0.rate, loss: $0.loss, parts: $0.parts, seconds: 1000)
    }
    let text = try earlier.map { String(decoding: try JSONEncoder().encode($0), as: UTF8.self) }
    try StagedFile.write(
      text.joined(separator: "\n"), to: dead.appendingPathComponent("metrics.jsonl"))
    try Small.train(dead)
    let seconds = try Small.lines(dead).map { $0.seconds ?? .nan }
    #expect(seconds[0] == 1000 && seconds[1] < 1000)
    try Small.expectTheSame(dead, whole)
    // Before the first checkpoint nothing is kept, and nothing binds.
    let early = folder.file("early")
    #expect(throws: Cubes.Broken.self) {
      try Small.train(early, Cubes(broken: 6)) { $0.logInterval = 1 }
    }
    try Small.train(early) { $0.seed = 2 }
    #expect(try Small.lines(early).map(\.step) == [5, 10, 12])
    #expect(
      try Small.bits(early, "localiser.safetensors") != Small.bits(whole, "localiser.safetensors"))
  }

  @Test func `ends validly when its time is over`() throws {
    try Small.train(whole)
    let short = folder.file("short")
    let sentence = try Small.train(short) { $0.seconds = 1e-6 }
    #expect(sentence.contains("1 of 12 steps") && sentence.contains("the same command goes on"))
    _ = try Localiser(contentsOf: short.appendingPathComponent("localiser.safetensors"), on: .cpu)
    #expect(try Small.lines(short).map(\.step) == [1])
    try Small.train(short)
    try Small.expectTheSame(short, whole)
  }

  @Test func `that is done is left alone`() throws {
    try Small.train(whole)
    let before = try names("whole").map { try Data(contentsOf: whole.appendingPathComponent($0)) }
    let sentence = try Small.train(whole, Cubes(isUseless: true))
    #expect(sentence.contains("all 12 steps were done before"))
    let after = try names("whole").map { try Data(contentsOf: whole.appendingPathComponent($0)) }
    #expect(after == before)
    // Without its weights of the end it is not done.
    try FileManager.default.removeItem(at: whole.appendingPathComponent("localiser.safetensors"))
    try Small.train(whole)
    #expect(try names("whole").contains("localiser.safetensors"))
  }

  @Test func `goes on with its own options alone`() throws {
    _ = try? Small.train(whole, stopAfter: 3)
    let before = try names("whole").map { try Data(contentsOf: whole.appendingPathComponent($0)) }
    func refused(
      _ begun: String, _ source: Cubes = .init(), _ change: (inout Small.Request) -> Void
    ) throws {
      let error = try #require(throws: WorkflowError.self) {
        try Small.train(whole, source, change)
      }
      #expect(error.code == .refused)
      #expect(
        error.description
          == "\(whole.path): its training was begun with \(begun); repeat its options to go on, "
          + "or name another folder")
    }
    try refused("--steps 12") { $0.steps = 13 }
    try refused("--batch 2, --seed 1") {
      $0.batchSize = 1
      $0.seed = 3
    }
    try refused("another --anatomy archive", Cubes(digest: "balls")) { _ in }
    try refused("another version of this program") { $0.design.features = [4, 4] }
    let after = try names("whole").map { try Data(contentsOf: whole.appendingPathComponent($0)) }
    #expect(after == before)
    // These change nothing about the result.
    try Small.train(whole) {
      $0.jobs = 2
      $0.seconds = 1000
    }
  }

  @Test func `keeps out of folders of others`() throws {
    try Folder.create(whole)
    let lock = try FoldLock(whole, of: "the stage in this folder")
    let busy = try #require(throws: WorkflowError.self) { try Small.train(whole) }
    #expect(busy.code == .refused)
    #expect(busy.description.contains("is training the stage in this folder; wait"))
    withExtendedLifetime(lock) {}
    for name in ["checkpoint_latest.safetensors", "metrics.jsonl", "model.safetensors"] {
      let other = folder.file("other-\(name)")
      try StagedFile.write("", to: other.appendingPathComponent(name))
      let error = try #require(throws: WorkflowError.self) { try Small.train(other) }
      #expect(error.code == .refused)
      #expect(error.description.contains("holds \(name) of another training"))
      #expect(try names("other-\(name)") == [name])
    }
  }

  @Test func `does not begin again over weights without a checkpoint`() throws {
    try Small.train(whole)
    try FileManager.default.removeItem(at: whole.appendingPathComponent("checkpoint.safetensors"))
    let error = try #require(throws: WorkflowError.self) { try Small.train(whole) }
    #expect(error.code == .refused && error.description.contains("no checkpoint"))
    #expect(try names("whole").contains("localiser.safetensors"))
  }

  @Test func `says what to do about a checkpoint that is broken`() throws {
    _ = try? Small.train(whole, stopAfter: 2)
    let file = whole.appendingPathComponent("checkpoint.safetensors")
    try Data(try Data(contentsOf: file).dropLast(9)).write(to: file)
    let error = try #require(throws: WorkflowError.self) { try Small.train(whole) }
    #expect(error.code == .invalid && error.description.contains("name another folder"))
  }

  @Test(.enabled(if: MountedFolder.isPossible, "mounting file systems needs root"))
  func `names a full disk and leaves nothing half-written`() throws {
    let disk = try MountedFolder(options: "size=1m")
    let target = disk.url.appendingPathComponent("stage")
    _ = try? Small.train(target, stopAfter: 2)
    let checkpoint = target.appendingPathComponent("checkpoint.safetensors")
    let kept = try Data(contentsOf: checkpoint)
    // All of the rest but for small files.
    let ballast = disk.url.appendingPathComponent("ballast")
    try Data().write(to: ballast)
    let handle = try FileHandle(forWritingTo: ballast)
    while (try? handle.write(contentsOf: Data(count: 4096))) != nil {}
    try handle.truncate(atOffset: handle.offset() - 12 * 1024)
    try handle.close()
    let error = try #require(throws: WorkflowError.self) { try Small.train(target) }
    #expect(error.description.contains("the disk is full"), "\(error)")
    #expect(error.code == .notEnoughSpace)
    #expect(error.description.hasSuffix("the same command then goes on from what is kept"))
    #expect(try Data(contentsOf: checkpoint) == kept)
    let left = try FileManager.default.contentsOfDirectory(atPath: target.path)
    #expect(!left.contains { $0.hasPrefix(StagedFile.prefix) })
    try FileManager.default.removeItem(at: ballast)
    try Small.train(target)
  }
}
