// SPDX-License-Identifier: Apache-2.0
import Files
import Foundation
import NIfTI
import Phantom
import Stages
import Studies
import TestSupport
import Testing
import Torch
import Volume
import Workflow

@testable import Segmentation

/// A data set of one case whose mask has two labels.
private struct SmallDataset {
  let folder: TemporaryFolder
  var url: URL { folder.file("Dataset007_Small") }

  init(labels: String, channels: String = #"{"0": "CT"}"#, masked: Bool = true) throws {
    folder = try TemporaryFolder()
    for sub in ["imagesTr", "labelsTr"] { try Folder.create(url.appendingPathComponent(sub)) }
    let geometry = Geometry(
      extent: Extent(slices: 16, rows: 48, columns: 48), spacing: [1, 1, 3])
    var ct = Volume<Int16>(geometry: geometry, repeating: 40)
    var mask = Volume<UInt8>(geometry: geometry, repeating: 0)
    for (x, label) in [(10, UInt8(1)), (20, 2), (30, 0)] {
      for y in 20..<24 {
        for k in x..<x + 4 {
          ct[8, y, k] = 500
          mask[8, y, k] = label
        }
      }
    }
    try NIfTIFile.write(ct, to: url.appendingPathComponent("imagesTr/one_0000.nii.gz"))
    if masked { try NIfTIFile.write(mask, to: url.appendingPathComponent("labelsTr/one.nii.gz")) }
    try Data(
      """
      {"channel_names": \(channels), "labels": \(labels), "numTraining": 1, "file_ending": ".nii.gz"}
      """.utf8
    ).write(to: url.appendingPathComponent("dataset.json"))
  }
}

@Suite struct `Scans that readers have marked` {
  private func candidate(_ x: Int) -> StageCandidate {
    let voxels = (20..<24).flatMap { y in (x..<x + 4).map { (8 * 48 + y) * 48 + $0 } }
    var candidate = StageCandidate(
      voxels: voxels, peak: 500, area: 16, centre: [Double(x) + 1.5, 21.5, 8])
    candidate.heat = ["LM": 0.1, "LAD": 0.2, "LCX": 0.6, "RCA": 0.3]
    return candidate
  }

  private func names(_ labels: String) async throws -> [String] {
    let dataset = try SmallDataset(labels: labels)
    let source = try AnnotatedScans(dataset.url)
    #expect(source.count == 1)
    let design = LocaliserDesign(
      features: [4, 8], classes: ["background", "lung", "bone", "aorta"],
      heatMaps: StagedModel.arteries)
    let model = StagedModel(localiser: try Localiser(design, seed: 1, on: .cpu))
    let scan = try await source.open { _ in }(0, model)
    #expect(scan.ct.voxels.count { $0 == 500 } == 48)
    return [10, 20, 30].map { TrainingSubject.classNames[scan.classNumber(candidate($0))] }
  }

  @Test func `are arteries by their names or abbreviations, in any order`() async throws {
    let found = try await names(#"{"background": 0, "RCA": 1, "left anterior descending": 2}"#)
    #expect(found.prefix(2) == ["RCA", "LAD"])
    // What nobody marked is no artery.
    #expect(!StagedModel.arteries.contains(found[2]))
  }

  @Test func `are of the nearest artery where the label names none`() async throws {
    let found = try await names(#"{"background": 0, "calcium": 1, "LM": 2}"#)
    #expect(found.prefix(2) == ["LCX", "LM"])
  }

  @Test func `are refused where they are no masks of calcium on CT`() throws {
    let regions = try SmallDataset(
      labels: #"{"background": 0, "all": [1, 2], "LAD": 2}, "regions_class_order": [1, 2]"#)
    let two = try SmallDataset(
      labels: #"{"background": 0, "LAD": 1}"#, channels: #"{"0": "CT", "1": "MR"}"#)
    for (dataset, word) in [(regions, "has regions"), (two, "channel")] {
      let error = #expect(throws: (any Error).self) { try AnnotatedScans(dataset.url) }
      #expect("\(error.map { "\($0)" } ?? "")".contains(word))
    }
    let bare = try SmallDataset(labels: #"{"background": 0, "LAD": 1}"#, masked: false)
    #expect(throws: (any Error).self) { try AnnotatedScans(bare.url) }
    #expect(throws: (any Error).self) { try AnnotatedScans(bare.folder.url) }
  }
}

@Suite struct `A pool that several processes make` {
  private func maker(_ folder: TemporaryFolder, _ part: CasePart) throws -> CandidatePoolMaker {
    let dataset = try SmallDataset(labels: #"{"background": 0, "LAD": 1, "LCX": 2}"#)
    let localiser = folder.file("localiser.safetensors")
    if !Folder.isFile(localiser) {
      let design = LocaliserDesign(
        features: [4, 8], classes: ["background", "lung", "bone", "aorta"],
        heatMaps: StagedModel.arteries)
      let network = try Localiser(design, seed: 1, on: .cpu)
      try StageWeights(design, network.parameters).write(to: localiser)
    }
    var maker = CandidatePoolMaker(
      folder: folder.file("pool"), localiser: localiser,
      sources: [try AnnotatedScans(dataset.url), Held(dataset: dataset)], seed: 3, device: "cpu")
    maker.part = part
    return maker
  }

  /// Keeps the data set's folder, and has one scan more.
  private struct Held: PoolSource {
    let dataset: SmallDataset
    let count = 2
    let digest = "held"
    let name = "held"
    let option = "--held"

    func open(say: (String) -> Void) throws -> (Int, StagedModel) async throws -> PoolScan {
      let source = try AnnotatedScans(dataset.url)
      return { _, model in try await source.open { _ in }(0, model) }
    }
  }

  @Test func `holds each scan once, whoever looked at it, as one process's does`() async throws {
    let folders = (try TemporaryFolder(), try TemporaryFolder())
    for number in 0..<2 {
      let part = try maker(folders.0, CasePart(number: number, count: 2))
      _ = try await part.make(say: { _ in }, progress: { _ in }) { false }
    }
    let together = try await maker(folders.0, .all).make(say: { _ in }, progress: { _ in }) {
      Issue.record("a scan was missing")
      return true
    }
    let alone = try await maker(folders.1, .all).make(say: { _ in }, progress: { _ in }) { false }
    #expect(together.counts == alone.counts)
    let names = ["annotated-00000", "held-00000", "held-00001"].map { "\($0).candidates" }
    let files = try Folder.names(in: folders.0.file("pool")).filter { $0.hasSuffix("candidates") }
    #expect(files.sorted() == names)
  }

  @Test func `is refused where it was made from other scans`() async throws {
    let folder = try TemporaryFolder()
    _ = try await maker(folder, .all).make(say: { _ in }, progress: { _ in }) { false }
    var other = try maker(folder, .all)
    other = CandidatePoolMaker(
      folder: other.folder, localiser: other.localiser, sources: [other.sources[1]], seed: 3,
      device: "cpu")
    let error = await #expect(throws: WorkflowError.self) {
      _ = try await other.make(say: { _ in }, progress: { _ in }) { false }
    }
    #expect(error?.code == .refused)
  }
}
