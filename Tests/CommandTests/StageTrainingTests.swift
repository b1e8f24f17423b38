// SPDX-License-Identifier: Apache-2.0
import CommandSupport
import Foundation
import TestSupport
import Testing
import Torch
import Zip

/// Meshes of a person, which lie beside the package where somebody put them.
private let anatomy =
  (ProcessInfo.processInfo.environment["CAC_ANATOMY"].map { URL(fileURLWithPath: $0) }
  ?? URL(fileURLWithPath: #filePath).deletingLastPathComponent().deletingLastPathComponent()
  .deletingLastPathComponent().deletingLastPathComponent().appendingPathComponent("shared/anatomy"))
  .appendingPathComponent("isa_BP3D_4.0_obj_99.zip")

@Suite struct `Training stages` {
  @Test func `refuses what is no archive of BodyParts3D's meshes`() throws {
    let folder = try TemporaryFolder()
    try Data("no archive".utf8).write(to: folder.file("text.zip"))
    var empty = ZipWriter(compresses: false)
    try empty.add("readme.txt", Array("none".utf8))
    try empty.write(to: folder.file("none.zip"))
    var one = ZipWriter(compresses: false)
    try one.add("meshes/FJ3225.obj", Array("v 0 0 0\n".utf8))
    try one.write(to: folder.file("one.zip"))
    for (name, word) in [
      ("text.zip", "text.zip: "), ("none.zip", "holds no Wavefront OBJ file"),
      ("one.zip", "lacks FJ3226.obj and "),
    ] {
      let outcome = try Cac.run(["train-stages", "out", "--anatomy", name], in: folder.url)
      #expect(outcome.status == 1 && outcome.out == "")
      #expect(outcome.complaints.count == 1)
      #expect(outcome.err.contains(word), "\(outcome.err)")
      #expect(outcome.err.split(separator: "\n").count == 1)
    }
    #expect(!folder.allNames.contains("out"))
  }

  @Test(
    .enabled(
      if: FileManager.default.fileExists(atPath: anatomy.path),
      "BodyParts3D is not in ../shared/anatomy"))
  func `keeps its work after Ctrl-C and goes on with the same command`() throws {
    let folder = try TemporaryFolder()
    let arguments = [
      "train-stages", "out", "--anatomy", anatomy.path, "--stage", "localiser", "--steps",
      "90", "--batch", "1", "--device", "cpu",
    ]
    let out = folder.file("out/localiser")
    let log = folder.file("log")
    try Data().write(to: log)
    let executable: URL = try #require(Cac.executable, "build the package first")
    let process = Process()
    process.executableURL = executable
    process.arguments = arguments
    process.currentDirectoryURL = folder.url
    process.standardOutput = FileHandle.nullDevice
    process.standardError = try FileHandle(forWritingTo: log)
    try process.run()
    func said() throws -> String { try String(contentsOf: log, encoding: .utf8) }
    try process.wait { try said().contains("train 0/90") }
    kill(process.processIdentifier, SIGTERM)
    process.waitUntilExit()
    #expect(process.terminationStatus == 1)
    #expect(try said().contains(" of 90 steps; all of it is kept, the same command goes on"))
    let kept = try Safetensors(contentsOf: out.at("checkpoint.safetensors"))
    #expect(kept.tensors["history"]?.shape.last == 4)
    #expect(!out.allFiles.contains("localiser.safetensors"))
    let outcome = try Cac.run(arguments + ["--minutes", "0.001"], in: folder.url)
    outcome.expectSuccess()
    #expect(outcome.err.contains("going on after"))
    #expect(outcome.out.contains(" of 90 steps in "))
    let record = try Cohort.json(Data(contentsOf: out.at("training.run.json")))
    #expect(
      (record["arguments"] as? [String])?.prefix(4) == [
        "train-stages", "…", "--anatomy", "….zip",
      ])
    #expect(
      out.allFiles == [
        "checkpoint.safetensors", "localiser.safetensors", "metrics.jsonl", "progress.png",
        "training-options.json", "training.run.json",
      ])
    // A model is used from the folder above.
    let weights = try Safetensors(contentsOf: folder.file("out/localiser.safetensors"))
    #expect(weights.metadata["cac.stage"] == "localiser")
    #expect(try weights.tensors.values.allSatisfy { try $0.dtype == .float16 })
  }
}
