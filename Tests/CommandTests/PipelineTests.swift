// SPDX-License-Identifier: Apache-2.0
import Cohorts
import CommandSupport
import DICOM
import Files
import Foundation
import NIfTI
import NNUNet
import TestSupport
import Testing
import Volume

@Suite struct `From scans to the report` {
  @Test func `phantom writes scans, annotations and the truth`() async throws {
    let outcome = try await Cohort.phantom.value
    #expect(outcome.out.contains("8 subjects"))
    let truth = try await Cohort.truth()
    #expect(truth.compactMap { $0["id"] } == (0..<8).map(String.init))
    for row in truth {
      let id = try #require(row["id"])
      #expect(Cohort.slices(of: id, in: Cohort.tree).count == 8)
      let annotated = try #require(Double(row["annotation_agatston"] ?? "")) > 0
      let hasXML = Folder.isFile(Cohort.tree.at("calcium_xml/\(id).xml"))
      #expect(!annotated || hasXML)
    }
    #expect(Cohort.folder.at("cohort").stagedNames == [])
  }

  @Test func `the same seed gives the same bytes, another seed others`() async throws {
    let folder = try TemporaryFolder()
    _ = try await Cohort.phantom.value
    for (name, seed) in [("same", "3"), ("other", "2")] {
      try Cac.succeed(
        ["phantom", name, "--subjects", "2", "--matrix", "64", "--slices", "8", "--seed", seed],
        in: folder.url)
    }
    let files = Cohort.tree.at("patient/0").allFiles
    #expect(files.count == 8)
    for file in files {
      let whole = try Data(contentsOf: Cohort.tree.at("patient/0/\(file)"))
      let again = folder.file("same/Gated_release_final/patient/0/\(file)")
      #expect(try Data(contentsOf: again) == whole)
    }
    #expect(
      try Data(contentsOf: folder.file("same/truth.csv"))
        != Data(contentsOf: folder.file("other/truth.csv")))
  }

  @Test func `phantom goes on where it stopped, but not with other options`() async throws {
    let (folder, tree) = try await Cohort.copy()
    let cohort = folder.file("cohort")
    try FileManager.default.createDirectory(at: cohort, withIntermediateDirectories: false)
    try FileManager.default.moveItem(at: tree, to: cohort.at("Gated_release_final"))
    let options = Cohort.folder.at("cohort/phantom.json")
    try FileManager.default.copyItem(at: options, to: cohort.at("phantom.json"))
    let lost = cohort.at("Gated_release_final/patient/3")
    try FileManager.default.removeItem(at: lost)
    try Cac.succeed(
      ["phantom", "cohort", "--subjects", "8", "--matrix", "64", "--slices", "8", "--seed", "3"],
      in: folder.url)
    #expect(lost.allFiles == Cohort.tree.at("patient/3").allFiles)
    #expect(
      try Data(contentsOf: cohort.at("truth.csv"))
        == Data(contentsOf: Cohort.folder.at("cohort/truth.csv")))
    let other = try Cac.run(
      ["phantom", "cohort", "--subjects", "8", "--matrix", "96", "--slices", "8", "--seed", "3"],
      in: folder.url)
    #expect(other.status == 1)
    #expect(other.complaints.count == 1)
    #expect(
      try Data(contentsOf: cohort.at("truth.csv"))
        == Data(contentsOf: Cohort.folder.at("cohort/truth.csv")))
  }

  @Test func `audit finds every subject usable and every statistic exact`() async throws {
    let outcome = try await Cohort.audit.value
    #expect(outcome.out.contains("8 subjects, 8 usable"))
    let audit = try Cohort.json(Data(contentsOf: Cohort.folder.at("audit.json")))
    let totals = try #require(audit["totals"] as? [String: Int])
    #expect(totals["subjects"] == 8)
    #expect(totals["usable"] == 8)
    let rois = try #require(totals["rois"])
    #expect(rois > 0)
    let subjects = try #require(audit["subjects"] as? [[String: Any]])
    #expect(subjects.count { $0["annotation"] as? Bool == true } > 0)
    for subject in subjects {
      for key in ["id", "annotation", "series", "rois", "anomalies"] {
        #expect(subject[key] != nil, "the key \(key)")
      }
      let counts = try #require(subject["rois"] as? [String: Any]).compactMapValues { $0 as? Int }
      #expect(counts["unmatched"] == 0)
      guard subject["annotation"] as? Bool == true else { continue }
      #expect(counts["matched"] == counts["count_exact"])
      #expect(counts["matched"] == counts["statistics_exact"])
    }
  }

  @Test func `reference agrees with the scores of the masks that were drawn`() async throws {
    _ = try await Cohort.reference.value
    let rows = try Cohort.table(Cohort.folder.at("reference.csv"))
    let truth = try await Cohort.truth()
    #expect(rows.count == 8)
    for (row, known) in try pairs(rows, truth) {
      #expect(row["id"] == known["id"])
      let score = try #require(Double(row["agatston"] ?? ""))
      var expected = try #require(Double(known["annotation_agatston"] ?? ""))
      // A single annotated slice does not tell the increment, which is 5 mm here; the note says so.
      if row["note"]?.contains("increment of 3 mm is assumed") == true { expected *= 3.0 / 5 }
      #expect(abs(score - expected) < 0.01, "subject \(row["id"] ?? "")")
    }
  }

  @Test func `prepare keeps the voxels and their place`() async throws {
    _ = try await Cohort.prepare.value
    _ = try await Cohort.prepareSlices.value
    let flat = Cohort.folder.at("flat/Dataset902_Slices")
    for id in 0..<8 {
      let part = Cohort.testSubjects.contains("\(id)") ? "Ts" : "Tr"
      let dicom = try DICOMReader.read(folder: Cohort.tree.at("patient/\(id)")).volume
      let image = try NIfTIFile.read(
        Cohort.raw.at("images\(part)/cac_000\(id)_0000.nii.gz"), as: Int16.self)
      let mask = try NIfTIFile.read(
        Cohort.raw.at("labels\(part)/cac_000\(id).nii.gz"), as: UInt8.self)
      #expect(image.voxels == dicom.voxels)
      #expect(image.geometry.mismatch(with: dicom.geometry, tolerance: 1e-3) == nil)
      #expect(mask.geometry.mismatch(with: dicom.geometry, tolerance: 1e-3) == nil)
      for z in 0..<8 {
        let slice = try NIfTIFile.read(
          flat.at("imagesTr/cac_000\(id)_s00\(z)_0000.nii.gz"), as: Int16.self)
        let label = try NIfTIFile.read(
          flat.at("labelsTr/cac_000\(id)_s00\(z).nii.gz"), as: UInt8.self)
        #expect(slice.voxels == Array(dicom.slice(z)))
        #expect(label.voxels.map { $0 == 0 ? 0 : 1 } == Array(mask.slice(z)))
        let position = slice.geometry.position(ofVoxel: [5, 7, 0])
        let expected = dicom.geometry.position(ofVoxel: [5, 7, Double(z)])
        #expect((position - expected).max() < 1e-3 && (expected - position).max() < 1e-3)
      }
    }
  }

  @Test func `prepare reports on everyone and keeps the slices of a subject together`() async throws
  {
    _ = try await Cohort.prepare.value
    _ = try await Cohort.prepareSlices.value
    let report = try Cohort.json(Data(contentsOf: Cohort.raw.at("prepare-report.json")))
    let subjects = try #require(report["subjects"] as? [[String: Any]])
    let isTest = try subjects.map { try #require($0["test"] as? Bool) }
    let cases = try subjects.map { try #require($0["cases"] as? [String]).count }
    let ids = try subjects.map { try #require($0["id"] as? String) }
    #expect(ids == (0..<8).map(String.init))
    #expect(zip(ids, isTest).filter(\.1).map(\.0) == Cohort.testSubjects)
    #expect(subjects.allSatisfy { $0["left_out"] == nil })
    #expect(zip(cases, isTest).filter { !$0.1 }.reduce(0) { $0 + $1.0 } == 5)
    #expect(zip(cases, isTest).filter(\.1).reduce(0) { $0 + $1.0 } == 3)
    let splits = try Splits.read(
      from: Cohort.folder.at("flat/Dataset902_Slices/splits_final.json"))
    let names = (0..<8).flatMap { id in (0..<8).map { "cac_000\(id)_s00\($0)" } }
    var validated: [String] = []
    for fold in 0..<5 {
      let split = try splits.fold(fold, identifiers: names)
      let training = Set(split.train.map { $0.prefix(8) })
      #expect(training.isDisjoint(with: split.val.map { $0.prefix(8) }))
      #expect(split.train.count + split.val.count == names.count)
      validated += split.val
    }
    #expect(validated.sorted() == names)
    // What subgroups are made of: a row for each case, whatever the data set's dimension.
    let scans = try Cohort.table(Cohort.raw.at("acquisition.csv"))
    #expect(scans.map { $0["patient_name"] } == (0..<8).map { "cac_000\($0)" })
    #expect(scans.allSatisfy { $0["kilovolts"] == "120" && $0["slice_thickness_mm"] == "5" })
    let kernels = ["I30f", "Qr36d", "B35f", "STANDARD"]
    #expect(scans.allSatisfy { kernels.contains($0["kernel"] ?? "") && $0["manufacturer"] != "" })
    let slices = try Cohort.table(Cohort.folder.at("flat/Dataset902_Slices/acquisition.csv"))
    #expect(slices.map { $0["patient_name"] } == names)
  }

  @Test func `preparing again with other test subjects leaves no case of before`() async throws {
    _ = try await Cohort.phantom.value
    let folder = try TemporaryFolder()
    for (file, id) in [("a", "2"), ("b", "03")] {
      try Data(id.utf8).write(to: folder.file(file))
      let outcome = try Cac.succeed(
        [
          "coca", "prepare", Cohort.tree.path, "--dataset", "7_Again", "--dimension", "3d",
          "--test-ids", file,
        ], in: folder.url)
      let note = "note: in the list of test subjects, 03 was taken for 3"
      #expect(outcome.err.contains(note) == (id == "03"), "\(outcome.err)")
    }
    let raw = folder.file("nnUNet_raw/Dataset007_Again")
    #expect(raw.at("imagesTs").allFiles == ["cac_0003_0000.nii.gz"])
    #expect(raw.at("labelsTs").allFiles == ["cac_0003.nii.gz"])
    #expect(raw.at("imagesTr").allFiles.count == 7)
    #expect(!raw.at("imagesTr").allFiles.contains("cac_0003_0000.nii.gz"))
  }

  @Test func `plan and preprocess write what training needs`() async throws {
    let plan = try await Cohort.plan.value
    #expect(plan.out.contains("2d"))
    let preprocess = try await Cohort.preprocess.value
    #expect(preprocess.out.contains("5 cases for 2d"))
    let plans = try Plans.read(from: Cohort.preprocessed.at("nnUNetPlans.json"))
    let configuration = try plans.configuration("2d")
    let folder = CaseFolder(Cohort.preprocessed.at(configuration.dataIdentifier))
    #expect(try folder.names() == [0, 2, 3, 5, 7].map { "cac_000\($0)" })
    for name in try folder.names() { try folder.open(name).verify() }
  }

  @Test func `train leaves weights, metrics and a curve`() async throws {
    let outcome = try await Cohort.train.value
    #expect(outcome.out.contains("1 epoch"))
    let fold = Cohort.model.at("fold_0")
    #expect(fold.allFiles.contains("checkpoint_final.safetensors"))
    #expect(fold.allFiles.contains("metrics.jsonl"))
    #expect(fold.allFiles.contains("progress.png"))
    let metrics = try Cohort.json(Data(contentsOf: fold.at("metrics.jsonl")))
    #expect(metrics["epoch"] as? Int == 0)
    #expect(metrics["train_loss"] is Double)
  }

  @Test func `training goes on from the latest epoch`() async throws {
    _ = try await Cohort.train.value
    let folder = try TemporaryFolder()
    for name in ["nnUNet_raw", "nnUNet_preprocessed", "nnUNet_results"] {
      try FileManager.default.copyItem(at: Cohort.folder.at(name), to: folder.file(name))
    }
    let arguments = [
      "train", "901", "2d", "0", "--iterations", "2", "--validation-iterations", "1", "--device",
      "cpu", "--continue", "--epochs",
    ]
    try Cac.succeed(arguments + ["2"], in: folder.url)
    let fold = folder.file(
      "nnUNet_results/Dataset901_Phantom/nnUNetTrainer__nnUNetPlans__2d/fold_0")
    let lines = try String(contentsOf: fold.at("metrics.jsonl"), encoding: .utf8)
      .split(separator: "\n")
    #expect(lines.count == 2)
    #expect(lines[0].contains("\"epoch\":0") && lines[1].contains("\"epoch\":1"))
    // Fold 1 has nothing to go on from.
    var other = arguments
    other[3] = "1"
    let refused = try Cac.run(other + ["2"], in: folder.url)
    #expect(refused.status == 1)
    #expect(refused.complaints.count == 1)
    #expect(refused.complaints.first?.contains("--continue") == true)
    // Weights that do not fit name their file.
    for name in fold.allFiles where name.hasSuffix(".safetensors") {
      try Data("no weights".utf8).write(to: fold.at(name))
    }
    let broken = try Cac.run(arguments + ["3"], in: folder.url)
    #expect(broken.status == 1)
    #expect(broken.complaints.first?.contains("checkpoint_final.safetensors") == true)
  }

  @Test func `predict labels every scan on its own grid`() async throws {
    _ = try await Cohort.predict.value
    let names = Cohort.testSubjects.map { "cac_000\($0).nii.gz" }
    let folder = Cohort.folder.at("predictions")
    #expect(folder.allFiles.filter { $0.hasSuffix(".nii.gz") } == names)
    for name in names {
      let mask = try NIfTIFile.read(folder.at(name), as: UInt8.self)
      let reference = try NIfTIFile.read(Cohort.raw.at("labelsTs/\(name)"), as: UInt8.self)
      #expect(mask.geometry.mismatch(with: reference.geometry) == nil)
      #expect(mask.voxels.allSatisfy { $0 <= 1 })
    }
  }

  @Test func `a DICOM folder is predicted as the NIfTI made of it`() async throws {
    _ = try await Cohort.predict.value
    let folder = try TemporaryFolder()
    try Cac.succeed(
      [
        "predict", Cohort.model.path, Cohort.tree.at("patient/1").path, "out", "--no-mirroring",
        "--device", "cpu",
      ], in: folder.url)
    let direct = try NIfTIFile.read(folder.file("out/1.nii.gz"), as: UInt8.self)
    let prepared = try NIfTIFile.read(
      Cohort.folder.at("predictions/cac_0001.nii.gz"), as: UInt8.self)
    #expect(direct.voxels == prepared.voxels)
  }

  @Test func `score writes the keys that others read`() async throws {
    let outcome = try await Cohort.score.value
    let studies = try #require(
      try JSONSerialization.jsonObject(with: Data(outcome.out.utf8)) as? [[String: Any]])
    #expect(studies.count == 3)
    for study in studies {
      for key in [
        "study", "convention", "agatston", "volume_mm3", "mass_mg", "density", "lesions",
        "category", "quality",
      ] {
        #expect(study.keys.contains(key), "the key \(key)")
      }
      let convention = try #require(study["convention"] as? [String: Any])
      #expect(convention["name"] as? String == "agatston")
      #expect(convention["threshold_hu"] as? Int == 130)
      let category = try #require(study["category"] as? [String: Any])
      #expect(Set(category.keys).isSuperset(of: ["seed", "standard", "cac_drs"]))
      let quality = try #require(study["quality"] as? [String: Any])
      #expect(Set(quality.keys).isSuperset(of: ["kv", "thickness_mm", "increment_mm", "warnings"]))
    }
    let rows = try Cohort.table(Cohort.folder.at("RESULT.csv"))
    let truth = try await Cohort.truth()
    #expect(rows.compactMap { $0["patient_name"] } == Cohort.testSubjects.map { "cac_000\($0)" })
    for (row, id) in zip(rows, Cohort.testSubjects) {
      let known = try #require(truth.first { $0["id"] == id })
      let given = try #require(Double(row["given_agatston"] ?? ""))
      let expected = try #require(Double(known["annotation_agatston"] ?? ""))
      #expect(abs(given - expected) < 0.01)
      #expect(Double(row["computed_agatston"] ?? "") != nil)
    }
    // The record leads back to the prediction, without the folders of this machine.
    let file = Cohort.folder.at("RESULT.csv.run.json")
    let record = try Cohort.json(Data(contentsOf: file))
    let earlier = try #require(record["earlier"] as? [[String: Any]])
    #expect(earlier.map { $0["command"] as? String } == ["predict"])
    #expect(!(try String(contentsOf: file, encoding: .utf8)).contains(Cohort.folder.path))
  }

  @Test func `the reference masks score as the truth says`() async throws {
    _ = try await Cohort.prepare.value
    let outcome = try Cac.succeed(
      [
        "score", Cohort.raw.at("imagesTr").path, "--mask", Cohort.raw.at("labelsTr").path, "--json",
      ], in: Cohort.folder)
    let studies = try #require(
      try JSONSerialization.jsonObject(with: Data(outcome.out.utf8)) as? [[String: Any]])
    let truth = try await Cohort.truth()
    #expect(studies.count == 5)
    for study in studies {
      let id = try #require(study["study"] as? String).suffix(1)
      let known = try #require(truth.first { $0["id"] ?? "" == id })
      let expected = try #require(Double(known["annotation_agatston"] ?? ""))
      #expect(abs(try #require(study["agatston"] as? Double) - expected) < 0.01)
    }
  }

  @Test func `evaluate and report write figures and one page that needs no network`() async throws {
    _ = try await Cohort.report.value
    let folder = Cohort.folder.at("evaluation")
    let evaluation = try Cohort.json(Data(contentsOf: folder.at("evaluation.json")))
    #expect(!evaluation.isEmpty)
    for name in ["scatter", "confusion", "bland-altman"] {
      for ending in ["svg", "png", "pdf"] {
        let data = try Data(contentsOf: folder.at("\(name).\(ending)"))
        #expect(data.count > 500, "\(name).\(ending)")
      }
    }
    let page = try String(contentsOf: folder.at("report.html"), encoding: .utf8)
    // Names of XML's own vocabularies are no addresses to load from.
    let names = page.replacingOccurrences(of: "http://www.w3.org/", with: "")
    #expect(!names.contains("http://") && !names.contains("https://"))
    for subject in Cohort.testSubjects { #expect(page.contains("cac_000\(subject)")) }
    #expect(page.contains("Dataset901_Phantom"))
    #expect(page.contains("data:image/svg+xml;base64,"))
    #expect(page.firstMatch(of: #/1 epoch in [0-9.]+ min, seed 1\b/#) != nil)
    // The commands from training to the page, in their order.
    let verbs = page.matches(of: #/cac (train 901 2d 0|predict|score|evaluate|report) /#).map(\.1)
    #expect(verbs == ["train 901 2d 0", "predict", "score", "evaluate", "report"])
  }

  @Test func `no step leaves a staged file`() async throws {
    _ = try await Cohort.report.value
    #expect(Cohort.folder.stagedNames == [])
  }
}
