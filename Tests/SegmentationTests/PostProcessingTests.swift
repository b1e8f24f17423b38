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

@Suite struct `Post-processing as nnU-Net determines it` {
  @Test func `has cases where it helps and where it does not`() throws {
    let steps = try PostProcessingSet.all(in: fixture("nnunet/selection")).map { try $0.steps }
    #expect(steps.count >= 5)
    #expect(steps.contains(0) && steps.contains { $0 > 0 })
  }

  @Test(arguments: try PostProcessingSet.all(in: fixture("nnunet/selection")))
  func `is the same here, and so are its label maps`(set: PostProcessingSet) async throws {
    #expect(try await set.differences() == [])
  }
}

@Suite struct `A post-processing` {
  private func map(_ rows: [[UInt8]]) -> Volume<UInt8> {
    Volume(
      geometry: Geometry(
        extent: Extent(slices: 1, rows: rows.count, columns: rows[0].count), spacing: [1, 1, 1]),
      voxels: rows.flatMap { $0 })
  }

  @Test func `keeps the largest component, whose voxels may touch at corners`() {
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

  @Test func `keeps all of several largest components, and nothing of nothing`() {
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
    try FileManager.default.copyItem(
      at: fixture("nnunet/selection/set_01"), to: folder.file("set"))
    let found = try Cac.succeed(
      ["postprocess", "determine", "set/prediction", "set/reference"], in: folder.url)
    #expect(found.out.hasPrefix("keep the largest piece of 1, then of 3\n"))
    _ = try Cac.succeed(
      [
        "postprocess", "apply", "set/prediction", "out", "--file",
        "set/prediction/postprocessing.json",
      ], in: folder.url)
    let maps = try Folder.names(in: folder.file("out")).filter { $0.hasSuffix(".nii.gz") }
    for name in try nonEmpty(maps) {
      #expect(
        try Data(contentsOf: folder.file("out/\(name)"))
          == Data(contentsOf: folder.file("set/prediction/postprocessed/\(name)")))
    }
    let lonely = try Cac.run(
      ["postprocess", "determine", "set/prediction", "set"], in: folder.url)
    #expect(lonely.status == 1 && lonely.err.contains("has no reference in"))
  }
}
