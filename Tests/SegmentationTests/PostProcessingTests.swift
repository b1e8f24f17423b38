// SPDX-License-Identifier: Apache-2.0
import CommandSupport
import Files
import Foundation
import NIfTI
import NNUNet
import TestSupport
import Testing
import Volume

@testable import Workflow

/// Choices that nnunetv2 2.8.1 made by `scripts/parity-selection.py`: the committed ones, and those
/// of the folder that CAC_PARITY_SELECTION names.
enum OracleSelection {
  static let root = URL(fileURLWithPath: #filePath).deletingLastPathComponent()
    .deletingLastPathComponent().appendingPathComponent("Fixtures/nnunet-selection")

  static func folders(_ prefix: String) -> [URL] {
    let more = ProcessInfo.processInfo.environment["CAC_PARITY_SELECTION"].map {
      URL(fileURLWithPath: $0)
    }
    return [root, more].compactMap(\.self).flatMap { folder in
      ((try? Folder.names(in: folder)) ?? []).filter { $0.hasPrefix(prefix) }
        .map { folder.appendingPathComponent($0) }
    }
  }

  /// Where two values differ beyond rounding; the order of keys is no difference.
  static func differences(_ a: JSON?, _ b: JSON?, _ path: String) -> [String] {
    guard let a, let b else { return a == b ? [] : ["\(path): is missing"] }
    if let x = a.object, let y = b.object {
      return Set(x.keys + y.keys).sorted().flatMap { differences(x[$0], y[$0], "\(path).\($0)") }
    }
    if let x = a.array, let y = b.array, x.count == y.count {
      return x.indices.flatMap { differences(x[$0], y[$0], "\(path)[\($0)]") }
    }
    if let x = a.double, let y = b.double {
      let same = x.isNaN ? y.isNaN : abs(x - y) <= 1e-12 * max(1, abs(x))
      return same ? [] : ["\(path): \(x) / \(y)"]
    }
    return a == b ? [] : ["\(path): \(a) / \(b)"]
  }
}

@Suite struct `Post-processing as nnU-Net determines it` {
  @Test func `has cases where it helps and where it does not`() throws {
    let counts = try OracleSelection.folders("set_").map {
      try #require(
        try JSON.read(from: $0.appendingPathComponent("expected.json"))["postprocessing_fns"]?.array
      ).count
    }
    #expect(counts.count >= 5)
    #expect(counts.contains(0) && counts.contains { $0 > 0 })
  }

  @Test(arguments: OracleSelection.folders("set_"))
  func `is the same here, and so are its label maps`(set: URL) async throws {
    let copy = try TemporaryFolder()
    let place = copy.file("prediction")
    try FileManager.default.copyItem(at: set.appendingPathComponent("prediction"), to: place)
    let folder = try LabelFolder(place)
    let found = try await PostProcessingSearch.run(
      folder, reference: set.appendingPathComponent("reference"), jobs: 1, progress: { _ in })
    let file = try await found.write(to: folder, jobs: 1)

    let expected = try JSON.read(from: set.appendingPathComponent("expected.json"))
    #expect(OracleSelection.differences(expected, try JSON.read(from: file), "json") == [])
    #expect(try PostProcessing.read(from: file) == found.accepted)
    let results = set.appendingPathComponent("expected")
    for name in try Folder.names(in: results) {
      let here: Volume<UInt8> = try NIfTIFile.read(
        place.appendingPathComponent("postprocessed/\(name)"))
      let there: Volume<UInt8> = try NIfTIFile.read(results.appendingPathComponent(name))
      #expect(here.voxels == there.voxels, "\(name)")
    }
    #expect(
      try Folder.names(in: place.appendingPathComponent("postprocessed"))
        == ["dataset.json", "summary.json"].reduce(try Folder.names(in: results)) { $0 + [$1] }
    )
  }
}

@Suite struct `A post-processing` {
  private func map(_ rows: [[UInt8]]) -> Volume<UInt8> {
    Volume(
      geometry: Geometry(
        extent: Extent(slices: 1, rows: rows.count, columns: rows[0].count), spacing: [1, 1, 1]),
      voxels: rows.flatMap { $0 })
  }

  @Test func `keeps the largest piece, whose voxels may touch at corners`() {
    let before = map([[1, 0, 0, 1], [0, 1, 0, 0], [0, 0, 2, 0], [2, 0, 0, 0]])
    let all = PostProcessing.Step(labels: [1, 2], isList: true)
    let ones = PostProcessing.Step(labels: [1], isList: false)
    #expect(
      all(before).voxels
        == map([[1, 0, 0, 0], [0, 1, 0, 0], [0, 0, 2, 0], [0, 0, 0, 0]]).voxels)
    #expect(
      ones(before).voxels
        == map([[1, 0, 0, 0], [0, 1, 0, 0], [0, 0, 2, 0], [2, 0, 0, 0]]).voxels)
  }

  @Test func `keeps all of several largest pieces, and nothing of nothing`() {
    let tie = map([[1, 0, 1], [1, 0, 1]])
    let step = PostProcessing.Step(labels: [1], isList: false)
    #expect(step(tie).voxels == tie.voxels)
    #expect(step(map([[0, 2]])).voxels == [0, 2])
  }

  @Test(arguments: [
    (#"{"postprocessing_fns": []}"#, "of equal length"),
    (#"{"postprocessing_fns": ["rm"], "postprocessing_kwargs": [{}]}"#, "the function \"rm\""),
    (
      #"{"postprocessing_fns": ["remove_all_but_largest_component_from_segmentation"], "postprocessing_kwargs": [{"labels_or_regions": ["a"]}]}"#,
      "label values"
    ),
    (
      #"{"postprocessing_fns": ["remove_all_but_largest_component_from_segmentation"], "postprocessing_kwargs": [{"labels_or_regions": 300}]}"#,
      "label values"
    ),
    ("[", "is not valid JSON"),
  ])
  func `that is not one of nnU-Net's is refused in a sentence`(text: String, why: String) throws {
    let folder = try TemporaryFolder()
    try StagedFile.write(text, to: folder.file("p.json"))
    let outcome = try Cac.run(
      ["postprocess", "apply", ".", "out", "--file", "p.json"], in: folder.url)
    #expect(outcome.status == 1)
    #expect(outcome.complaints.count == 1)
    #expect(outcome.err.contains(why), "\(outcome.err)")
    #expect(folder.allNames == ["p.json"])
  }

  @Test func `is never taken from a pickle`() throws {
    let folder = try TemporaryFolder()
    try StagedFile.write("cos\nsystem\n", to: folder.file("postprocessing.pkl"))
    let outcome = try Cac.run(
      ["postprocess", "apply", ".", "out", "--file", "postprocessing.pkl"], in: folder.url)
    #expect(outcome.status == 1)
    #expect(outcome.err.contains("name the postprocessing.json"))
  }

  @Test func `is determined and applied by the command`() throws {
    let folder = try TemporaryFolder()
    let set = try #require(OracleSelection.folders("set_").dropFirst().first)
    try FileManager.default.copyItem(at: set, to: folder.file("set"))
    let found = try Cac.succeed(
      ["postprocess", "determine", "set/prediction", "set/reference"], in: folder.url)
    #expect(found.out.hasPrefix("keep the largest piece of 1, then of 3\n"))
    _ = try Cac.succeed(
      [
        "postprocess", "apply", "set/prediction", "out", "--file",
        "set/prediction/postprocessing.json",
      ], in: folder.url)
    for name in try Folder.names(in: folder.file("out")) where name.hasSuffix(".nii.gz") {
      #expect(
        try Data(contentsOf: folder.file("out/\(name)"))
          == Data(contentsOf: folder.file("set/prediction/postprocessed/\(name)")))
    }
    let lonely = try Cac.run(
      ["postprocess", "determine", "set/prediction", "set"], in: folder.url)
    #expect(lonely.status == 1 && lonely.err.contains("has no reference in"))
  }
}
