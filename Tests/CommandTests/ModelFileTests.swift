// SPDX-License-Identifier: Apache-2.0
import CommandSupport
import Foundation
import Pickle
import TestSupport
import Testing
import Torch
import Zip

/// What nnU-Net passes models around as, besides folders: its zip, and a checkpoint by itself.
@Suite struct `A model file of nnU-Net` {
  private let models: URL
  private static let plain = "nnUNetTrainer__nnUNetPlans__2d"
  private static let residual = "nnUNetTrainer__nnUNetResEncUNetMPlans__2d"
  private var plain: URL { models.at("plain-2d/\(Self.plain)") }
  private var input: String { models.at("plain-2d/input").path }

  init() throws { models = try fixture("nnunet/models") }

  private func expected(in folder: TemporaryFolder) throws -> Data {
    try Cac.succeed(["predict", plain.path, input, "expected", "--device", "cpu"], in: folder.url)
    return try Data(contentsOf: folder.file("expected/scan.nii.gz"))
  }

  /// A zip as nnUNetv2_export_model_to_zip lays it out: relative to the results, compressed.
  private func zip(_ models: [URL], to file: URL) throws {
    var zip = ZipWriter(compresses: true)
    for model in models {
      let folder = "Dataset007_Toy/\(model.lastPathComponent)"
      for name in model.allFiles {
        try zip.add("\(folder)/\(name)", [UInt8](try Data(contentsOf: model.at(name))))
      }
      for name in ["debug.json", "progress.png", "validation/summary.json"] {
        try zip.add("\(folder)/fold_0/\(name)", Array("{}".utf8))
      }
      try zip.add("\(folder)/crossval_results_folds_0/postprocessing.pkl", [0])
    }
    try zip.write(to: file)
  }

  @Test func `in a zip predicts and is imported into its data set's folder`() throws {
    let folder = try TemporaryFolder()
    try zip([plain], to: folder.file("one.zip"))
    let expected = try expected(in: folder)
    try Cac.succeed(["predict", "one.zip", input, "out", "--device", "cpu"], in: folder.url)
    #expect(try Data(contentsOf: folder.file("out/scan.nii.gz")) == expected)
    let modelPath = "in/Dataset007_Toy/\(Self.plain)"
    let outcome = try Cac.succeed(["model", "import", "one.zip", "in"], in: folder.url)
    #expect(outcome.out.hasSuffix("\(modelPath): folds 0\n"))
    #expect(
      folder.url.at("in/Dataset007_Toy").allFiles
        == ["dataset.json", "fold_0/checkpoint_final.safetensors", "model.json", "plans.json"].map {
          "\(Self.plain)/\($0)"
        })
    try Cac.succeed(["predict", modelPath, input, "again", "--device", "cpu"], in: folder.url)
    #expect(try Data(contentsOf: folder.file("again/scan.nii.gz")) == expected)
  }

  @Test func `with several models is imported whole, and not guessed from`() throws {
    let folder = try TemporaryFolder()
    let residual = models.at("residual-2d/\(Self.residual)")
    try zip([plain, residual], to: folder.file("two.zip"))
    let refused = try Cac.run(["predict", "two.zip", input, "out"], in: folder.url)
    #expect(refused.status == 1 && refused.complaints.count == 1)
    #expect(refused.err.contains(Self.plain) && refused.err.contains(Self.residual))
    try Cac.succeed(["model", "import", "two.zip", "in"], in: folder.url)
    #expect(folder.url.at("in/Dataset007_Toy").allFiles.count == 8)
  }

  @Test func `as a lone checkpoint brings its plans, or takes those beside it`() throws {
    let folder = try TemporaryFolder()
    let expected = try expected(in: folder)
    // nnU-Net keeps plans and data set in its checkpoints; so does an export.
    try Cac.succeed(["model", "export", plain.path, "whole"], in: folder.url)
    let lone = folder.file("lone.pth")
    try FileManager.default.copyItem(
      at: folder.file("whole/\(Self.plain)/fold_0/checkpoint_final.pth"), to: lone)
    try Cac.succeed(["predict", "lone.pth", input, "p0", "--device", "cpu"], in: folder.url)
    #expect(try Data(contentsOf: folder.file("p0/scan.nii.gz")) == expected)
    let inPlace = plain.at("fold_0/checkpoint_final.pth").path
    try Cac.succeed(["predict", inPlace, input, "p1", "--device", "cpu"], in: folder.url)
    #expect(try Data(contentsOf: folder.file("p1/scan.nii.gz")) == expected)
    try Cac.succeed(["model", "import", "lone.pth", "in"], in: folder.url)
    try Cac.succeed(
      ["predict", "in/\(Self.plain)", input, "p2", "--device", "cpu"], in: folder.url)
    #expect(try Data(contentsOf: folder.file("p2/scan.nii.gz")) == expected)
    #expect(
      try Cac.succeed(["model", "show", "lone.pth"], in: folder.url).out.contains(
        "lone.pth, 2 epochs"))
  }

  @Test func `without its plans, or that is something else, says what is missing`() throws {
    let folder = try TemporaryFolder()
    var bare = PyTorchWriter()
    let weight = try bare.add(Tensor([1, 2] as [Float]))
    try bare.write(
      .object([
        ("network_weights", .object([("w", weight)])), ("trainer_name", .string("nnUNetTrainer")),
        ("init_args", .object([("configuration", .string("2d")), ("fold", .int(3))])),
      ]), to: folder.file("bare.pth"))
    try PyTorchWriter().write(.object([("x", .int(1))]), to: folder.file("other.pth"))
    var zip = ZipWriter(compresses: false)
    try zip.add("notes.txt", [1])
    try zip.write(to: folder.file("notes.zip"))
    // A zip whose folder would lead out of the results.
    var evil = ZipWriter(compresses: false)
    for name in plain.allFiles {
      try evil.add("../../\(Self.plain)/\(name)", [UInt8](try Data(contentsOf: plain.at(name))))
    }
    try evil.write(to: folder.file("evil.zip"))
    try Data("PK\u{3}\u{4} cut off".utf8).write(to: folder.file("cut.zip"))
    for (name, word) in [
      ("bare.pth", "plans.json is neither beside it nor in it"),
      ("other.pth", "no checkpoint of nnU-Net"), ("notes.zip", "holds no model"),
      ("cut.zip", "cut off"), ("missing.cac", "no such model"),
    ] {
      let outcome = try Cac.run(["model", "show", name], in: folder.url)
      #expect(outcome.status == 1 && outcome.complaints.count == 1)
      #expect(outcome.err.contains(word) && outcome.err.contains(name), "\(outcome.err)")
    }
    try Cac.succeed(["model", "import", "evil.zip", "a/b/in"], in: folder.url)
    #expect(
      try nonEmpty(folder.url.at("a").allFiles).allSatisfy { $0.hasPrefix("b/in/\(Self.plain)/") })
  }
}
