// SPDX-License-Identifier: Apache-2.0
import Files
import Foundation
import Phantom
import Stages
import TestSupport
import Testing
import Torch
import Volume

@testable import Segmentation

@Suite struct `A model of several stages` {
  /// A localiser that says the same everywhere: all in the sac, near one artery.
  private func write(
    to folder: URL, near artery: String, heat: Float = 0.9
  ) throws {
    try Folder.create(folder)
    let design = LocaliserDesign(
      spacing: 4, features: [4, 8], classes: LocaliserCrop.classNames,
      heatMaps: LocaliserCrop.mapNames)
    let localiser = try Localiser(design, seed: 3, on: .cpu)
    let sac = try #require(LocaliserCrop.classNames.firstIndex(of: "sac"))
    let map = try #require(LocaliserCrop.mapNames.firstIndex(of: artery))
    let parameters = try localiser.parameters.map { name, tensor in
      guard name.hasPrefix("decoder.seg_layers.0.") else { return (name: name, tensor: tensor) }
      var values = Array(repeating: Float(0), count: tensor.count)
      if name.hasSuffix("bias") {
        values[sac] = 8
        values[LocaliserCrop.classNames.count + map] = heat
      }
      return (name: name, tensor: try Tensor(values, shape: tensor.shape))
    }
    try StageWeights(design, parameters).write(
      to: folder.appendingPathComponent(StagedPredictor.localiserName))
  }

  private var scan: Volume<Int16> {
    var scan = Volume<Int16>(
      geometry: Geometry(
        extent: Extent(slices: 12, rows: 80, columns: 80), spacing: [0.5, 0.5, 3]), repeating: 40)
    for y in 30..<36 { for x in 40..<44 { scan[5, y, x] = 300 } }
    // One pixel alone is noise.
    scan[8, 10, 10] = 400
    return scan
  }

  @Test(arguments: [("LAD", UInt8(2)), ("RCA", UInt8(4))])
  func `marks the scan's own bright pixels as the artery's that they lie on`(
    artery: String, label: UInt8
  ) throws {
    let folder = try TemporaryFolder()
    try write(to: folder.url, near: artery)
    let predictor = try maskPredictor(model: folder.url, PredictionRequest(device: "cpu"))
    let scan = scan
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
    try write(to: folder.url, near: "LAD", heat: 0.05)
    let predictor = try StagedPredictor(model: folder.url, device: "cpu")
    #expect(
      try predictor.labels(of: scan, named: "a", progress: { _ in }).voxels.allSatisfy { $0 == 0 })
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
