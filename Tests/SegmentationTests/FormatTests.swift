// SPDX-License-Identifier: Apache-2.0
import CommandSupport
import Files
import Foundation
import NNUNet
import TestSupport
import Testing
import Volume

@testable import Studies

/// Two folders that differ in nothing but the format of their images and label maps.
private struct TwoFormats {
  let nifti: TemporaryFolder
  let other: TemporaryFolder
  let ending: String

  init(_ ending: String) throws {
    self.ending = ending
    nifti = try TemporaryFolder()
    other = try TemporaryFolder()
  }

  /// Writes an image into both folders.
  func write(_ map: LabelMap, _ path: String) throws {
    for (folder, ending) in [(nifti, ".nii.gz"), (other, ending)] {
      let url = folder.file(path + ending)
      try Folder.create(url.deletingLastPathComponent())
      try LabelFile.write(map, to: url)
    }
  }

  /// Copies a folder of nnU-Net's into both, in the other format for the second.
  func copy(_ source: URL, to path: String) throws {
    try FileManager.default.copyItem(at: source, to: nifti.file(path))
    try FileManager.default.copyItem(at: source, to: other.file(path))
    for name in try Folder.names(in: source) {
      let file = other.file("\(path)/\(name)")
      if name.hasSuffix(".nii.gz") {
        let map = try LabelFolder.read(file)
        try Folder.remove(file)
        try LabelFile.write(.uint8(map), to: other.file("\(path)/\(name.dropLast(7))\(ending)"))
      } else if name == "dataset.json" {
        let text = try String(contentsOf: file, encoding: .utf8)
        #expect(text.contains("\".nii.gz\""))
        try text.replacingOccurrences(of: "\".nii.gz\"", with: "\"\(ending)\"")
          .write(to: file, atomically: true, encoding: .utf8)
      }
    }
  }

  /// Runs the command in both folders and gives what it prints, which must be the same.
  @discardableResult
  func run(_ line: String) throws -> String {
    let words = line.split(separator: " ").map(String.init)
    let results = try [nifti, other].map { folder in
      try Cac.succeed(words, in: folder.url).out
        .replacingOccurrences(of: folder.url.path, with: "")
    }
    #expect(results[0] == results[1])
    return results[1]
  }

  /// Expects the same text in both folders, endings apart.
  func expectSame(_ path: String) throws {
    let texts = try [nifti, other].map {
      try String(contentsOf: $0.file(path), encoding: .utf8)
        .replacingOccurrences(of: $0.url.path, with: "")
        .replacingOccurrences(of: ".nii.gz", with: ending)
    }
    #expect(texts[0] == texts[1], "\(path)")
  }

  /// Expects the same label maps in both folders, and no file of the wrong format.
  func expectSameLabels(_ path: String) throws {
    let names = try Folder.names(in: nifti.file(path))
    let renamed = names.map { $0.replacingOccurrences(of: ".nii.gz", with: ending) }
    #expect(try Folder.names(in: other.file(path)) == renamed.sorted())
    let maps = names.filter { $0.hasSuffix(".nii.gz") }
    #expect(!maps.isEmpty)
    for name in maps {
      let a = try LabelFolder.read(nifti.file("\(path)/\(name)"))
      let b = try LabelFolder.read(other.file("\(path)/\(name.dropLast(7))\(ending)"))
      #expect(a.voxels == b.voxels, "\(name)")
      #expect(a.geometry.mismatch(with: b.geometry, tolerance: 1e-4) == nil, "\(name)")
    }
  }
}

@Suite struct `In another format than NIfTI` {
  private static let geometry = Geometry(
    extent: Extent(slices: 4, rows: 24, columns: 32), spacing: [1, 1, 3], origin: [-10, -20, 30])

  /// A scan with a plaque of a side and label for each artery, and the masks of it; the prediction
  /// misses the last slice.
  private func draw(_ subject: Int, into formats: TwoFormats) throws {
    var ct = Volume<UInt16>(geometry: Self.geometry, repeating: 40)
    var reference = Volume<UInt8>(geometry: Self.geometry, repeating: 0)
    for (i, artery) in (1...4).enumerated() where subject > 0 {
      for z in 0..<4 where (z + i) % 2 == 0 {
        for y in 0..<min(subject, 5) {
          for x in 0..<3 {
            ct[z, 2 + y, 8 * i + x + 1] = UInt16(150 + 60 * i + subject)
            reference[z, 2 + y, 8 * i + x + 1] = UInt8(artery)
          }
        }
      }
    }
    var prediction = reference
    for i in prediction.voxels.indices where i >= 3 * 24 * 32 { prediction.voxels[i] = 0 }
    try formats.write(.uint16(ct), "ct/s\(subject)_0000")
    try formats.write(.uint8(reference), "reference/s\(subject)")
    try formats.write(.uint8(prediction), "masks/s\(subject)")
  }

  @Test(arguments: [".nrrd", ".mha"])
  func `scores, comparisons and the report are the same`(ending: String) throws {
    let formats = try TwoFormats(ending)
    for subject in 0..<6 { try draw(subject, into: formats) }
    let scores = try formats.run(
      "score ct --mask masks --reference reference --kv 120 --csv RESULT.csv --arteries-csv a.csv")
    #expect(scores.contains("s5"))
    for table in ["RESULT.csv", "a.csv"] { try formats.expectSame(table) }
    let found = try formats.run(
      "evaluate RESULT.csv --bootstrap 50 --out out --masks reference masks --json")
    #expect(found.contains("lesions"))
    _ = try formats.run(
      "report out --images ct --reference reference --prediction masks --output page.html")
    let page = try String(contentsOf: formats.other.file("page.html"), encoding: .utf8)
    #expect(page.contains("slice 4"))
    try formats.expectSame("page.html")
  }

  @Test(arguments: [".nrrd", ".mha"], ["set_01", "set_02"])
  func `post-processing is found and applied as in NIfTI`(ending: String, set: String) throws {
    let formats = try TwoFormats(ending)
    for part in ["prediction", "reference"] {
      try formats.copy(fixture("nnunet/selection/\(set)/\(part)"), to: part)
    }
    try formats.run("postprocess determine prediction reference")
    try formats.expectSame("prediction/postprocessing.json")
    try formats.expectSameLabels("prediction/postprocessed")
    try formats.run(
      "postprocess apply prediction applied --file prediction/postprocessing.json")
    try formats.expectSameLabels("applied")
  }

  @Test func `an ensemble writes the label maps of its models' format`() throws {
    let oracle = try PredictionOracle("cascade")
    let formats = try TwoFormats(".nrrd")
    let predicted = try TemporaryFolder()
    for (name, configuration) in [("low", "3d_lowres"), ("high", "3d_cascade_fullres")] {
      try Cac.succeed(
        [
          "predict", oracle.model(configuration).path, oracle.input.path, name, "--probabilities",
          "--device", "cpu",
        ], in: predicted.url)
      try formats.copy(predicted.file(name), to: name)
    }
    try formats.run("ensemble low high out")
    try formats.expectSameLabels("out")
  }
}
