// SPDX-License-Identifier: Apache-2.0
import CommandSupport
import Files
import Foundation
import Learning
import Testing
import TestSupport
import Torch
import Zip

/// A model packed into one file, and what somebody may have done to such a file.
@Suite struct `A model in one file` {
  private static let name = "nnUNetTrainer__nnUNetPlans__2d"
  /// The model and a scan for it.
  private let oracle: URL
  private var original: URL { oracle.at(Self.name) }
  private var input: String { oracle.at("input").path }

  init() throws { oracle = try fixture("nnunet/models/plain-2d") }

  /// A copy of the model that knows names of cases wherever a data set may hold some.
  private func model(in folder: TemporaryFolder, patient: String = "Müller-Jane") throws -> URL {
    let modelFolder = folder.file(Self.name)
    try FileManager.default.copyItem(at: original, to: modelFolder)
    func edit(_ name: String, _ change: (inout [String: Any]) -> Void) throws {
      let data = try Data(contentsOf: modelFolder.at(name))
      var object = try #require(JSONSerialization.jsonObject(with: data) as? [String: Any])
      change(&object)
      try JSONSerialization.data(withJSONObject: object).write(to: modelFolder.at(name))
    }
    try edit("dataset.json") {
      $0["dataset"] = [patient: ["images": ["\(patient).nii.gz"], "label": "\(patient).nii.gz"]]
      $0["training"] = [["image": "./imagesTr/\(patient).nii.gz"]]
      $0["converted_by"] = patient
      $0["description"] = "synthetic | phantoms"
    }
    try edit("plans.json") { $0["cases"] = [patient] }
    let fingerprint =
      #"{"shapes_after_crop": [[9, 8, 7], [1, 2, 3]], "spacings": [[1, 1, 1], [2.5, 1, 1]], "#
      + #""case_names": ["\#(patient)"], "median_relative_size_after_cropping": 1.0}"#
    try Data(fingerprint.utf8).write(to: modelFolder.at("dataset_fingerprint.json"))
    let validation = modelFolder.at("fold_0/validation")
    try FileManager.default.createDirectory(at: validation, withIntermediateDirectories: true)
    let summary =
      #"{"foreground_mean": {"Dice": 0.75}, "mean": {"1": {"Dice": 0.75}}, "metric_per_case": "#
      + #"[{"prediction_file": "/data/\#(patient).nii.gz", "metrics": {"1": {"Dice": NaN}}}]}"#
    try Data(summary.utf8).write(to: validation.at("summary.json"))
    return modelFolder
  }

  @Test func `predicts, is shown, comes out again, and is the same each time`() throws {
    let folder = try TemporaryFolder()
    let modelFolder = try model(in: folder)
    let line = ["model", "export", modelFolder.path, "a.cac", "--licence", "CC-BY-4.0"]
    let outcome = try Cac.succeed(line, in: folder.url)
    let bytes = try Data(contentsOf: folder.file("a.cac"))
    #expect(outcome.out == "a.cac: folds 0, SHA-256 \(Digest.sha256(bytes))\n")
    try Cac.succeed(["predict", modelFolder.path, input, "p0", "--device", "cpu"], in: folder.url)
    try Cac.succeed(["predict", "a.cac", input, "p1", "--device", "cpu"], in: folder.url)
    let masks = try ["p0", "p1"].map { try Data(contentsOf: folder.file("\($0)/scan.nii.gz")) }
    #expect(masks[0] == masks[1])
    let scan = oracle.at("input/scan_0000.nii.gz").path
    let scores = try [modelFolder.path, "a.cac"].map {
      // The line with the model names the file's sum, which the folder has not.
      try Cac.succeed(["score", scan, "--model", $0, "--device", "cpu"], in: folder.url).out
        .split(separator: "\n").filter { !$0.hasPrefix("model: ") }
    }
    #expect(scores[0] == scores[1] && !scores[0].isEmpty)
    let table = try Cac.succeed(["model", "show", "a.cac"], in: folder.url).out
    #expect(table.contains("licence        CC-BY-4.0") && table.contains("2 epochs"))
    try Cac.succeed(["model", "import", "a.cac", "in"], in: folder.url)
    // What is stated of it and its validation come along, though the label maps stay behind.
    try Cac.succeed(
      ["model", "export", "in/\(Self.name)", "elsewhere/b.cac"], in: folder.url)
    #expect(try Data(contentsOf: folder.file("elsewhere/b.cac")) == bytes)
    try Cac.succeed(
      ["model", "export", modelFolder.path, "again.cac", "--licence", "CC-BY-4.0"], in: folder.url)
    #expect(try Data(contentsOf: folder.file("again.cac")) == bytes)
    let second = try Cac.run(line, in: folder.url)
    #expect(second.status == 1 && second.complaints.count == 1)
    #expect(folder.url.stagedNames == [])
  }

  @Test func `keeps the figures of its own weights only, by any way`() throws {
    let folder = try TemporaryFolder()
    let modelFolder = try model(in: folder)
    func page(_ model: String, _ file: String) throws -> String {
      try Cac.succeed(["model", "export", model, file], in: folder.url)
      let zip = try ZipReader(folder.file(file))
      let part = try #require(try zip.parts().first { $0.name == "MODEL.md" })
      return String(decoding: try zip.bytes(part).data, as: UTF8.self)
    }
    let figures = "| 0 | 1 | 0.750 | 1: 0.750 |"
    // A folder of nnU-Net is copied without its validation, forth and back.
    try Cac.succeed(["model", "import", modelFolder.path, "in"], in: folder.url)
    let imported = "in/\(Self.name)"
    #expect(!folder.url.at(imported).allFiles.contains { $0.contains("validation") })
    let card = try String(contentsOf: folder.url.at(imported).at("model.json"), encoding: .utf8)
    #expect(!card.contains("ller-Jane"))
    #expect(try page(imported, "a.cac").contains(figures))
    try Cac.succeed(["model", "export", imported, "out"], in: folder.url)
    #expect(try page("out/\(Self.name)", "b.cac").contains(figures))
    // Other weights have no figures yet.
    let weights = folder.url.at(imported).at("fold_0/checkpoint_final.safetensors")
    var other = try Checkpoint(contentsOf: weights)
    other.weights = try other.weights.mapValues { try $0 * 2 }
    try other.write(to: weights)
    #expect(try page(imported, "c.cac").contains("No figures on whole scans"))
    try Data("{}".utf8).write(to: folder.url.at(imported).at("model.json"))
    let refused = try Cac.run(["model", "export", imported, "d.cac"], in: folder.url)
    #expect(refused.status == 1 && refused.complaints.count == 1)
    #expect(refused.err.contains("model.json: is no card of a model"), "\(refused.err)")
  }

  @Test func `of a cascade holds its first stage, too, and predicts with it`() throws {
    let oracle = try PredictionOracle("cascade")
    let folder = try TemporaryFolder()
    let names = ["3d_cascade_fullres", "3d_lowres"].map { oracle.model($0).lastPathComponent }
    func predict(_ model: String, _ output: String, _ more: [String] = []) throws -> Data {
      try Cac.succeed(
        ["predict", model, oracle.input.path, output, "--device", "cpu"] + more, in: folder.url)
      return try Data(contentsOf: folder.url.at("\(output)/scan.nii.gz"))
    }
    let expected = try predict(oracle.model("3d_cascade_fullres").path, "p0")
    try oracle.expectLabels("theirs", in: folder.file("p0"))
    try Cac.succeed(
      ["model", "export", oracle.model("3d_cascade_fullres").path, "a.cac"], in: folder.url)
    #expect(try predict("a.cac", "p1") == expected)
    let previous = oracle.folder.at("previous").path
    #expect(try predict("a.cac", "p2", ["--previous-stage", previous]) == expected)
    let table = try Cac.succeed(["model", "show", "a.cac"], in: folder.url).out
    #expect(table.contains("previous stage") && table.contains("3d_lowres"))
    // Both come out again, and predict there.
    try Cac.succeed(["model", "import", "a.cac", "in"], in: folder.url)
    #expect(
      try FileManager.default.contentsOfDirectory(atPath: folder.file("in").path).sorted() == names)
    #expect(try predict("in/\(names[0])", "p3") == expected)
    try Cac.succeed(["model", "export", "in/\(names[0])", "b.cac"], in: folder.url)
    #expect(
      try Data(contentsOf: folder.file("a.cac")) == Data(contentsOf: folder.file("b.cac")))
    // Alone it is packed only where that is asked for, and then wants label maps.
    try FileManager.default.removeItem(at: folder.url.at("in/\(names[1])"))
    let refused = try Cac.run(["model", "export", "in/\(names[0])", "c.cac"], in: folder.url)
    #expect(refused.status == 1 && refused.complaints.count == 1)
    #expect(refused.err.contains("--no-previous-stage"), "\(refused.err)")
    try Cac.succeed(
      ["model", "export", "in/\(names[0])", "c.cac", "--no-previous-stage"], in: folder.url)
    let lonely = try Cac.run(
      ["predict", "c.cac", oracle.input.path, "p4", "--device", "cpu"], in: folder.url)
    #expect(lonely.status == 1 && lonely.err.contains("--previous-stage"), "\(lonely.err)")
    #expect(try predict("c.cac", "p5", ["--previous-stage", previous]) == expected)
  }

  @Test func `holds no name of a case`() throws {
    let folder = try TemporaryFolder()
    let modelFolder = try model(in: folder)
    try Cac.succeed(["model", "export", modelFolder.path, "a.cac"], in: folder.url)
    let zip = try ZipReader(folder.file("a.cac"))
    let parts = try zip.parts()
    #expect(
      parts.map(\.name) == [
        "model.json", "MODEL.md", "plans.json", "dataset.json", "dataset_fingerprint.json",
        "fold_0/checkpoint_final.safetensors",
      ])
    for part in parts {
      let bytes = try zip.bytes(part).data
      #expect(bytes.range(of: Data("ller-Jane".utf8)) == nil, "\(part.name)")
      #expect(bytes.range(of: Data(folder.url.path.utf8)) == nil, "\(part.name)")
    }
    func text(_ index: Int) throws -> String {
      String(decoding: try zip.bytes(parts[index]).data, as: UTF8.self)
    }
    let page = try text(1)
    #expect(page.contains("| 0 | 1 | 0.750 | 1: 0.750 |"))
    #expect(page.contains("| description | synthetic \\| phantoms |"))
    #expect(page.contains("Not a medical device") && page.contains("not stated"))
    // Cases are in the order of their sizes, not of their names; what belongs together stays so.
    let fingerprint = try #require(
      JSONSerialization.jsonObject(with: Data(try text(4).utf8)) as? [String: Any])
    #expect(fingerprint["shapes_after_crop"] as? [[Int]] == [[1, 2, 3], [9, 8, 7]])
    #expect(fingerprint["spacings"] as? [[Double]] == [[2.5, 1, 1], [1, 1, 1]])
  }

  /// Ways to spoil a file, and a word that the one sentence about it must have.
  enum Damage: String, CaseIterable, Sendable {
    case truncated = "cut off"
    case flippedByte = "damaged"
    case otherWeights = "is not the one of its card"
    case traversal = "no part of a model"
    case unlisted = "does not list"
    case missing = "is missing"
    case twice = "two parts of the name"
    case compressedZeros = "would unpack to"
    case lyingSize = "fold_0/checkpoint_final.safetensors"
    case newer = "is of version 3"
    case foreignFormat = "no model of cac"
    case evilName = "cannot be the name of a folder"
    case noJSON = "cannot be read"
    case empty = "is no model"
  }

  @Test(arguments: Damage.allCases)
  func `that is damaged or hostile ends in one sentence`(damage: Damage) throws {
    let folder = try TemporaryFolder()
    let file = folder.file("a.cac")
    try Cac.succeed(["model", "export", original.path, file.path], in: folder.url)
    try spoil(file, damage)
    for line in [
      ["model", "show", "a.cac"], ["model", "import", "a.cac", "in"],
      ["predict", "a.cac", input, "out", "--device", "cpu"],
      ["score", "\(input)/scan_0000.nii.gz", "--model", "a.cac", "--device", "cpu"],
    ] {
      let outcome = try Cac.run(line, in: folder.url)
      #expect(outcome.status == 1 && outcome.complaints.count == 1, "\(line) \(outcome.err)")
      #expect(
        outcome.err.contains(damage.rawValue) && outcome.err.contains("a.cac"), "\(outcome.err)")
    }
    let names = folder.url.allFiles
    #expect(names.allSatisfy { $0 == "a.cac" || $0 == "predictions.run.json" }, "\(names)")
  }

  private func spoil(_ file: URL, _ damage: Damage) throws {
    var bytes = [UInt8](try Data(contentsOf: file))
    let zip = try ZipReader(file)
    let contents = try zip.parts().map { ($0.name, [UInt8](try zip.bytes($0).data)) }
    func rewrite(
      compresses: Bool = false, _ change: ([(String, [UInt8])]) -> [(String, [UInt8])]
    ) throws {
      var writer = ZipWriter(compresses: compresses)
      for (name, bytes) in change(contents) { try writer.add(name, bytes) }
      try writer.write(to: file)
    }
    func card(_ old: String, _ new: String) throws {
      try rewrite {
        $0.map { name, bytes in
          guard name == "model.json" else { return (name, bytes) }
          let text = String(decoding: bytes, as: UTF8.self)
          #expect(text.contains(old))
          return (name, Array(text.replacing(old, with: new).utf8))
        }
      }
    }
    let weights = "fold_0/checkpoint_final.safetensors"
    switch damage {
    case .truncated: try Data(bytes.prefix(bytes.count * 3 / 4)).write(to: file)
    case .flippedByte:
      // In the middle of the weights, which are most of the file.
      bytes[bytes.count / 2] ^= 0x10
      try Data(bytes).write(to: file)
    case .otherWeights:
      try rewrite {
        $0.map { name, bytes in
          guard name == weights else { return (name, bytes) }
          return (name, bytes.dropLast(4) + [0, 0, 0, 63])
        }
      }
    case .traversal: try card("\"MODEL.md\"", "\"../MODEL.md\"")
    case .unlisted: try rewrite { $0 + [("fold_0/../../evil", [1])] }
    case .missing: try rewrite { $0.filter { $0.0 != "dataset.json" } }
    case .twice:
      // libzip writes no such file, so a name of equal length is overwritten.
      try rewrite { $0 + [("plans.jsoM", [1])] }
      var text = [UInt8](try Data(contentsOf: file))
      let name = Array("plans.jsoM".utf8)
      for at in 0..<(text.count - name.count) where Array(text[at..<at + name.count]) == name {
        text[at + name.count - 1] = UInt8(ascii: "n")
      }
      try Data(text).write(to: file)
    case .compressedZeros:
      try rewrite(compresses: true) {
        $0.map { $0.0 == "MODEL.md" ? ($0.0, [UInt8](repeating: 0, count: 1 << 22)) : $0 }
      }
    case .lyingSize:
      // The directory's sizes of the weights, packed and unpacked, become 2^31 - 1.
      let name = Array(weights.utf8)
      let at = try #require(
        (0..<bytes.count - name.count).last { Array(bytes[$0..<$0 + name.count]) == name })
      bytes.replaceSubrange(at - 26..<at - 18, with: [255, 255, 255, 127, 255, 255, 255, 127])
      try Data(bytes).write(to: file)
    case .newer: try card("\"format_version\" : 1", "\"format_version\" : 3")
    case .foreignFormat: try card("\"cac-model\"", "\"other\"")
    case .evilName: try card("\"nnUNetTrainer\"", "\"../../nnUNetTrainer\"")
    case .noJSON: try card("\"parts\"", "\"ports\"")
    case .empty: try Data().write(to: file)
    }
  }
}
