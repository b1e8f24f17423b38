// SPDX-License-Identifier: Apache-2.0
import CommandSupport
import Files
import Foundation
import NIfTI
import TestSupport
import Testing
import Torch
import Volume

/// The cohort of the other tests with networks of four features, and trainings of seconds.
private enum Small {
  static let ready = Task { try await Cohort.small("small") }

  static func arguments(_ results: String, _ more: String = "") -> [String] {
    ("train 901 2d 0 --epochs 4 --iterations 6 --validation-iterations 3 --batch-size 2 "
      + "--device cpu --results \(results) \(more)").split(separator: " ").map(String.init)
  }

  /// One thread: sums in another order would be other bits.
  static let launcher = ["/usr/bin/env", "OMP_NUM_THREADS=1"]

  /// Starts a run in the folder; what it says goes to a file.
  static func start(_ arguments: [String], in folder: URL, saying file: URL) throws -> Process {
    try Data().write(to: file)
    let process = Process()
    // `env` becomes the command, so signals reach it.
    process.executableURL = URL(fileURLWithPath: launcher[0])
    process.arguments = [launcher[1], try #require(Cac.executable).path] + arguments
    process.currentDirectoryURL = folder
    process.environment = ProcessInfo.processInfo.environment.filter {
      !$0.key.hasPrefix("nnUNet_")
    }
    process.standardOutput = FileHandle.nullDevice
    process.standardError = try FileHandle(forWritingTo: file)
    try process.run()
    return process
  }

  static func fold(_ results: String) -> String {
    "\(results)/Dataset901_Phantom/nnUNetTrainer__nnUNetPlans__2d/fold_0"
  }

  /// A run that was left alone.
  static let whole = Task {
    let folder = try await ready.value
    let outcome = try Cac.run(
      arguments("whole", "--tensorboard --pth --probabilities"), in: folder, launcher: launcher)
    #expect(outcome.status == 0, "\(outcome.err)")
    return outcome
  }

  static func tensors(_ results: String) async throws -> [String: [Float]] {
    let folder = try await ready.value
    return try Safetensors(
      contentsOf: folder.at(fold(results)).at("checkpoint_final.safetensors")
    ).tensors.mapValues { try $0.floats() }
  }
}

@Suite struct `A training run` {
  @Test func `leaves label maps and a summary of the validation cases as nnU-Net does`()
    async throws
  {
    let outcome = try await Small.whole.value
    #expect(outcome.out.contains("4 epochs") && outcome.out.contains("mean validation Dice"))
    let fold = try await Small.ready.value.at(Small.fold("whole"))
    #expect(fold.allFiles.contains("checkpoint_final.pth"))
    #expect(!fold.allFiles.contains("checkpoint_latest.safetensors"))
    #expect(!fold.allFiles.contains(".training.json"))
    let record = try Cohort.json(Data(contentsOf: fold.at("training.run.json")))
    #expect((record["arguments"] as? [String])?.prefix(4) == ["train", "901", "2d", "0"])
    let summary = try Cohort.json(Data(contentsOf: fold.at("validation/summary.json")))
    #expect(Set(summary.keys) == ["foreground_mean", "mean", "metric_per_case"])
    let cases = try #require(summary["metric_per_case"] as? [[String: Any]])
    #expect(!cases.isEmpty)
    for one in cases {
      let file = URL(fileURLWithPath: try #require(one["prediction_file"] as? String))
      let reference = URL(fileURLWithPath: try #require(one["reference_file"] as? String))
      let mask = try NIfTIFile.read(file, as: UInt8.self)
      try mask.requireSameGrid(
        as: NIfTIFile.read(reference, as: UInt8.self), subject: file.lastPathComponent)
      let stem = file.lastPathComponent.replacingOccurrences(of: ".nii.gz", with: "")
      #expect(fold.allFiles.contains("validation/\(stem).npz"))
      #expect(fold.allFiles.contains("validation/\(stem).pkl"))
    }
  }

  @Test func `does not begin with cases that other settings made`() async throws {
    let folder = try await Small.ready.value
    try FileManager.default.copyItem(
      at: folder.at("nnUNet_preprocessed"), to: folder.at("replanned"))
    let roots = "--preprocessed replanned"
    try Cac.succeed(
      "plan 901 --features 4 --ct-window=-160:1000 \(roots)".split(separator: " ").map(String.init),
      in: folder)
    let outcome = try Cac.run(Small.arguments("never", roots), in: folder)
    #expect(outcome.status == 1 && outcome.complaints.count == 1)
    #expect(outcome.complaints.first?.contains("cac preprocess Dataset901_Phantom -c 2d") == true)
  }

  @Test func `validates again, the best checkpoint too, without training`() async throws {
    _ = try await Small.whole.value
    let folder = try await Small.ready.value
    let file = folder.at(Small.fold("whole")).at("validation/summary.json")
    let before = try Data(contentsOf: file)
    let weights = try await Small.tensors("whole")
    try FileManager.default.copyItem(at: folder.at("whole"), to: folder.at("again"))
    let copy = folder.at(Small.fold("again")).at("validation/summary.json")
    try FileManager.default.removeItem(at: copy)
    try Cac.succeed(Small.arguments("again", "--validate-only"), in: folder)
    let text = String(decoding: try Data(contentsOf: copy), as: UTF8.self)
    #expect(
      text.replacingOccurrences(of: "/again/", with: "/whole/")
        == String(decoding: before, as: UTF8.self))
    try Cac.succeed(Small.arguments("again", "--validate-only --validate-best"), in: folder)
    #expect(try await Small.tensors("again") == weights)
  }

  @Test func `that starts over keeps what was there, and goes on from its own checkpoint`()
    async throws
  {
    _ = try await Small.whole.value
    let folder = try await Small.ready.value
    try FileManager.default.copyItem(at: folder.at("whole"), to: folder.at("over"))
    let fold = folder.at(Small.fold("over"))
    let earlier = ["checkpoint_final.safetensors", "checkpoint_final.pth", "metrics.jsonl"]
    let before = try earlier.map { try Data(contentsOf: fold.at($0)) }
    let output = folder.at("over.txt")
    let process = try Small.start(
      Small.arguments("over", "--seed 3 --epochs 10000"), in: folder, saying: output)
    process.wait { fold.allFiles.contains("earlier-1/validation/summary.json") }
    kill(process.processIdentifier, SIGINT)
    process.waitUntilExit()
    #expect(try String(contentsOf: output, encoding: .utf8).contains("over/"))
    #expect(try earlier.map { try Data(contentsOf: fold.at("earlier-1/\($0)")) } == before)
    #expect(fold.allFiles.contains("checkpoint_latest.safetensors"))
    #expect(!fold.allFiles.contains("checkpoint_final.safetensors"))
    #expect(!fold.allFiles.contains("checkpoint_final.pth"))
    // The number of epochs is that of the second training: it goes on, and the first stays there.
    let outcome = try Cac.run(
      [
        "train", "901", "2d", "0", "--continue", "--epochs", "1", "--no-validation", "--device",
        "cpu",
      ]
        + ["--results", "over"], in: folder)
    #expect(outcome.status == 0, "\(outcome.err)")
    #expect(!fold.allFiles.contains { $0.hasPrefix("earlier-2") })
    #expect(try earlier.map { try Data(contentsOf: fold.at("earlier-1/\($0)")) } == before)
    #expect(try await Small.tensors("over") != Small.tensors("whole"))
  }

  @Test func `killed at random moments, by any signal, ends with the same bits`() async throws {
    _ = try await Small.whole.value
    let folder = try await Small.ready.value
    let fold = folder.at(Small.fold("killed"))
    func hasCheckpoint() -> Bool { fold.allFiles.contains { $0.hasSuffix(".safetensors") } }
    func epochs() throws -> Int {
      guard Folder.isFile(fold.at("metrics.jsonl")) else { return 0 }
      return try String(contentsOf: fold.at("metrics.jsonl"), encoding: .utf8)
        .split(separator: "\n").count
    }
    var random = SplitMix64(seed: 5)
    var interrupted = 0
    // The first kill comes while the process starts, the others in the epoch after one that is done.
    for (signal, hasBegun) in [
      (SIGKILL, false), (SIGINT, true), (SIGKILL, true), (SIGTERM, true),
    ] {
      let more = hasCheckpoint() ? "--continue" : ""
      let before = try epochs()
      let process = try Small.start(
        Small.arguments("killed", more), in: folder, saying: folder.at("killed.txt"))
      if hasBegun { try process.wait { try epochs() > before } }
      let delay = Double.random(in: 0...(hasBegun ? 0.02 : 0.2), using: &random)
      process.wait(atMost: .seconds(delay)) { false }
      kill(process.processIdentifier, signal)
      process.waitUntilExit()
      let isDone = fold.allFiles.contains("checkpoint_final.safetensors")
      if hasBegun, hasCheckpoint(), !isDone { interrupted += 1 }
    }
    #expect(interrupted > 0, "no kill left a checkpoint of an unfinished training")
    let last = try Cac.run(
      Small.arguments("killed", hasCheckpoint() ? "--continue" : ""), in: folder,
      launcher: Small.launcher)
    #expect(last.status == 0, "\(last.err)")
    #expect(fold.stagedNames == [])
    #expect(try await Small.tensors("killed") == Small.tensors("whole"))
  }

  @Test func `goes on from a checkpoint of nnU-Net as from its own, to the same bits`() async throws
  {
    _ = try await Small.whole.value
    let folder = try await Small.ready.value
    func goOn(_ results: String, without ending: String) async throws -> Cac.Outcome {
      try FileManager.default.copyItem(at: folder.at("whole"), to: folder.at(results))
      let fold = folder.at(Small.fold(results))
      for name in fold.allFiles where name.hasPrefix("checkpoint") && name.hasSuffix(ending) {
        try FileManager.default.removeItem(at: fold.at(name))
      }
      return try Cac.run(
        Small.arguments(results, "--no-validation --continue")
          .map { $0 == "4" ? "6" : $0 }, in: folder, launcher: Small.launcher)
    }
    let own = try await goOn("on-from-ours", without: ".pth")
    let theirs = try await goOn("on-from-theirs", without: ".safetensors")
    #expect(own.status == 0 && theirs.status == 0, "\(own.err) \(theirs.err)")
    #expect(!own.err.contains("goes on after"))
    #expect(theirs.err.contains("goes on after 4 of 6 epochs from"), "\(theirs.err)")
    #expect(theirs.err.contains("does not hold the batch size (2)"))
    #expect(try await Small.tensors("on-from-theirs") == Small.tensors("on-from-ours"))
    #expect(try await Small.tensors("on-from-theirs") != Small.tensors("whole"))
    let logs = try ["on-from-ours", "on-from-theirs"].map {
      try String(contentsOf: folder.at(Small.fold($0)).at("metrics.jsonl"), encoding: .utf8)
        .split(separator: "\n").map { try Cohort.json(Data($0.utf8))["lr"] as? Double }
    }
    #expect(logs[0] == logs[1] && logs[0].count == 6)
  }

  @Test func `asked to stop says how to go on`() async throws {
    let folder = try await Small.ready.value
    // A day of epochs; the first line of metrics says that it trains.
    let options =
      "train 901 2d 0 --epochs 9999 --iterations 3 --validation-iterations 1 --batch-size 2 "
      + "--device cpu --results stopped"
    let foldFolder = folder.at(Small.fold("stopped"))
    let said = folder.at("stopped.txt")
    let process = try Small.start(
      options.split(separator: " ").map(String.init), in: folder, saying: said)
    process.wait { Folder.isFile(foldFolder.at("metrics.jsonl")) }
    // Meanwhile nobody else may train this fold.
    let other = try Cac.run(options.split(separator: " ").map(String.init), in: folder)
    #expect(other.status == 1)
    #expect(other.complaints.first?.contains("process \(process.processIdentifier) on ") == true)
    kill(process.processIdentifier, SIGINT)
    process.waitUntilExit()
    #expect(process.terminationStatus == 1)
    let text = try String(contentsOf: said, encoding: .utf8)
    #expect(text.contains("cac: stopped in epoch"))
    #expect(text.contains("cac train Dataset901_Phantom 2d 0 --continue"))
    #expect(Folder.isFile(foldFolder.at("checkpoint_latest.safetensors")))
  }

  @Test func `takes the weights of another training but for its heads`() async throws {
    _ = try await Small.whole.value
    let folder = try await Small.ready.value
    let file = folder.at(Small.fold("whole"))
    for name in ["checkpoint_final.pth", "checkpoint_best.safetensors"] {
      try Cac.succeed(
        Small.arguments(
          "pretrained",
          "--no-validation --seed 2 --learning-rate 1e-12 --pretrained \(file.at(name).path)"),
        in: folder)
      let mine = try await Small.tensors("pretrained")
      guard name.hasSuffix("pth") else { continue }
      let weights = try await Small.tensors("whole").filter {
        !$0.key.contains("/") && !$0.key.hasSuffix("bias")
      }
      #expect(weights.keys.contains { $0.contains("seg_layers") })
      for (key, values) in try nonEmpty(weights) {
        let isSame = try pairs(values, #require(mine[key])).allSatisfy { abs($0 - $1) < 1e-5 }
        #expect(isSame == !key.contains("seg_layers"), "\(key)")
      }
    }
    let refused = try Cac.run(
      Small.arguments("pretrained", "--pretrained nowhere.pth"), in: folder)
    #expect(refused.complaints.first?.contains("nowhere.pth: no such file") == true)
  }

  @Test func `without memory says which setting to change`() async throws {
    let folder = try await Small.ready.value
    let outcome = try Cac.run(
      Small.arguments("memory", "--batch-size 6000"), in: folder,
      launcher: ["/usr/bin/prlimit", "--as=4000000000", "/usr/bin/env", "OMP_NUM_THREADS=1"])
    #expect(outcome.status == 1, "\(outcome.err)")
    #expect(outcome.complaints.first?.contains("lower --batch-size") == true, "\(outcome.err)")
  }

  @Test(.enabled(if: MountedFolder.isPossible, "mounting file systems needs root"))
  func `on a disk that fills up keeps its last good checkpoint`() async throws {
    _ = try await Small.whole.value
    let folder = try await Small.ready.value
    let size = try #require(
      try FileManager.default.attributesOfItem(
        atPath: folder.at(Small.fold("whole")).at("checkpoint_best.safetensors").path)[.size]
        as? Int)
    // Room for the first epoch's checkpoint, not for the final one beside it.
    let disk = try MountedFolder(options: "size=\((size * 3 / 2) / 1024 + 200)k")
    let outcome = try Cac.run(
      Small.arguments(disk.url.path), in: folder, launcher: Small.launcher)
    #expect(outcome.status == 1, "\(outcome.err)")
    #expect(outcome.complaints.first?.contains("the disk is full") == true, "\(outcome.err)")
    #expect(outcome.complaints.first?.contains("--continue") == true)
    let kept = URL(fileURLWithPath: Small.fold(disk.url.path)).at("checkpoint_best.safetensors")
    #expect(try Safetensors(contentsOf: kept).tensors.isEmpty == false)
    #expect(disk.url.stagedNames == [])
  }

  @Test func `writes event files whose records and sums are right`() async throws {
    _ = try await Small.whole.value
    let curves = try await Small.ready.value.at(Small.fold("whole")).at("tensorboard")
    let name = try #require(curves.allFiles.first)
    #expect(curves.allFiles.count == 1 && name.hasPrefix("events.out.tfevents."))
    var rest = try Data(contentsOf: curves.at(name))[...]
    func crc(_ bytes: Data.SubSequence) -> UInt32 {
      var crc = UInt32.max
      for byte in bytes {
        crc ^= UInt32(byte)
        for _ in 0..<8 { crc = crc >> 1 ^ (crc & 1 == 1 ? 0x82F6_3B78 : 0) }
      }
      return (~crc >> 15 | ~crc << 17) &+ 0xA282_EAD8
    }
    func number(_ bytes: Data.SubSequence) -> UInt64 {
      bytes.reversed().reduce(0) { $0 << 8 | UInt64($1) }
    }
    // The published check value of the polynomial: CRC-32C of "123456789" is E3069283.
    let check: UInt32 = 0xE306_9283
    #expect(crc(Data("123456789".utf8)[...]) == (check >> 15 | check << 17) &+ 0xA282_EAD8)
    var messages: [Data.SubSequence] = []
    while !rest.isEmpty {
      try #require(rest.count > 16)
      let length = Int(number(rest.prefix(8)))
      #expect(number(rest.dropFirst(8).prefix(4)) == UInt64(crc(rest.prefix(8))))
      let message = rest.dropFirst(12).prefix(length)
      #expect(number(rest.dropFirst(12 + length).prefix(4)) == UInt64(crc(message)))
      messages.append(message)
      rest = rest.dropFirst(16 + length)
    }
    #expect(messages.count == 5)
    #expect(messages[0].range(of: Data("brain.Event:2".utf8)) != nil)
    for message in messages.dropFirst() {
      for tag in ["loss/training", "loss/validation", "learning rate", "epoch seconds"] {
        #expect(message.range(of: Data(tag.utf8)) != nil)
      }
    }
  }
}
