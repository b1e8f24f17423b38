// SPDX-License-Identifier: Apache-2.0
import CommandSupport
import Files
import Foundation
import NIfTI
import TestSupport
import Testing
import Volume

/// A small raw data set of two channels, and one way to spoil it.
struct RawFault: Sendable, CustomTestStringConvertible {
  let testDescription: String
  let words: [String]
  let spoil: @Sendable (URL) throws -> Void

  init(_ name: String, says words: String..., spoil: @escaping @Sendable (URL) throws -> Void) {
    testDescription = name
    self.words = words
    self.spoil = spoil
  }

  /// Writes the data set before it is spoilt.
  static func make(in root: URL) throws -> URL {
    let folder = root.appendingPathComponent("nnUNet_raw/Dataset001_Test")
    try StagedFile.write(description, to: folder.appendingPathComponent("dataset.json"))
    for name in ["a", "b"] {
      for c in 0..<2 { try write(folder, "imagesTr/\(name)_000\(c).nii.gz") { Float($0 % 17) } }
      try write(folder, "labelsTr/\(name).nii.gz") { $0 % 3 == 0 ? 1 : 0 }
    }
    return folder
  }

  static let description = """
    {"channel_names": {"0": "CT", "1": "MR"}, "labels": {"background": 0, "calcium": 1},
     "numTraining": 2, "file_ending": ".nii.gz"}
    """

  static func write(
    _ folder: URL, _ name: String, rows: Int = 12, spacing: SIMD3<Double> = [1, 1, 2],
    origin: SIMD3<Double> = [0, 0, 0], value: (Int) -> Float
  ) throws {
    let geometry = Geometry(
      extent: Extent(slices: 9, rows: rows, columns: 14), spacing: spacing, origin: origin)
    try NIfTIFile.write(
      Volume(geometry: geometry, voxels: (0..<geometry.extent.count).map(value)),
      to: folder.appendingPathComponent(name))
  }

  static func rewrite(_ text: String, as other: String) -> @Sendable (URL) throws -> Void {
    { folder in
      let file = folder.appendingPathComponent("dataset.json")
      let changed = description.replacingOccurrences(of: text, with: other)
      #expect(changed != description)
      try changed.write(to: file, atomically: false, encoding: .utf8)
    }
  }

  static func remove(_ name: String) -> @Sendable (URL) throws -> Void {
    { try FileManager.default.removeItem(at: $0.appendingPathComponent(name)) }
  }
}

@Suite struct `Planning of raw data` {
  @Test(arguments: [
    ("{\"plans_name\": \"nnUNetPlans\", \"configur", "not valid JSON"),
    ("{\"plans_name\": \"nnUNetPlans\"}", "missing"),
  ])
  func `never replaces plans that it cannot read`(text: String, word: String) throws {
    let root = try TemporaryFolder()
    _ = try RawFault.make(in: root.url)
    let file = root.file("nnUNet_preprocessed/Dataset001_Test/nnUNetPlans.json")
    try StagedFile.write(text, to: file)
    let refused = try Cac.run(["plan", "1", "--samples", "1000"], in: root.url)
    #expect(refused.status == 1 && refused.complaints.count == 1)
    for part in ["nnUNetPlans.json", word, "delete it and plan again"] {
      #expect(refused.err.contains(part), "\(refused.err)")
    }
    #expect(try String(contentsOf: file, encoding: .utf8) == text)
    try FileManager.default.removeItem(at: file)
    try Cac.succeed(["plan", "1", "--samples", "1000"], in: root.url)
  }

  static let faults: [RawFault] = [
    RawFault(
      "a channel missing", says: "case a", "1 image file for 2 channels", "a_0001.nii.gz",
      spoil: RawFault.remove("imagesTr/a_0001.nii.gz")),
    RawFault(
      "a label map missing", says: "case b", "no label map",
      spoil: RawFault.remove("labelsTr/b.nii.gz")),
    RawFault(
      "another number of cases", says: "\"numTraining\" is 3", "2 cases",
      spoil: RawFault.rewrite("\"numTraining\": 2", as: "\"numTraining\": 3")),
    RawFault(
      "labels that skip a value", says: "consecutive",
      spoil: RawFault.rewrite("\"calcium\": 1", as: "\"calcium\": 2")),
    RawFault(
      "files of another kind", says: "\".dcm\"", ".nii.gz",
      spoil: { folder in
        try RawFault.rewrite(".nii.gz", as: ".dcm")(folder)
        for name in ["a_0000", "a_0001", "b_0000", "b_0001"] {
          try Data().write(to: folder.appendingPathComponent("imagesTr/\(name).dcm"))
        }
        for name in ["a", "b"] {
          try Data().write(to: folder.appendingPathComponent("labelsTr/\(name).dcm"))
        }
      }),
    RawFault(
      "a reader that turns images", says: "SimpleITKIOWithReorient",
      spoil: RawFault.rewrite(
        "\"numTraining\"",
        as: "\"overwrite_image_reader_writer\": \"SimpleITKIOWithReorient\", \"numTraining\"")),
    RawFault(
      "a listed file that is not there", says: "case x", "nowhere.nii.gz",
      spoil: RawFault.rewrite(
        "\"numTraining\": 2",
        as: """
          "numTraining": 1, "dataset": {"x": {"images": ["imagesTr/a_0000.nii.gz", "nowhere.nii.gz"],
          "label": "labelsTr/a.nii.gz"}}
          """)),
    RawFault("a label that is not declared", says: "b: the label map holds 5", "declare") {
      try RawFault.write($0, "labelsTr/b.nii.gz") { $0 == 7 ? 5 : 0 }
    },
    RawFault("a label map on another grid", says: "b: the label map has the grid") {
      try RawFault.write($0, "labelsTr/b.nii.gz", rows: 11) { _ in 1 }
    },
    RawFault("channels of different spacing", says: "a: channel 1 has the spacing") {
      try RawFault.write($0, "imagesTr/a_0001.nii.gz", spacing: [1, 1, 2.1]) { _ in 1 }
    },
    RawFault("a voxel that is no number", says: "a: channel 0 holds nan", "slice 0, row 0") {
      try RawFault.write($0, "imagesTr/a_0000.nii.gz") { $0 == 3 ? .nan : 1 }
    },
    RawFault("no foreground", says: "no case has a labelled voxel") {
      for name in ["a", "b"] { try RawFault.write($0, "labelsTr/\(name).nii.gz") { _ in 0 } }
    },
  ]

  @Test(arguments: faults) func `refuses it in one sentence that names the fault`(fault: RawFault)
    throws
  {
    let root = try TemporaryFolder()
    try fault.spoil(RawFault.make(in: root.url))
    let outcome = try Cac.run(["plan", "1", "--samples", "1000", "--jobs", "1"], in: root.url)
    #expect(outcome.status == 1)
    #expect(outcome.complaints.count == 1)
    for word in fault.words { #expect(outcome.complaints.first?.contains(word) == true) }
    #expect(
      (try? Folder.names(in: root.file("nnUNet_preprocessed/Dataset001_Test"))) ?? [] == [])
  }

  @Test func `notes a label map that lies elsewhere, and keeps dataset.json byte for byte`() throws
  {
    let root = try TemporaryFolder()
    let folder = try RawFault.make(in: root.url)
    try RawFault.write(folder, "labelsTr/b.nii.gz", origin: [3, 0, 0]) { $0 % 2 == 0 ? 1 : 0 }
    let outcome = try Cac.run(["plan", "1", "--samples", "1000"], in: root.url)
    #expect(outcome.status == 0)
    #expect(outcome.err.contains("note: b: the label map lies elsewhere"))
    let copy = try String(
      contentsOf: root.file("nnUNet_preprocessed/Dataset001_Test/dataset.json"), encoding: .utf8)
    #expect(copy == RawFault.description)
  }

  @Test func `takes its folds once, keeps more of them and refuses others`() throws {
    let root = try TemporaryFolder()
    let raw = try RawFault.make(in: root.url).appendingPathComponent("splits_final.json")
    let used = root.file("nnUNet_preprocessed/Dataset001_Test/splits_final.json")
    func plan(_ folds: String) throws -> Cac.Outcome {
      try folds.write(to: raw, atomically: false, encoding: .utf8)
      return try Cac.run(["plan", "1", "--samples", "1000"], in: root.url)
    }
    let one = #"[{"train": ["a"], "val": ["b"]}]"#
    #expect(try plan(one).status == 0)
    let more = #"[{"train": ["a"], "val": ["b"]}, {"train": ["b"], "val": ["a"]}]"#
    try more.write(to: used, atomically: false, encoding: .utf8)
    #expect(try plan(one).status == 0)
    #expect(try String(contentsOf: used, encoding: .utf8) == more)
    let outcome = try plan(#"[{"train": ["b"], "val": ["a"]}]"#)
    #expect(outcome.status == 1)
    #expect(outcome.complaints.first?.contains("other folds") == true)
    #expect(try String(contentsOf: used, encoding: .utf8) == more)
  }
}
