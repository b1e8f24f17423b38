// SPDX-License-Identifier: Apache-2.0
import CommandSupport
import Files
import Foundation
import NIfTI
import TestSupport
import Testing
import Volume

@Suite struct `The default model on the command line` {
  /// A folder with a scan and a model that the environment names.
  private struct Place {
    let folder = try? TemporaryFolder()
    let model: URL
    let launcher: [String]

    init(tissue: String = "sac", _ probabilities: [String: Float]? = ["LAD": 0.98]) throws {
      let folder = try #require(folder)
      model = folder.file("chest")
      try StagedFolder.write(to: model, tissue: tissue)
      if let probabilities { try StagedFolder.writeClassifier(to: model, probabilities) }
      try NIfTIFile.write(StagedFolder.scan, to: folder.file("in/ct.nii.gz"))
      launcher = ["/usr/bin/env", "CAC_DEFAULT_MODEL=\(model.path)"]
    }

    func run(_ line: String) throws -> Cac.Outcome {
      try Cac.run(
        line.split(separator: " ").map(String.init), in: #require(folder).url, launcher: launcher)
    }

    func file(_ name: String) throws -> URL { try #require(folder).file(name) }
  }

  @Test(arguments: ["score in", "score in --model default", "score in/ct.nii.gz"])
  func `scores a scan without a mask`(line: String) throws {
    let outcome = try Place().run("\(line) --device cpu")
    #expect(outcome.status == 0, "\(outcome.err)")
    #expect(outcome.out.contains("58.3") && outcome.out.contains("model: chest (SHA-256 "))
    for text in outcome.out.split(separator: "\n") { #expect(text.count <= 100) }
  }

  @Test func `refuses a scan without a heart with the reason, and writes nothing`() throws {
    let place = try Place(tissue: "bone")
    let outcome = try place.run("score in/ct.nii.gz --csv r.csv --device cpu")
    #expect(outcome.status == 1 && outcome.out == "")
    #expect(outcome.err.contains("no heart was found"))
    #expect(!Folder.isFile(try place.file("r.csv")))
  }

  @Test func `that is named and missing is an error before a scan is read`() throws {
    let folder = try TemporaryFolder()
    let outcome = try Cac.run(
      ["score", "nowhere.nii"], in: folder.url,
      launcher: ["/usr/bin/env", "CAC_DEFAULT_MODEL=/nowhere/x.cac"])
    #expect(outcome.status == 1 && outcome.err.contains("CAC_DEFAULT_MODEL"))
  }

  @Test func `is named by the doctor`() throws {
    let outcome = try Place().run("doctor")
    #expect(outcome.out.contains("ok  default model  chest (SHA-256 "))
    #expect(outcome.out.contains("localiser and classifier"))
  }

  @Test func `writes masks, and what each stage saw`() throws {
    let place = try Place()
    let outcome = try place.run("predict default in masks --stages seen --device cpu")
    #expect(outcome.status == 0, "\(outcome.err)")
    let scan = StagedFolder.scan
    let mask = try NIfTIFile.read(place.file("masks/ct.nii.gz"), as: UInt8.self)
    #expect(mask.geometry.mismatch(with: scan.geometry) == nil)
    #expect(mask.voxels.count { $0 == 2 } == 24 && mask.voxels.count { $0 != 0 } == 24)
    let seen = try place.file("seen/ct")
    let names = try Folder.names(in: seen)
    for name in ["sac", "classes", "heat-LAD", "heat-left-ostium", "localiser-input"] {
      #expect(names.contains("\(name).nii.gz"))
    }
    #expect(names.contains("slice-5.png"))
    // The coarse grid has the scan's middle, and its own spacing.
    let heat = try NIfTIFile.read(seen.appendingPathComponent("heat-LAD.nii.gz"), as: Float.self)
    #expect(heat.geometry.spacing == [4, 4, 4])
    func middle(_ geometry: Geometry) -> SIMD3<Double> {
      let last = SIMD3(
        Double(geometry.extent.columns - 1), Double(geometry.extent.rows - 1),
        Double(geometry.extent.slices - 1))
      return geometry.position(ofVoxel: last / 2)
    }
    let step = middle(heat.geometry) - middle(scan.geometry)
    #expect(abs(step.x) < 0.01 && abs(step.y) < 0.01 && abs(step.z) < 0.01)
    let table = try CSVTable(
      parsing: FileBytes.read(seen.appendingPathComponent("candidates.csv")), path: "c")
    #expect(table.rows.count == 1)
    func cell(_ name: String) throws -> String {
      table.rows[0][try #require(table.header.firstIndex(of: name))]
    }
    #expect(try cell("decision") == "LAD" && cell("agatston") == "58.32")
    #expect(try cell("p_LAD") == "0.9800" && cell("first_slice") == "5")
    #expect(try Double(cell("x_mm")).map { abs($0 - 41.5 * 0.9) < 0.1 } == true)
    let numbers = try NIfTIFile.read(
      seen.appendingPathComponent("candidates.nii.gz"), as: UInt16.self)
    #expect(numbers.voxels.count { $0 == 1 } == 24)
    // A second run goes on from the first.
    #expect(try place.run("predict default in masks --continue --device cpu").out.contains("there"))
  }

  @Test(arguments: [
    "predict default in masks --probabilities", "predict default in masks --folds 0",
    "predict default in masks --no-mirroring", "score in --fast", "score in --step 0.9",
    "model export chest copy", "model export chest a.cac --folds 0",
    "model export chest a.cac --name a/b",
  ])
  func `has none of nnU-Net's options`(line: String) throws {
    let place = try Place()
    let outcome = try place.run(line)
    #expect(outcome.status != 0 && outcome.complaints.count == 1, "\(outcome.err)")
    #expect(!Folder.isFile(try place.file("a.cac")))
  }

  @Test func `is packed, shown and unpacked`() throws {
    let place = try Place()
    let made = try place.run("model export chest a.cac --name lung --model-version 3")
    #expect(made.status == 0 && made.out.contains("a.cac: stages localiser, classifier, SHA-256"))
    let shown = try place.run("model show a.cac")
    #expect(shown.out.contains("lung 3, 2 stages"))
    let json = try place.run("model show a.cac --json").out
    #expect(try JSONSerialization.jsonObject(with: Data(json.utf8)) is [String: Any])
    #expect(try place.run("model import a.cac copies").status == 0)
    #expect(Folder.isFile(try place.file("copies/lung/classifier.safetensors")))
    #expect(try place.run("score in --model a.cac --device cpu").out.contains("model: lung 3 ("))
  }
}
