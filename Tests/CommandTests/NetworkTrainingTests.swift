// SPDX-License-Identifier: Apache-2.0
import CommandSupport
import Files
import Foundation
import NIfTI
import TestSupport
import Testing
import Torch
import Volume

/// Five small scans with a lesion each, and a training of the networks of Lessmann 2018 on them by two
/// steps each.
private enum Tiny {
  static let images = "nnUNet_raw/Dataset907_Tiny/imagesTr"

  static let ready = Task {
    let folder = Cohort.folder.at("lessmann")
    let raw = folder.at("nnUNet_raw/Dataset907_Tiny")
    for name in ["imagesTr", "labelsTr"] { try Folder.create(raw.at(name)) }
    for number in 0..<5 {
      let (ct, labels) = scan(number)
      try NIfTIFile.write(ct, to: raw.at("imagesTr/case\(number)_0000.nii.gz"))
      try NIfTIFile.write(labels, to: raw.at("labelsTr/case\(number).nii.gz"))
    }
    let text = """
      {"channel_names": {"0": "CT"}, "labels": {"background": 0, "calcium": 1}, "numTraining": 5, \
      "file_ending": ".nii.gz"}
      """
    try Data(text.utf8).write(to: raw.at("dataset.json"))
    try Cac.succeed(["plan", "907"], in: folder)
    return folder
  }

  /// Soft tissue with a wire of bone and a lesion of 3×3×3 voxels, on the networks' own grid.
  private static func scan(_ number: Int) -> (ct: Volume<Int16>, labels: Volume<UInt8>) {
    let geometry = Geometry(
      extent: Extent(slices: 6, rows: 20, columns: 24), spacing: [0.66, 0.66, 1.5])
    var ct = Volume(
      geometry: geometry,
      voxels: (0..<geometry.extent.count).map { Int16(($0 * 37 + number * 11) % 90) - 40 })
    var labels = Volume(geometry: geometry, repeating: UInt8(0))
    for z in 0..<6 { for x in 1...3 { ct[z, 2, x] = 600 } }
    for z in 2...4 {
      for y in 9...11 {
        for x in 10 + number...12 + number { (ct[z, y, x], labels[z, y, x]) = (400, 1) }
      }
    }
    return (ct, labels)
  }

  static func arguments(_ results: String, _ more: String = "") -> [String] {
    ("train 907 2d 0 --network lessmann --epochs 1 --iterations 2 --batch-size 2 --device cpu "
      + "--results \(results) \(more)").split(separator: " ").map(String.init)
  }

  static let model = "whole/Dataset907_Tiny/lessmann__nnUNetPlans__2d"

  static let whole = Task {
    let folder = try await ready.value
    return try Cac.succeed(arguments("whole"), in: folder)
  }
}

@Suite struct `A network in the place of nnU-Net's` {
  @Test func `leaves a model with a card, curves, label maps and a summary`() async throws {
    let outcome = try await Tiny.whole.value
    #expect(outcome.out.contains("2 epochs of 2 networks"))
    #expect(outcome.out.contains("mean validation Dice"))
    #expect(outcome.err.contains("does not label LAD, LCX, RCA, aorta"))
    let model = try await Tiny.ready.value.at(Tiny.model)
    let card = try Cohort.json(Data(contentsOf: model.at("network.json")))
    #expect(card["network"] as? String == "lessmann")
    #expect(card["classes"] as? [String] == ["calcium"])
    // Two classes instead of seven: five outputs fewer of three heads of 32, and of one of 128.
    #expect(card["parameters"] as? Int == 212_348 - 5 * (3 * 33 + 129) + 909_842)
    let fold = model.at("fold_0")
    #expect(fold.allFiles.contains("checkpoint_final.safetensors"))
    #expect(!fold.allFiles.contains("checkpoint_latest.safetensors"))
    #expect(!fold.allFiles.contains(".training.json"))
    #expect(fold.allFiles.contains("progress.png"))
    let log = try String(contentsOf: fold.at("metrics.jsonl"), encoding: .utf8)
    #expect(log.split(separator: "\n").count == 2)
    let record = try Cohort.json(Data(contentsOf: fold.at("training.run.json")))
    #expect(
      (record["arguments"] as? [String])?.prefix(6)
        == ["train", "907", "2d", "0", "--network", "lessmann"])
    let summary = try Cohort.json(Data(contentsOf: fold.at("validation/summary.json")))
    let cases = try #require(summary["metric_per_case"] as? [[String: Any]])
    #expect(!cases.isEmpty)
  }

  @Test func `predicts, is scored and measured by the same commands`() async throws {
    _ = try await Tiny.whole.value
    let folder = try await Tiny.ready.value
    let images = Tiny.images
    let outcome = try Cac.succeed(
      ["predict", Tiny.model, images, "predictions", "--device", "cpu"], in: folder)
    #expect(outcome.err.contains("at voxels of at least 130 HU alone"))
    let scans = folder.at(images).allFiles.filter { $0.hasSuffix("_0000.nii.gz") }
    for scan in try nonEmpty(scans) {
      let ct = try NIfTIFile.read(folder.at(images).at(scan), as: Int16.self)
      let file = folder.at("predictions").at(
        scan.replacingOccurrences(of: "_0000.nii.gz", with: ".nii.gz"))
      let mask = try NIfTIFile.read(file, as: UInt8.self)
      try mask.requireSameGrid(as: ct, subject: scan)
      // Region growing keeps to 130 HU whatever the weights are.
      #expect(mask.voxels.indices.allSatisfy { mask.voxels[$0] == 0 || ct.voxels[$0] >= 130 })
    }
    let first = try #require(scans.sorted().first)
    try Cac.succeed(
      ["score", "\(images)/\(first)", "--model", Tiny.model, "--device", "cpu"], in: folder)
    let refused = try Cac.run(
      ["predict", Tiny.model, images, "other", "--probabilities"], in: folder)
    #expect(refused.status == 1)
    #expect(refused.complaints.first?.contains("leave out --probabilities") == true)
  }

  @Test func `is shown, packed into one file, unpacked and chosen like nnU-Net's`() async throws {
    _ = try await Tiny.whole.value
    let folder = try await Tiny.ready.value
    let shown = try Cac.succeed(["model", "show", Tiny.model], in: folder).out
    #expect(shown.contains("Lessmann 2018") && shown.contains("2 networks"))
    #expect(!shown.contains("voxels") && !shown.contains(" mm"))
    #expect(shown.contains("checkpoint_final.safetensors, 2 epochs"))
    try Cac.succeed(
      ["model", "export", Tiny.model, "lessmann.cac", "--licence", "CC0-1.0"], in: folder)
    #expect(
      try Cac.succeed(["model", "show", "lessmann.cac"], in: folder).out.contains("CC0-1.0"))
    for (model, output) in [(Tiny.model, "from-folder"), ("lessmann.cac", "from-file")] {
      try Cac.succeed(["predict", model, Tiny.images, output, "--device", "cpu"], in: folder)
    }
    let masks = folder.at("from-folder").allFiles.filter { $0.hasSuffix(".nii.gz") }
    for name in try nonEmpty(masks) {
      #expect(
        try Data(contentsOf: folder.at("from-folder").at(name))
          == Data(contentsOf: folder.at("from-file").at(name)))
    }
    try Cac.succeed(["model", "import", "lessmann.cac", "imported"], in: folder)
    let copy = "imported/lessmann__nnUNetPlans__2d"
    #expect(
      try Cac.succeed(["model", "show", copy], in: folder).out.contains("Lessmann 2018"))
    let refused = try Cac.run(["model", "export", Tiny.model, "for-nnunet"], in: folder)
    #expect(refused.status == 1)
    #expect(refused.complaints.first?.contains("nnU-Net has no network of lessmann") == true)
    #expect(!folder.allFiles.contains { $0.hasPrefix("for-nnunet") })
    let best = try Cac.succeed(
      [
        "find-best", "907", "-c", "2d", "--trainers", "lessmann", "--folds", "0",
        "--no-ensembling", "--results", "whole",
      ], in: folder)
    #expect(best.out.contains("     2d  "))
    let commands = try String(
      contentsOf: folder.at("whole/Dataset907_Tiny/inference_instructions.txt"), encoding: .utf8)
    #expect(commands.contains("lessmann__nnUNetPlans__2d"))
  }

  @Test func `that must know hearts says so where there is none`() async throws {
    let folder = try await Tiny.ready.value
    let outcome = try Cac.run(
      [
        "train", "907", "2d", "0", "--network", "deepcac", "--features", "1", "--epochs", "1",
        "--iterations", "1", "--device", "cpu", "--results", "hearts",
      ], in: folder)
    #expect(outcome.status == 1)
    #expect(outcome.complaints.first?.contains("a heart was found") == true, "\(outcome.err)")
    let alone = try Cac.run(["train", "907", "2d", "0", "--features", "4"], in: folder)
    #expect(alone.status == 2 && alone.err.contains("--features needs --network"))
    let one = try Cac.run(Tiny.arguments("never", "--features 4"), in: folder)
    #expect(one.status == 1 && one.complaints.first?.contains("leave out --features") == true)
  }

  @Test func `refuses nnU-Net's options and unknown networks`() async throws {
    let folder = try await Tiny.ready.value
    for (more, complaint) in [
      ("--minutes 3", "--network and --minutes exclude each other"),
      ("--loss ce", "--network and --loss exclude each other"),
      ("--processes 2", "--network and --processes exclude each other"),
    ] {
      let outcome = try Cac.run(Tiny.arguments("never", more), in: folder)
      #expect(outcome.status == 2 && outcome.err.contains(complaint), "\(outcome.err)")
    }
    let unknown = try Cac.run(["train", "907", "2d", "0", "--network", "other"], in: folder)
    #expect(unknown.status == 2 && unknown.err.contains("lessmann"))
    _ = try await Tiny.whole.value
    let longer = try Cac.run(
      [
        "train", "907", "2d", "0", "--network", "lessmann", "--results", "whole", "--continue",
        "--epochs", "3",
      ],
      in: folder)
    #expect(longer.status == 1 && longer.complaints.first?.contains("--epochs 3") == true)
    let none = try Cac.run(Tiny.arguments("never", "--continue"), in: folder)
    #expect(none.status == 1 && none.complaints.first?.contains("leave --continue out") == true)
  }
}
