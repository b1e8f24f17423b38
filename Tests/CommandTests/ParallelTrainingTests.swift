// SPDX-License-Identifier: Apache-2.0
import CommandSupport
import Files
import Foundation
import TestSupport
import Testing
import Torch

/// Trainings of the small cohort by one process and by two.
private enum Small {
  static let ready = Task { try await Cohort.small("parallel") }

  static func arguments(_ results: String, _ more: String) -> [String] {
    ("train 901 2d 0 --validation-iterations 2 --batch-size 3 "
      + "--device cpu --results \(results) \(more)").split(separator: " ").map(String.init)
  }

  static let launcher = ["/usr/bin/env", "OMP_NUM_THREADS=1"]

  static func fold(_ results: String) -> String {
    "\(results)/Dataset901_Phantom/nnUNetTrainer__nnUNetPlans__2d/fold_0"
  }

  static func weights(_ results: String) async throws -> [String: [Float]] {
    try Safetensors(
      contentsOf: await ready.value.at(fold(results)).at("checkpoint_final.safetensors")
    ).tensors.mapValues { try $0.floats() }
  }

  /// Starts an endless training, and waits until it has begun.
  static func begin(
    _ results: String, saying file: URL, in ownFolder: URL? = nil, more: String = ""
  ) async throws -> (Process, [Int32]) {
    let shared = try await ready.value
    let folder = ownFolder ?? shared
    try Data().write(to: file)
    let process = Process()
    process.executableURL = URL(fileURLWithPath: launcher[0])
    process.arguments =
      [launcher[1], try #require(Cac.executable).path]
      + arguments(results, "--processes 2 --iterations 100000 --no-validation \(more)")
    process.currentDirectoryURL = folder
    process.environment = ProcessInfo.processInfo.environment.filter {
      !$0.key.hasPrefix("nnUNet_")
    }
    process.standardError = try FileHandle(forWritingTo: file)
    try process.run()
    try process.wait { try String(contentsOf: file, encoding: .utf8).contains("epoch 1, step") }
    return (process, children(of: process.processIdentifier))
  }

  private static func children(of parent: Int32) -> [Int32] {
    let list = try? String(
      contentsOfFile: "/proc/\(parent)/task/\(parent)/children", encoding: .utf8)
    if let list, !list.isEmpty { return list.split(separator: " ").compactMap { Int32($0) } }
    // A child belongs to the thread that made it.
    let tasks = (try? FileManager.default.contentsOfDirectory(atPath: "/proc/\(parent)/task")) ?? []
    return tasks.flatMap { task in
      ((try? String(contentsOfFile: "/proc/\(parent)/task/\(task)/children", encoding: .utf8)) ?? "")
        .split(separator: " ").compactMap { Int32($0) }
    }.sorted()
  }
}

@Suite(.serialized) struct `A training by several processes` {
  @Test func `gives the weights of one process, and one validation`() async throws {
    let folder = try await Small.ready.value
    for (results, more) in [
      ("one", "--epochs 1 --iterations 2 --no-validation"),
      ("two", "--epochs 1 --iterations 2 --processes 2"),
    ] {
      let run = try Cac.run(Small.arguments(results, more), in: folder, launcher: Small.launcher)
      #expect(run.status == 0, "\(run.err)")
      #expect(run.out.contains("1 epoch in") && run.out.split(separator: "\n").count == 1)
    }
    // Few steps: sums in another order, as by two threads, part by 1e-3 after four of this network.
    let one = try await Small.weights("one")
    let two = try await Small.weights("two")
    #expect(Set(one.keys) == Set(two.keys) && !one.isEmpty)
    for (name, values) in one {
      for (a, b) in try pairs(values, #require(two[name])) {
        #expect(abs(a - b) < 2e-5, "\(name)")
      }
    }
    let files = folder.at(Small.fold("two")).allFiles
    #expect(files.contains("validation/summary.json") && !files.contains(".training.json"))
  }

  @Test func `that is asked to stop goes on bit for bit`() async throws {
    let folder = try await Small.ready.value
    let whole = try Cac.run(
      Small.arguments("left", "--epochs 3 --processes 2 --no-validation --iterations 60"),
      in: folder,
      launcher: Small.launcher)
    #expect(whole.status == 0)
    let process = Process()
    process.executableURL = URL(fileURLWithPath: Small.launcher[0])
    process.arguments =
      [Small.launcher[1], try #require(Cac.executable).path]
      + Small.arguments("stopped", "--epochs 3 --processes 2 --no-validation --iterations 60")
    process.currentDirectoryURL = folder
    process.standardError = FileHandle.nullDevice
    try process.run()
    let metrics = folder.at(Small.fold("stopped")).at("metrics.jsonl")
    process.wait { Folder.isFile(metrics) }
    process.interrupt()
    process.waitUntilExit()
    #expect(process.terminationStatus == 1)
    let rest = try Cac.run(
      Small.arguments(
        "stopped", "--epochs 3 --processes 2 --no-validation --iterations 60 --continue"),
      in: folder, launcher: Small.launcher)
    #expect(rest.status == 0, "\(rest.err)")
    #expect(try await Small.weights("stopped") == Small.weights("left"))
  }

  @Test(arguments: [0, 1]) func `ends with a sentence where one is killed`(rank: Int) async throws {
    let folder = try await Small.ready.value
    let log = folder.at("killed-\(rank).log")
    let (process, children) = try await Small.begin("killed-\(rank)", saying: log)
    try #require(children.count == 2)
    kill(children[rank], SIGKILL)
    process.waitUntilExit()
    #expect(process.terminationStatus == 1)
    let said = try String(contentsOf: log, encoding: .utf8).split(separator: "\n")
      .filter { $0.hasPrefix("cac: ") }
    #expect(said.count == 1)
    #expect(said.first?.contains("process \(rank) of 2 was ended by signal 9") == true, "\(said)")
    for child in children { #expect(kill(child, 0) != 0) }
    // Who was left keeps the last step.
    let kept = folder.at(Small.fold("killed-\(rank)")).at("checkpoint_latest.safetensors")
    #expect(Folder.isFile(kept) == (rank == 1))
  }

  @Test func `goes on with another number of processes`() async throws {
    let folder = try await Small.ready.value
    // The first epoch's rate does not depend on how many follow.
    for (results, more) in [
      ("steady", "--epochs 2 --iterations 2"), ("changed", "--epochs 1 --iterations 2"),
      ("changed", "--epochs 2 --continue --processes 3"),
      ("fewer", "--epochs 1 --iterations 2 --processes 3"),
      ("fewer", "--epochs 2 --continue --processes 2"),
    ] {
      let run = try Cac.run(
        Small.arguments(results, more + " --no-validation"), in: folder, launcher: Small.launcher)
      #expect(run.status == 0, "\(results) \(more): \(run.err)")
    }
    // As above, for four steps.
    let steady = try await Small.weights("steady")
    for other in [try await Small.weights("changed"), try await Small.weights("fewer")] {
      #expect(Set(other.keys) == Set(steady.keys))
      for (name, values) in try nonEmpty(steady) {
        for (a, b) in try pairs(values, #require(other[name])) {
          #expect(abs(a - b) < 2e-3, "\(name)")
        }
      }
    }
    let many = try Cac.run(
      Small.arguments("steady", "--epochs 3 --continue --processes 4 --no-validation"), in: folder,
      launcher: Small.launcher)
    #expect(many.status == 1 && many.complaints.count == 1)
    #expect(many.complaints[0].contains("batch of 3 cannot be divided"), "\(many.err)")
  }

  @Test func `ends where the process that started it is killed, and goes on later`() async throws {
    let folder = try await Small.ready.value
    let (process, children) = try await Small.begin("orphans", saying: folder.at("orphans.log"))
    try #require(children.count == 2)
    kill(process.processIdentifier, SIGKILL)
    process.waitUntilExit()
    for _ in 0..<6000 where children.contains(where: { kill($0, 0) == 0 }) {
      try await Task.sleep(for: .milliseconds(50))
    }
    #expect(children.allSatisfy { kill($0, 0) != 0 })
    let fold = folder.at(Small.fold("orphans"))
    #expect(Folder.isFile(fold.at("checkpoint_latest.safetensors")))
    // The rest of that epoch would take for ever.
    let (rest, again) = try await Small.begin(
      "orphans", saying: folder.at("again.log"), more: "--continue")
    #expect(again.count == 2)
    rest.interrupt()
    rest.waitUntilExit()
    #expect(rest.terminationStatus == 1)
    let said = try String(contentsOf: folder.at("again.log"), encoding: .utf8)
    #expect(said.contains("all of it is kept"), "\(said)")
  }

  @Test func `ends with a case's name where that case is broken`() async throws {
    let folder = try await Cohort.small("parallel-broken")
    let log = folder.at("broken.log")
    let (process, children) = try await Small.begin("broken", saying: log, in: folder)
    try #require(children.count == 2)
    // The processes have mapped the file, and see what is written into it.
    let cases = folder.at("nnUNet_preprocessed/Dataset901_Phantom/nnUNetPlans_2d")
    let split = try JSONSerialization.jsonObject(
      with: Data(
        contentsOf: folder.at("nnUNet_preprocessed/Dataset901_Phantom/splits_final.json")))
    let name = try #require((split as? [[String: [String]]])?.first?["train"]?.first)
    let file = cases.at("\(name).case")
    let bytes = try Data(contentsOf: file)
    let start = (16 + Int(bytes[8]) + Int(bytes[9]) << 8 + 63) / 64 * 64
    let handle = try FileHandle(forWritingTo: file)
    try handle.seek(toOffset: UInt64(start))
    try handle.write(contentsOf: Data(repeating: 0xFF, count: (bytes.count - start) / 2))
    try handle.close()
    process.waitUntilExit()
    #expect(process.terminationStatus == 1)
    let said = try String(contentsOf: log, encoding: .utf8).split(separator: "\n")
      .filter { $0.hasPrefix("cac: ") }
    #expect(said.count == 1, "\(said)")
    #expect(said.first.map { $0.contains(name) && $0.contains("no numbers") } == true, "\(said)")
    for child in children { #expect(kill(child, 0) != 0) }
  }

  @Test(arguments: [
    ("--processes 4", 1, "batch of 3 samples"), ("--processes 0", 2, "at least 1"),
    ("--processes 2 --device mps", 1, "--device cuda,"),
    ("--processes 2 --device cuda:99", 1, "cuda"),
    ("--processes 2 --validate-only", 2, "exclude each other"),
  ])
  func `that cannot be is refused`(more: String, status: Int32, words: String) async throws {
    let folder = try await Small.ready.value
    let run = try Cac.run(Small.arguments("never", more), in: folder)
    #expect(run.status == status)
    #expect(run.complaints.count == 1 && run.complaints[0].contains(words), "\(run.err)")
    #expect(!Folder.isFolder(folder.at(Small.fold("never"))))
  }
}
