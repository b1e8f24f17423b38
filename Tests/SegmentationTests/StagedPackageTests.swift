// SPDX-License-Identifier: Apache-2.0
import CommandSupport
import Files
import Foundation
import Stages
import TestSupport
import Testing
import Volume
import Zip

@testable import Segmentation

@Suite struct `A model of several stages in one file` {
  private func model(_ folder: TemporaryFolder) throws -> URL {
    let url = folder.url.appendingPathComponent("stages")
    try StagedFolder.write(to: url)
    try StagedFolder.writeClassifier(to: url, ["LAD": 0.9])
    try StagedFile.write("Trained on *nothing*.\n", to: url.appendingPathComponent("localiser.md"))
    try StagedFile.write(#"{"probability": 0.75}"#, to: url.appendingPathComponent("rules.json"))
    return url
  }

  @Test func `holds stages, cards, rules and their sums, and has the same bytes each time`() throws
  {
    let folder = try TemporaryFolder()
    let model = try model(folder)
    let (a, b) = (folder.file("a.cac"), folder.file("b.cac"))
    let package = try StagedPackage(
      model, name: "chest", version: "1.2", licence: "CC0", intendedUse: "tests")
    let written = try package.write(to: a)
    #expect(written.stages == ["localiser", "classifier"])
    #expect(try StagedPackage(a).write(to: b).sha256 == written.sha256)
    let source = try StagedModelSource(a)
    #expect(source.identity == ModelIdentity(name: "chest", version: "1.2", sha256: written.sha256))
    #expect(source.rules.probability == 0.75 && source.rules.heat == StageRules().heat)
    let page = String(decoding: try #require(try source.bytes("MODEL.md")), as: UTF8.self)
    for text in ["# chest 1.2", "CC0", "## Stage: localiser\nTrained on *nothing*.", "0.75"] {
      #expect(page.contains(text))
    }
    let table = try StagedModelSummary(at: a).table
    #expect(table.contains("chest 1.2, 2 stages") && table.contains("probability 0.75"))
  }

  @Test func `predicts as its folder does, and becomes the same folder again`() throws {
    let folder = try TemporaryFolder()
    let model = try model(folder)
    let file = folder.file("a.cac")
    _ = try StagedPackage(model, name: "chest").write(to: file)
    let copied = try StagedPackage.unpack(file, into: folder.file("copies"))
    #expect(copied.folder.hasSuffix("copies/chest"))
    let copy = URL(fileURLWithPath: copied.folder)
    for name in ["localiser.safetensors", "classifier.safetensors", "localiser.md"] {
      #expect(
        try FileBytes.read(copy.appendingPathComponent(name))
          == FileBytes.read(model.appendingPathComponent(name)))
    }
    #expect(try StagedModelSource(copy).identity.name == "chest")
    let scan = StagedFolder.scan
    let labels = try [model, file, copy].map {
      try StagedPredictor(model: $0, device: "cpu").labels(of: scan, named: "a", progress: { _ in })
    }
    #expect(labels[0].voxels.contains(2))
    #expect(labels.dropFirst().allSatisfy { $0.voxels == labels[0].voxels })
    // Other weights are no longer that model.
    try StagedFolder.write(to: copy, near: "RCA")
    #expect(try StagedModelSource(copy).identity.version == nil)
    #expect(try StagedModelSource(copy).manifest == nil)
  }

  @Test func `is refused with the reason where a part is wrong`() throws {
    let folder = try TemporaryFolder()
    let good = folder.file("good.cac")
    _ = try StagedPackage(model(folder)).write(to: good)
    let zip = try ZipReader(good)
    let parts = try zip.parts()
    func spoilt(_ name: String, _ change: (String, inout [UInt8]) -> Bool) throws -> URL {
      var writer = ZipWriter(compresses: false)
      for part in parts {
        var bytes = Array(try zip.bytes(part).data)
        if change(part.name, &bytes) { try writer.add(part.name, bytes) }
      }
      let url = folder.file(name)
      try writer.write(to: url)
      return url
    }
    let bad = [
      try spoilt("missing.cac") { name, _ in name != "rules.json" },
      try spoilt("changed.cac") { name, bytes in
        if name == "localiser.safetensors" { bytes[bytes.count - 1] ^= 1 }
        return true
      },
      try spoilt("list.cac") { name, bytes in
        if name == "stages.json" { bytes[0] = 0 }
        return true
      },
    ]
    for (url, reason) in Swift.zip(
      bad, ["rules.json is missing", "is not the one", "cannot be read"])
    {
      #expect(StagedPredictor.canOpen(url))
      do {
        _ = try StagedPredictor(model: url, device: "cpu")
        Issue.record("\(url.lastPathComponent) was opened")
      } catch {
        #expect("\(error)".contains(url.path) && "\(error)".contains(reason), "\(error)")
      }
    }
    // A rule of a later version decides otherwise than its author meant.
    let model = folder.file("stages")
    try StagedFile.write(#"{"luck": 1}"#, to: model.appendingPathComponent("rules.json"))
    #expect(throws: (any Error).self) { try StagedModelSource(model) }
    #expect(throws: (any Error).self) { try StagedPackage(good, name: "a b") }
  }
}
