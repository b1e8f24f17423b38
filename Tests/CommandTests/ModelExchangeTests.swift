// SPDX-License-Identifier: Apache-2.0
import CommandSupport
import Foundation
import NIfTI
import TestSupport
import Testing
import Volume
import Zip

@Suite struct `A model folder written by nnU-Net` {
  private let name = "nnUNetTrainer__nnUNetResEncUNetMPlans__3d_fullres"
  private let caseFolder: URL

  init() throws { caseFolder = try fixture("nnunet/models/residual-3d") }

  @Test func `goes in, predicts the same there, and comes out again`() throws {
    let folder = try TemporaryFolder()
    let original = caseFolder.at(name).path
    try Cac.succeed(["model", "import", original, "in"], in: folder.url)
    #expect(
      folder.url.at("in/\(name)").allFiles
        == ["dataset.json", "fold_0/checkpoint_final.safetensors", "plans.json"])
    try Cac.succeed(["model", "export", "in/\(name)", "out"], in: folder.url)
    #expect(
      folder.url.at("out/\(name)").allFiles
        == ["dataset.json", "fold_0/checkpoint_final.pth", "plans.json"])
    let theirs = try NIfTIFile.read(caseFolder.at("theirs/scan.nii.gz"), as: UInt8.self)
    for (index, model) in [original, "in/\(name)", "out/\(name)"].enumerated() {
      let input = caseFolder.at("input").path
      let outcome = try Cac.succeed(
        ["predict", model, input, "p\(index)", "--device", "cpu"], in: folder.url)
      #expect(outcome.out == "1 label map in p\(index)\n")
      let ours = try NIfTIFile.read(folder.file("p\(index)/scan.nii.gz"), as: UInt8.self)
      let same = zip(ours.voxels, theirs.voxels).filter { $0 == $1 }.count
      #expect(Double(same) >= 0.9999 * Double(theirs.voxels.count))
    }
    // A second copy does not overwrite the first.
    let again = try Cac.run(["model", "import", original, "in"], in: folder.url)
    #expect(again.status == 1 && again.complaints.count == 1)
    #expect(folder.url.stagedNames == [])
  }

  @Test func `is shown with its folds, for people and for machines`() throws {
    let folder = try TemporaryFolder()
    let table = try Cac.succeed(["model", "show", caseFolder.at(name).path], in: folder.url).out
    #expect(table.contains("residual encoder U-Net") && table.contains("2 epochs"))
    let json = try Cac.succeed(
      ["model", "show", caseFolder.at(name).path, "--json"], in: folder.url
    ).out
    let object = try #require(
      JSONSerialization.jsonObject(with: Data(json.utf8)) as? [String: Any])
    #expect(object["configuration"] as? String == "3d_fullres")
    let folds = try #require(object["folds"] as? [[String: Any]])
    #expect(folds.map { $0["checkpoint"] as? String } == ["checkpoint_final.pth"])
    #expect(folds.map { $0["mirroringAxes"] as? [Int] } == [[0, 1, 2]])
  }

  @Test func `gives probabilities, and a prediction goes on where it stopped`() throws {
    let folder = try TemporaryFolder()
    let input = folder.file("input")
    try FileManager.default.createDirectory(at: input, withIntermediateDirectories: true)
    for name in ["a", "b"] {
      try FileManager.default.copyItem(
        at: caseFolder.at("input/scan_0000.nii.gz"), to: input.at("\(name)_0000.nii.gz"))
    }
    let line = [
      "predict", caseFolder.at(name).path, "input", "out", "--probabilities", "--no-mirroring",
      "--device", "cpu",
    ]
    try Cac.succeed(line, in: folder.url)
    let files = ["a.nii.gz", "a.npz", "a.pkl", "b.nii.gz", "b.npz", "b.pkl"]
    #expect(
      folder.url.at("out").allFiles
        == files + ["dataset.json", "plans.json", "predictions.run.json"])
    let before = try Data(contentsOf: folder.file("out/b.npz"))
    try FileManager.default.removeItem(at: folder.file("out/b.npz"))
    try Data("kept".utf8).write(to: folder.file("out/a.npz"))
    let outcome = try Cac.succeed(line + ["--continue"], in: folder.url)
    #expect(outcome.out == "1 label map in out, 1 was there already\n")
    #expect(try Data(contentsOf: folder.file("out/a.npz")) == Data("kept".utf8))
    #expect(try Data(contentsOf: folder.file("out/b.npz")) == before)
  }

  @Test func `whose checkpoint would run a command is refused, and nothing runs`() throws {
    let folder = try TemporaryFolder()
    let model = folder.file(name)
    try FileManager.default.copyItem(at: caseFolder.at(name), to: model)
    let file = model.at("fold_0/checkpoint_final.pth")
    // A pickle that calls os.system("touch ran").
    var zip = ZipWriter(compresses: false)
    try zip.add(
      "checkpoint/data.pkl", [0x80] + "\u{2}cposix\nsystem\n(X\u{9}\0\0\0touch rantR.".utf8)
    try FileManager.default.removeItem(at: file)
    try zip.write(to: file)
    for line in [
      ["model", "show", name], ["model", "import", name, "in"],
      ["predict", name, caseFolder.at("input").path, "out"],
    ] {
      let outcome = try Cac.run(line, in: folder.url)
      #expect(outcome.status == 1 && outcome.complaints.count == 1)
      #expect(outcome.err.contains("posix.system") && outcome.err.contains(file.path))
    }
    #expect(!FileManager.default.fileExists(atPath: folder.file("ran").path))
    #expect(folder.url.stagedNames == [])
  }
}
