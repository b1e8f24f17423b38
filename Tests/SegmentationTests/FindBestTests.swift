// SPDX-License-Identifier: Apache-2.0
import CommandSupport
import Files
import Foundation
import NIfTI
import NNUNet
import OracleSupport
import TestSupport
import Testing
import Volume

@testable import Segmentation
@testable import Studies
@testable import Workflow

/// A copy of a tree of cross-validated models that may be spoilt.
private struct Tree {
  let folder: TemporaryFolder
  let name = ModelTree.dataset

  init() throws {
    folder = try TemporaryFolder()
    try #require(ModelTree.all(in: fixture("nnunet/selection")).first).copy(to: folder.url)
  }

  func model(_ configuration: String) -> String {
    "results/\(name)/nnUNetTrainer__nnUNetPlans__\(configuration)"
  }

  func findBest(_ arguments: [String]) throws -> Cac.Outcome {
    try Cac.run(
      [
        "find-best", "1", "--raw", "raw", "--preprocessed", "preprocessed", "--results", "results",
        "--folds", "0-1",
      ] + arguments, in: folder.url)
  }
}

@Suite struct `The best configuration as nnU-Net finds it` {
  @Test(arguments: try ModelTree.all(in: fixture("nnunet/selection")))
  func `is the same here, with its figures and its post-processing`(tree: ModelTree) async throws {
    #expect(try await tree.differences() == [])
  }

  @Test func `is shown as a table, as JSON and as commands that a shell takes`() throws {
    let tree = try Tree()
    let table = try tree.findBest([])
    #expect(table.status == 0, "\(table.err)")
    #expect(table.out.contains("→  2d + 3d_fullres"))
    let json = try JSON.parse(Data(tree.findBest(["--json"]).out.utf8), subject: "out")
    #expect(json["best"]?.string?.hasPrefix("ensemble___nnUNetTrainer__nnUNetPlans__2d___") == true)
    #expect(json["all_results"]?.object?.keys.count == 3)
    let file = tree.folder.file("results/\(tree.name)/inference_instructions.txt")
    let words = try shell("cac() { printf '%s\\n' \"$@\"; }; . \(file.path.shellQuoted)")
    #expect(words.filter { $0 == "predict" }.count == 2)
    #expect(words.contains(tree.folder.file(tree.model("3d_fullres")).path))
  }

  private func shell(_ script: String) throws -> [String] {
    let process = Process()
    process.executableURL = URL(fileURLWithPath: "/bin/sh")
    process.arguments = ["-euc", script]
    let pipe = Pipe()
    process.standardOutput = pipe
    try process.run()
    let data = try #require(try pipe.fileHandleForReading.readToEnd())
    process.waitUntilExit()
    #expect(process.terminationStatus == 0)
    return String(decoding: data, as: UTF8.self).split(separator: "\n").map(String.init)
  }
}

@Suite struct `A cross-validation that is not whole` {
  @Test(arguments: [
    ("rm -r M/fold_1/validation", [], "fold 1 of 2d is missing"),
    ("rm M/fold_1/validation/*.nii.gz", [], "holds no label map"),
    ("rm M/fold_0/validation/*.npz", [], "holds no probabilities"),
    ("rm M/fold_0/validation/case_0.npz", [], "has no case_0.npz in its folds"),
    (
      "cp M/fold_0/validation/case_0.* M/fold_1/validation/", [], "case_0.nii.gz: the case was also"
    ),
    ("echo no > M/fold_0/validation/case_0.npz", [], "is no file of numpy.savez"),
    ("echo no > M/fold_0/validation/case_0.nii.gz", [], "case_0.nii.gz"),
    ("rm raw/*/labelsTr/case_1.nii.gz", [], "case_1.nii.gz: has no reference"),
    ("rm -r raw/*/labelsTr preprocessed/*/gt_segmentations", [], "labels are needed"),
    ("rm preprocessed/*/nnUNetPlans.json", [], "no plans; run: cac plan"),
    ("true", ["-c", "2d", "3d_lowres"], "no such model; run: cac train"),
    ("rm -r results/*", [], "none of the plans' configurations is trained"),
  ])
  func `is refused in a sentence that names what is missing`(
    spoil: String, arguments: [String], why: String
  ) throws {
    let tree = try Tree()
    let process = Process()
    process.executableURL = URL(fileURLWithPath: "/bin/sh")
    process.arguments = ["-ec", "M='\(tree.model("2d"))'; \(spoil.replacing("M/", with: "$M/"))"]
    process.currentDirectoryURL = tree.folder.url
    try process.run()
    process.waitUntilExit()
    #expect(process.terminationStatus == 0)
    let outcome = try tree.findBest(arguments)
    #expect(outcome.status == 1)
    #expect(outcome.complaints.count == 1)
    #expect(outcome.err.contains(why), "\(outcome.err)")
  }

  @Test func `does without probabilities where no ensembles are wanted`() throws {
    let tree = try Tree()
    for configuration in ["2d", "3d_fullres"] {
      for fold in ["fold_0", "fold_1"] {
        let validationFolder = tree.folder.file("\(tree.model(configuration))/\(fold)/validation")
        for name in try Folder.names(in: validationFolder) where name.hasSuffix(".npz") {
          try Folder.remove(validationFolder.appendingPathComponent(name))
        }
      }
    }
    let outcome = try tree.findBest(["--no-ensembling"])
    #expect(outcome.status == 0, "\(outcome.err)")
    let file = tree.folder.file("results/\(tree.name)/inference_instructions.txt")
    let text = try String(contentsOf: file, encoding: .utf8)
    #expect(text.contains("\ncac predict ") && text.contains("--folds 0 1"))
  }

  @Test func `can be judged by the Agatston scores`() throws {
    let tree = try Tree()
    let raw = tree.folder.file("raw/\(tree.name)")
    try FileManager.default.copyItem(
      at: tree.folder.file("preprocessed/\(tree.name)/dataset.json"),
      to: raw.appendingPathComponent("dataset.json"))
    let labels = raw.appendingPathComponent("labelsTr")
    for (index, name) in try Folder.names(in: labels).enumerated() {
      let map: Volume<UInt8> = try NIfTIFile.read(labels.appendingPathComponent(name))
      try NIfTIFile.write(
        map.map { _ in Int16(300) },
        to: raw.appendingPathComponent("imagesTr/\(name.dropLast(7))_0000.nii.gz"))
      // One model says what the references say.
      try NIfTIFile.write(
        map,
        to: tree.folder.file("\(tree.model("3d_fullres"))/fold_\(index % 2)/validation/\(name)"))
    }
    let outcome = try tree.findBest(["--by", "agatston", "--no-ensembling", "--json"])
    #expect(outcome.status == 0, "\(outcome.err)")
    let json = try JSON.parse(Data(outcome.out.utf8), subject: "out")
    let name = "nnUNetTrainer__nnUNetPlans__3d_fullres"
    #expect(json["best"]?.string == name)
    let spearman = try #require(json["agatston"]?[name]?["spearman"]?.double)
    #expect(abs(spearman - 1) < 1e-12)
    let table = try tree.findBest(["--by", "agatston", "--no-ensembling"])
    #expect(table.out.contains("Spearman") && table.out.contains("1.000"))
  }

  @Test func `names configurations that were passed over`() throws {
    let tree = try Tree()
    let outcome = try tree.findBest([])
    #expect(outcome.err.contains("note: 3d_lowres is planned but not trained"))
  }
}

@Suite struct `The choice among models` {
  private func candidate(_ dice: Double?, _ agreement: CalciumAgreement? = nil) throws
    -> BestConfiguration.Candidate
  {
    let labels = try LabelScheme(foreground: ["calcium"])
    // Of 1000 voxels each, so that thousandths of Dice can be had.
    let hits = Int(((dice ?? 0) * 1000).rounded())
    let metrics = SegmentationMetrics(
      truePositives: dice == nil ? 0 : hits, falsePositives: dice == nil ? 0 : 1000 - hits,
      falseNegatives: dice == nil ? 0 : 1000 - hits, trueNegatives: 0)
    let description = try DatasetDescription(
      channelNames: ["CT"], labels: labels, numTraining: 1)
    return BestConfiguration.Candidate(
      name: "m", models: [],
      folder: try LabelFolder(FileManager.default.temporaryDirectory, dataset: description),
      summary: try SegmentationSummary(
        cases: [.init(predictionFile: "p", referenceFile: "r", metrics: [metrics])], labels: labels),
      agreement: agreement)
  }

  @Test func `falls on the highest Dice, of equal ones on the first`() throws {
    let some = try [0.5, 0.9, nil, 0.9, 0.8].map { try candidate($0) }
    #expect(BestConfiguration.index(of: some, by: .dice) == 1)
    #expect(BestConfiguration.index(of: [try candidate(nil)], by: .dice) == nil)
  }

  @Test func `by calcium falls on rank correlation, then on kappa`() throws {
    let some = try [(0.9, 0.5), (0.95, 0.6), (0.95, 0.8), (nil, 1.0)].map {
      try candidate(1, CalciumAgreement(spearman: $0, linearKappa: $1))
    }
    #expect(BestConfiguration.index(of: some, by: .agatston) == 2)
    #expect(BestConfiguration.index(of: [some[3]], by: .agatston) == nil)
  }
}
