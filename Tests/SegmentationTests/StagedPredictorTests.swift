// SPDX-License-Identifier: Apache-2.0
import CommandSupport
import Files
import Foundation
import TestSupport
import Testing
import Volume

@testable import Segmentation

@Suite struct `A model of several stages` {
  @Test(arguments: [("LAD", UInt8(2)), ("RCA", UInt8(4))])
  func `marks the scan's own bright pixels as the artery's that they lie on`(
    artery: String, label: UInt8
  ) throws {
    let folder = try TemporaryFolder()
    try StagedFolder.write(to: folder.url, near: artery)
    let predictor = try maskPredictor(model: folder.url, PredictionRequest(device: "cpu"))
    let scan = StagedFolder.scan
    let labels = try predictor.labels(of: scan, named: "a", progress: { _ in })
    #expect(labels.geometry == scan.geometry)
    for (hu, value) in zip(scan.voxels, labels.voxels) {
      #expect(value == (hu == 300 ? label : 0))
    }
    #expect(predictor.predictsArteries)
    #expect(predictor.notes.count == 1)
  }

  @Test func `marks nothing far from every artery`() throws {
    let folder = try TemporaryFolder()
    try StagedFolder.write(to: folder.url, near: "LAD", heat: 0.05)
    let predictor = try StagedPredictor(model: folder.url, device: "cpu")
    #expect(
      try predictor.labels(of: StagedFolder.scan, named: "a", progress: { _ in }).voxels.allSatisfy
      { $0 == 0 })
  }

  @Test func `is known by its localiser, and a broken one is refused with its name`() throws {
    let folder = try TemporaryFolder()
    #expect(!StagedPredictor.canOpen(folder.url))
    let file = folder.url.appendingPathComponent(StagedPredictor.localiserName)
    try Data("no weights".utf8).write(to: file)
    #expect(StagedPredictor.canOpen(folder.url) && StagedPredictor.canOpen(file))
    do {
      _ = try StagedPredictor(model: folder.url, device: "cpu")
      Issue.record("a broken file was opened")
    } catch {
      #expect("\(error)".contains(StagedPredictor.localiserName))
    }
  }
}
