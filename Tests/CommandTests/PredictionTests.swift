// SPDX-License-Identifier: Apache-2.0
import CommandSupport
import Files
import Foundation
import NIfTI
import TestSupport
import Testing
import Volume

@Suite struct `A cascade` {
  private let oracle: PredictionOracle

  init() throws { oracle = try PredictionOracle("cascade") }

  private func predict(_ model: URL, _ more: [String], in folder: URL) throws -> Cac.Outcome {
    try Cac.run(
      ["predict", model.path, oracle.input.path, "out", "--device", "cpu"] + more, in: folder)
  }

  @Test func `predicts its previous stage first and then as nnunetv2 does`() throws {
    let folder = try TemporaryFolder()
    let outcome = try predict(
      oracle.model("3d_cascade_fullres"), ["--probabilities"], in: folder.url)
    #expect(outcome.status == 0, "\(outcome.err)")
    #expect(outcome.err.contains("3d_cascade_fullres refines 3d_lowres, which is predicted first"))
    try oracle.expectLabels("theirs", in: folder.file("out"))
    try oracle.expectProbabilities("theirs", in: folder.file("out"))
  }

  @Test func `takes label maps of the previous stage, which matter`() throws {
    let folder = try TemporaryFolder()
    let model = try oracle.copy("3d_cascade_fullres", to: folder.url)
    let outcome = try predict(
      model, ["--previous-stage", oracle.folder.at("previous").path], in: folder.url)
    #expect(outcome.status == 0, "\(outcome.err)")
    #expect(!outcome.err.contains("refines"))
    try oracle.expectLabels("theirs", in: folder.file("out"))
    let first = try NIfTIFile.read(folder.file("out/scan.nii.gz"), as: UInt8.self)
    let previous = try NIfTIFile.read(oracle.folder.at("previous/scan.nii.gz"), as: UInt8.self)
    try NIfTIFile.write(previous.map { _ in UInt8(0) }, to: folder.file("empty/scan.nii.gz"))
    try predict(model, ["--previous-stage", "empty"], in: folder.url).expectSuccess()
    let second = try NIfTIFile.read(folder.file("out/scan.nii.gz"), as: UInt8.self)
    let differing = zip(first.voxels, second.voxels).count { $0 != $1 }
    #expect(differing > 100)
  }

  @Test func `without a previous stage, or with a wrong one, is refused in one sentence`() throws {
    let folder = try TemporaryFolder()
    let model = try oracle.copy("3d_cascade_fullres", to: folder.url)
    func refuse(_ model: URL, _ more: [String], _ words: String...) throws {
      let outcome = try predict(model, more, in: folder.url)
      #expect(outcome.status == 1 && outcome.complaints.count == 1)
      for word in words { #expect(outcome.err.contains(word), "\(outcome.err)") }
      #expect(folder.file("out").allFiles == [])
    }
    try refuse(model, [], "refines label maps of 3d_lowres", "--previous-stage")
    try refuse(model, ["--previous-stage", "nowhere"], "no such folder")
    try refuse(
      oracle.model("3d_lowres"), ["--previous-stage", "."], "3d_lowres has no previous stage")
    try Folder.create(folder.file("bare"))
    try refuse(model, ["--previous-stage", "bare"], "holds no scan.nii.gz")
    let right = try NIfTIFile.read(oracle.folder.at("previous/scan.nii.gz"), as: UInt8.self)
    try NIfTIFile.write(right.map { _ in UInt8(7) }, to: folder.file("odd/scan.nii.gz"))
    try refuse(model, ["--previous-stage", "odd"], "7", "does not declare")
    var geometry = right.geometry
    geometry.extent.slices -= 1
    try NIfTIFile.write(
      Volume(
        geometry: geometry, voxels: Array(right.voxels.dropLast(geometry.extent.sliceCount))),
      to: folder.file("short/scan.nii.gz"))
    try refuse(model, ["--previous-stage", "short"], "the label map has the grid")
  }
}

@Suite struct `A model of regions, channels or many labels` {
  @Test(arguments: [("regions-2d", "2d"), ("regions-3d", "3d_fullres")])
  func `predicts regions with an ignore label as nnunetv2 does`(name: String, configuration: String)
    throws
  {
    let oracle = try PredictionOracle(name)
    let folder = try TemporaryFolder()
    let line = ["predict", oracle.model(configuration).path, oracle.input.path]
    try Cac.succeed(line + ["a", "--probabilities", "--device", "cpu"], in: folder.url)
    try oracle.expectLabels("theirs", in: folder.file("a"))
    try oracle.expectProbabilities("theirs", in: folder.file("a"))
    // Without probabilities the labels come from the logits.
    try Cac.succeed(line + ["b", "--device", "cpu"], in: folder.url)
    try oracle.expectLabels("theirs", in: folder.file("b"))
    #expect(folder.file("b").allFiles == ["predictions.run.json", "scan.nii.gz"])
  }

  @Test func `writes two bytes a voxel from 255 labels on`() throws {
    let oracle = try PredictionOracle("many")
    let folder = try TemporaryFolder()
    for more in [[], ["--probabilities"]] {
      try Cac.succeed(
        ["predict", oracle.model("2d").path, oracle.input.path, "out", "--device", "cpu"] + more,
        in: folder.url)
      // Of 300 random logits the two largest are sometimes closer than the last bits agree.
      try oracle.expectLabels("theirs", in: folder.file("out"), words: true, ties: 2)
    }
    let labels = try NIfTIFile.read(folder.file("out/scan.nii.gz"), as: UInt16.self)
    #expect((labels.voxels.max() ?? 0) > 255)
  }

  @Test func `leaves out a case whose channels are not those of the model`() throws {
    let oracle = try PredictionOracle("regions-2d")
    let folder = try TemporaryFolder()
    let input = folder.file("input")
    try FileManager.default.copyItem(at: oracle.input, to: input)
    let file = oracle.input.at("scan_0000.nii.gz")
    try FileManager.default.copyItem(at: file, to: input.at("less_0000.nii.gz"))
    for channel in 0..<3 {
      try FileManager.default.copyItem(at: file, to: input.at("more_000\(channel).nii.gz"))
    }
    let line = ["predict", oracle.model("2d").path, "input", "out", "--device", "cpu"]
    let outcome = try Cac.run(line, in: folder.url)
    #expect(outcome.status == 3)
    #expect(
      outcome.leftOut == [
        "less": "has the channels 0000, the model takes 0000 to 0001 (MR, CT)",
        "more": "has the channels 0000, 0001, 0002, the model takes 0000 to 0001 (MR, CT)",
      ])
    try oracle.expectLabels("theirs", in: folder.file("out"))
    // One file is one channel, and so is a scan in DICOM.
    let one = try Cac.run(
      ["predict", oracle.model("2d").path, "input/scan_0000.nii.gz", "other"], in: folder.url)
    #expect(one.status == 1 && one.complaints.count == 1)
    #expect(one.err.contains("takes 2 channels (MR, CT)"))
    // A model of one channel does not take the first of several for the image.
    try FileManager.default.removeItem(at: input.at("more_0002.nii.gz"))
    try FileManager.default.removeItem(at: input.at("less_0000.nii.gz"))
    let single = try Cac.run(
      ["predict", PredictionOracle("regions-3d").model("3d_fullres").path, "input", "other"],
      in: folder.url)
    #expect(single.status == 1 && single.complaints.count == 1)
    #expect(single.err.contains("every case has 2 channels"), "\(single.err)")
  }
}

@Suite struct `A prediction in parts` {
  private let oracle: PredictionOracle

  init() throws { oracle = try PredictionOracle("regions-3d") }

  /// Five copies of the scan.
  private func folder() throws -> TemporaryFolder {
    let folder = try TemporaryFolder()
    try Folder.create(folder.file("input"))
    for name in "abcde" {
      try FileManager.default.copyItem(
        at: oracle.input.at("scan_0000.nii.gz"), to: folder.file("input/\(name)_0000.nii.gz"))
    }
    return folder
  }

  private func predict(_ output: String, _ more: String) -> [String] {
    ["predict", oracle.model("3d_fullres").path, "input", output, "--no-mirroring", "--device"]
      + ["cpu"] + more.split(separator: " ").map(String.init)
  }

  @Test func `comes to the same folder as one of all`() throws {
    let folder = try folder()
    try Cac.succeed(predict("whole", ""), in: folder.url)
    let second = try Cac.succeed(predict("out", "--parts 2 --part 1"), in: folder.url)
    #expect(second.out == "2 label maps in out\n")
    #expect(
      folder.file("out").allFiles == ["b.nii.gz", "d.nii.gz", "predictions.run.json"])
    let first = try Cac.succeed(predict("out", "--parts 2 --part 0"), in: folder.url)
    #expect(first.out == "3 label maps in out\n")
    #expect(folder.file("out").allFiles == folder.file("whole").allFiles)
    let maps = folder.file("whole").allFiles.filter { $0.hasSuffix(".gz") }
    #expect(maps.count == 5)
    for name in maps {
      #expect(
        try Data(contentsOf: folder.file("out/\(name)"))
          == Data(contentsOf: folder.file("whole/\(name)")))
    }
    // A part that is done, and one that is left with nothing.
    let again = try Cac.succeed(predict("out", "--parts 2 --part 1 --continue"), in: folder.url)
    #expect(again.out == "0 label maps in out, 2 were there already\n")
    let none = try Cac.succeed(predict("none", "--parts 9 --part 8"), in: folder.url)
    #expect(none.out == "0 label maps in none\n")
  }

  @Test(arguments: [SIGINT, SIGTERM, SIGKILL])
  func `that is interrupted leaves whole files and goes on`(signal: Int32) throws {
    let folder = try folder()
    let line = predict("out", "--probabilities")
    try Cac.succeed(line, in: folder.url)
    let names = folder.file("out").allFiles.filter { !$0.hasSuffix(".json") }
    let expected = try names.map { try Data(contentsOf: folder.file("out/\($0)")) }
    try #require(names.count == 15)
    try Folder.remove(folder.file("out"))
    func done() -> [Int] { names.indices.filter { Folder.isFile(folder.file("out/\(names[$0])")) } }
    var interrupted = 0
    for _ in 0..<3 {
      // Another file is there, and others are not.
      let before = done().count
      let run = try Cac.start(line + ["--continue"], in: folder.url)
      run.wait { done().count > before }
      kill(run.processIdentifier, signal)
      run.waitUntilExit()
      if (1..<names.count).contains(done().count) { interrupted += 1 }
      for i in done() {
        #expect(try Data(contentsOf: folder.file("out/\(names[i])")) == expected[i], "\(names[i])")
      }
    }
    #expect(interrupted > 0, "no signal came while there were files and others were missing")
    // What a killed process left goes with the next one; another case's may be at work.
    try Data("half".utf8).write(to: folder.file("out/.staged-12-34-b.npz"))
    try Data("half".utf8).write(to: folder.file("out/.staged-12-34-b.npz.a1B2c3"))
    try Data("half".utf8).write(to: folder.file("out/.staged-12-34-other.npz"))
    try Cac.succeed(line + ["--continue"], in: folder.url)
    #expect(folder.file("out").stagedNames == [".staged-12-34-other.npz"])
    for (name, data) in zip(names, expected) {
      #expect(try Data(contentsOf: folder.file("out/\(name)")) == data, "\(name)")
    }
  }
}
