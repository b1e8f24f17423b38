// SPDX-License-Identifier: Apache-2.0
import CommandSupport
import Files
import Foundation
import NIfTI
import NumPy
import TestSupport
import Testing
import Torch
import Volume

@Suite struct `A prediction that cannot be right` {
  private let oracle: PredictionOracle

  init() throws { oracle = try PredictionOracle("regions-3d") }
  private let name = "nnUNetTrainer__nnUNetPlans__3d_fullres"

  /// Runs a prediction that must fail with one sentence that has all words.
  private func refuse(
    _ folder: TemporaryFolder, _ model: String, _ more: [String] = [], words: [String]
  ) throws {
    let outcome = try Cac.run(
      ["predict", model, oracle.input.path, "out", "--device", "cpu"] + more, in: folder.url)
    #expect(outcome.status == 1 && outcome.complaints.count == 1)
    for word in words { #expect(outcome.err.contains(word), "\(outcome.err)") }
    #expect(folder.file("out").allFiles == [])
  }

  @Test func `for weights of another network names the first and both shapes`() throws {
    let folder = try TemporaryFolder()
    let plans = try oracle.copy("3d_fullres", to: folder.url).at("plans.json")
    let text = try String(contentsOf: plans, encoding: .utf8)
    let changed = text.replacing(
      #/"features_per_stage": \[2, 4/#, with: #""features_per_stage": [3, 4"#)
    #expect(changed != text)
    try changed.write(to: plans, atomically: false, encoding: .utf8)
    try refuse(
      folder, name,
      words: [
        "fold_0/checkpoint_final.pth", "does not fit its plan",
        "encoder.stages.0.0.convs.0.conv.weight", "2 × 1 × 1 × 3 × 3", "3 × 1 × 1 × 3 × 3",
      ])
  }

  @Test(arguments: [Float.nan, .infinity])
  func `for weights that are no numbers names one`(value: Float) throws {
    let folder = try TemporaryFolder()
    try Cac.succeed(["model", "import", oracle.model("3d_fullres").path, "in"], in: folder.url)
    let file = folder.file("in/\(name)/fold_0/checkpoint_final.safetensors")
    let weight = "decoder.stages.0.convs.1.norm.weight"
    let stored = try Safetensors(contentsOf: file)
    var tensors = stored.tensors
    var values = try #require(tensors[weight]).floats()
    values[1] = value
    tensors[weight] = try Tensor(values)
    try Safetensors(tensors: tensors, metadata: stored.metadata).write(to: file)
    try refuse(folder, "in/\(name)", words: [file.lastPathComponent, weight, "is not finite"])
  }

  @Test func `for a fold that is not there, or of another configuration`() throws {
    let folder = try TemporaryFolder()
    let model = try oracle.copy("3d_fullres", to: folder.url)
    try refuse(folder, name, ["--folds", "0", "3"], words: ["fold_3", "holds no weights"])
    let other = try PredictionOracle("regions-2d").model("2d")
    try FileManager.default.copyItem(at: other.at("fold_0"), to: model.at("fold_1"))
    try refuse(
      folder, name, words: ["fold_1/checkpoint_final.pth", "trained for 2d", "3d_fullres"])
  }

  @Test func `for lack of memory says how much and what helps, before it begins`() throws {
    let folder = try TemporaryFolder()
    let model = oracle.model("3d_fullres").path
    try refuse(
      folder, model, ["--max-memory", "0.0001"],
      words: ["would take about 0.0", "GB of memory, 0.0 GB are available", "GB are "])
    try Cac.run(
      ["predict", model, oracle.input.path, "out", "--max-memory", "1", "--device", "cpu"],
      in: folder.url
    ).expectSuccess()
  }

  /// 2,000 × 2,000 × 500 voxels of two bytes, of which the disk holds one.
  private func hugeImage(_ url: URL) throws {
    let geometry = Geometry(
      extent: Extent(slices: 1, rows: 1, columns: 1), spacing: [0.4, 0.4, 3])
    try NIfTIFile.write(Volume(geometry: geometry, voxels: [Int16(0)]), to: url)
    let file = try FileHandle(forUpdating: url)
    try file.seek(toOffset: 42)
    for count in [2000, 2000, 500] as [Int16] {
      try withUnsafeBytes(of: count) { try file.write(contentsOf: $0) }
    }
    try file.truncate(atOffset: 352 + 4_000_000_000)
    try file.close()
  }

  @Test(arguments: [
    ["/usr/bin/env", "CAC_MEMORY_LIMIT=6000000000"],
    ["/bin/sh", "-c", "ulimit -v 7000000; exec \"$0\" \"$@\""],
  ])
  func `of an image that the memory does not hold is refused before it is read`(
    limited: [String]
  ) throws {
    let folder = try TemporaryFolder()
    try hugeImage(folder.file("huge.nii"))
    for line in [
      ["predict", oracle.model("3d_fullres").path, "huge.nii", "out", "--device", "cpu"],
      ["score", "huge.nii"],
    ] {
      let outcome = try Cac.run(line, in: folder.url, launcher: limited)
      #expect(outcome.status == 1 && outcome.complaints.count == 1, "\(outcome.err)")
      #expect(outcome.err.contains("huge.nii: would take"), "\(outcome.err)")
      #expect(outcome.err.contains("of memory to read"), "\(outcome.err)")
    }
  }

  @Test func `for an image without spacing leaves it out`() throws {
    let folder = try TemporaryFolder()
    let scan = try NIfTIFile.read(oracle.input.at("scan_0000.nii.gz"), as: Int16.self)
    try NIfTIFile.write(scan, to: folder.file("in/right_0000.nii"))
    let bytes = try Data(contentsOf: folder.file("in/right_0000.nii"))
    for (name, value) in [("none", Float(0)), ("nan", .nan), ("endless", .infinity)] {
      var spoilt = bytes
      // pixdim[2], and the second column of the affine matrix.
      for offset in [84, 284, 300, 316] {
        withUnsafeBytes(of: value) { spoilt.replaceSubrange(offset..<offset + 4, with: $0) }
      }
      try spoilt.write(to: folder.file("in/\(name)_0000.nii"))
    }
    let outcome = try Cac.run(
      ["predict", oracle.model("3d_fullres").path, "in", "out", "--device", "cpu"],
      in: folder.url)
    #expect(outcome.status == 3)
    #expect(outcome.leftOut.keys.sorted() == ["endless", "nan", "none"], "\(outcome.err)")
    for (_, reason) in outcome.leftOut { #expect(reason.contains("_0000.nii"), "\(reason)") }
    #expect(folder.file("out").allFiles == ["predictions.run.json", "right.nii.gz"])
  }

  @Test(arguments: [(1, 1, 1), (2, 3, 40), (5, 30, 2)])
  func `of an image smaller than a patch is made all the same`(
    slices: Int, rows: Int, columns: Int
  ) throws {
    let folder = try TemporaryFolder()
    let extent = Extent(slices: slices, rows: rows, columns: columns)
    let image = Volume(
      geometry: Geometry(extent: extent, spacing: [0.55, 0.55, 3.3]),
      voxels: (0..<extent.count).map { Int16($0 * 37 % 400) })
    try NIfTIFile.write(image, to: folder.file("in/small.nii.gz"))
    try Cac.succeed(
      [
        "predict", oracle.model("3d_fullres").path, "in", "out", "--probabilities", "--device",
        "cpu",
      ], in: folder.url)
    let labels = try NIfTIFile.read(folder.file("out/small.nii.gz"), as: UInt8.self)
    #expect(labels.geometry.mismatch(with: image.geometry) == nil)
    let probabilities = try NumPyArray(
      named: "probabilities", in: folder.file("out/small.npz"), most: 1 << 20)
    #expect(probabilities.shape == [3, slices, rows, columns])
    #expect(probabilities.values.allSatisfy { $0 >= 0 && $0 <= 1 })
  }

  @Test(.enabled(if: MountedFolder.isPossible, "mounting file systems needs root"))
  func `onto a full disk is named and leaves nothing half-written`() throws {
    let disk = try MountedFolder(options: "size=16k")
    try Data(count: 8192).write(to: disk.url.at("ballast"))
    let oracle = try PredictionOracle("many")
    let outcome = try Cac.run(
      [
        "predict", oracle.model("2d").path, oracle.input.path, disk.url.at("out").path,
        "--probabilities", "--device", "cpu",
      ], in: disk.url)
    #expect(outcome.status == 1 && outcome.complaints.count == 1)
    #expect(outcome.err.contains("the disk is full"), "\(outcome.err)")
    #expect(disk.url.at("out").allFiles == [])
  }
}

@Suite struct `A model folder and DICOM` {
  @Test func `come to the labels of the NIfTI way, for a study and for a folder of them`()
    async throws
  {
    _ = try await Cohort.prepare.value
    let folder = try TemporaryFolder()
    let model = try fixture("nnunet/models/plain-2d/nnUNetTrainer__nnUNetPlans__2d")
    func predict(_ input: URL, _ output: String) throws -> Cac.Outcome {
      try Cac.run(
        ["predict", model.path, input.path, output, "--no-mirroring", "--device", "cpu"],
        in: folder.url)
    }
    try FileManager.default.createDirectory(
      at: folder.file("studies"), withIntermediateDirectories: true)
    try FileManager.default.createDirectory(
      at: folder.file("nifti"), withIntermediateDirectories: true)
    for id in ["0", "2"] {
      try FileManager.default.copyItem(
        at: Cohort.tree.at("patient/\(id)"), to: folder.file("studies/\(id)"))
      try FileManager.default.copyItem(
        at: Cohort.raw.at("imagesTr/cac_000\(id)_0000.nii.gz"),
        to: folder.file("nifti/\(id)_0000.nii.gz"))
    }
    try predict(folder.file("nifti"), "a").expectSuccess()
    try predict(folder.file("studies"), "b").expectSuccess()
    try predict(folder.file("studies/2"), "c").expectSuccess()
    for (file, other) in [("a/0", "b/0"), ("a/2", "b/2"), ("a/2", "c/2")] {
      let one = try NIfTIFile.read(folder.file("\(file).nii.gz"), as: UInt8.self)
      let two = try NIfTIFile.read(folder.file("\(other).nii.gz"), as: UInt8.self)
      #expect(one.geometry.mismatch(with: two.geometry) == nil)
      let differing = zip(one.voxels, two.voxels).count { $0 != $1 }
      #expect(differing == 0 && Set(one.voxels).count == 2)
    }
  }
}
