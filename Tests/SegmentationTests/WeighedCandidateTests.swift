// SPDX-License-Identifier: Apache-2.0
import CommandSupport
import Files
import Foundation
import Learning
import NIfTI
import NNUNet
import Stages
import TestSupport
import Testing
import Torch
import Volume
import Workflow

@testable import Segmentation

@Suite struct `What may be calcium, weighed` {
  private static let ct: Volume<Int16> = {
    var ct = Volume<Int16>(
      geometry: Geometry(
        extent: Extent(slices: 4, rows: 20, columns: 20), spacing: [1, 1, 3], origin: [0, 0, 0],
        direction: .identity), repeating: 40)
    for x in 2..<6 { ct[1, 4, x] = 300 }
    for x in 12..<16 { ct[2, 15, x] = 250 }
    ct[3, 3, 3] = 400
    return ct
  }()

  @Test func `by a network's probabilities is one set of bright voxels each`() {
    var labels = Self.ct.map { _ in UInt8(0) }
    var foreground = Self.ct.map { _ in Float(0) }
    // The first is counted but for its rim; the second is doubtful; the third is out of the question.
    for (x, p) in zip(2..<6, [0.9, 0.8, 0.7, 0.2] as [Float]) {
      foreground[1, 4, x] = p
      if p > 0.5 { labels[1, 4, x] = 2 }
    }
    for x in 12..<16 { foreground[2, 15, x] = 0.3 }
    foreground[3, 3, 3] = 0.001
    var weighed = WeighedCase(Self.ct, labels: labels, foreground: foreground, hasArteries: true)
    for factor in [0.5, 1] as [Float] { weighed.add(foreground.map { $0 * factor }) }
    let found = weighed.weighed
    #expect(found.count == 2)
    #expect(found.map(\.isCounted) == [true, false] && found.map(\.artery) == ["LAD", nil])
    #expect(found.map(\.voxels.count) == [3, 4])
    // The mean of the surer half.
    #expect(abs(found[0].chance - 0.85) < 1e-6 && abs(found[1].chance - 0.3) < 1e-6)
    #expect(zip(found[0].chances, [0.425, 0.85]).allSatisfy { abs($0 - $1) < 1e-6 })
    let plain = WeighedCase(Self.ct, labels: labels, foreground: foreground, hasArteries: false)
    #expect(plain.weighed.map(\.artery) == [nil, nil])
    #expect(plain.weighed[0].chances == [plain.weighed[0].chance])
  }

  @Test func `is looked at with noise that is the same each time`() {
    let one = NoisyScan.copy(Self.ct, number: 1, deviation: 6)
    #expect(one.voxels == NoisyScan.copy(Self.ct, number: 1, deviation: 6).voxels)
    #expect(one.voxels != NoisyScan.copy(Self.ct, number: 2, deviation: 6).voxels)
    let differences = zip(one.voxels, Self.ct.voxels).map { Double($0) - Double($1) }
    let mean = differences.reduce(0, +) / Double(differences.count)
    let variance = differences.reduce(0) { $0 + ($1 - mean) * ($1 - mean) }
    #expect(abs(mean) < 0.6)
    #expect(abs((variance / Double(differences.count)).squareRoot() - 6) < 0.5)
    let extreme = Self.ct.map { _ in Int16.max }
    #expect(NoisyScan.copy(extreme, number: 1, deviation: 6).voxels.allSatisfy { $0 > 32_000 })
  }

  /// A fixture's model as two folds, the second with other weights.
  private func twoFolds(_ folder: TemporaryFolder) throws -> (model: URL, ct: Volume<Int16>) {
    let source = try fixture("nnunet/models/plain-2d")
    let model = folder.file("nnUNetTrainer__nnUNetPlans__2d")
    try FileManager.default.copyItem(
      at: source.appending(path: "nnUNetTrainer__nnUNetPlans__2d"), to: model)
    let scan: Volume<Float> = try NIfTIFile.read(source.appending(path: "input/scan_0000.nii.gz"))
    return (model, scan.map { Int16(max(-1000, min(1000, $0))) + 400 })
  }

  @Test func `has an opinion of each fold, of no copies, and of each copy with noise`() throws {
    let folder = try TemporaryFolder()
    let (model, ct) = try twoFolds(folder)
    func prediction(_ effort: UncertaintyEffort, folds: [String]) throws -> MaskPrediction {
      var request = PredictionRequest(folds: folds, device: "cpu")
      request.uncertainty = effort
      return try maskPredictor(model: model, request).prediction(of: ct, named: "a") { _ in }
    }
    let off = try prediction(.off, folds: ["0"])
    #expect(off.candidates == nil)
    let quick = try prediction(.quick, folds: ["0"])
    // What is found does not depend on how sure it is.
    #expect(quick.labels.voxels == off.labels.voxels)
    let candidates = try #require(quick.candidates)
    #expect(!candidates.isEmpty && candidates.allSatisfy { $0.chances == [$0.chance] })
    #expect(candidates.contains { $0.isCounted && $0.chance > 0.3 })
    // The same fold twice: two opinions that agree, and their mean.
    let twice = try #require(try prediction(.quick, folds: ["0", "0"]).candidates)
    #expect(twice.allSatisfy { $0.chances.count == 2 && $0.chances[0] == $0.chances[1] })
    let full = try prediction(.full, folds: ["0"])
    #expect(full.labels.voxels == off.labels.voxels)
    let noisy = try #require(full.candidates)
    // A model that was trained without mirroring has no opinion without copies.
    let count = noisy.map(\.chances.count).max() ?? 0
    #expect((3...4).contains(count))
    #expect(noisy.contains { Set($0.chances).count > 1 })
  }

  @Test func `has more opinions of a model of stages, for its asking`() throws {
    let folder = try TemporaryFolder()
    try StagedFolder.write(to: folder.file("chest"))
    try StagedFolder.writeClassifier(to: folder.file("chest"), ["LAD": 0.7])
    func candidates(_ effort: UncertaintyEffort) throws -> (MaskPrediction, [Int]?) {
      var request = PredictionRequest(device: "cpu")
      request.uncertainty = effort
      let prediction = try maskPredictor(model: folder.file("chest"), request)
        .prediction(of: StagedFolder.scan, named: "a") { _ in }
      return (prediction, prediction.candidates?.filter { $0.chance > 0.5 }.map(\.chances.count))
    }
    #expect(try candidates(.off).1 == nil)
    let quick = try candidates(.quick)
    #expect(quick.1 == [3])
    let full = try candidates(.full)
    // Five places and three copies with noise.
    #expect(full.1 == [8])
    #expect(full.0.labels.voxels == quick.0.labels.voxels)
  }
}

@Suite struct `A calibration of a model` {
  private static let calibration = UncertaintyCalibration(
    temperature: 1.5, margin: 0.25, level: 0.9, scans: 60, candidates: 200)

  @Test func `lies in a folder of stages, in its file, and comes out again`() throws {
    let folder = try TemporaryFolder()
    let model = folder.file("chest")
    try StagedFolder.write(to: model)
    try StagedFolder.writeClassifier(to: model, ["LAD": 0.98])
    #expect(try StagedModelSource(model).calibration() == nil)
    try StagedFile.write(
      Self.calibration.data, to: model.appending(path: UncertaintyCalibration.fileName))
    _ = try StagedPackage(model, name: "chest").write(to: folder.file("chest.cac"))
    #expect(try StagedModelSource(folder.file("chest.cac")).calibration() == Self.calibration)
    let copy = try StagedPackage.unpack(folder.file("chest.cac"), into: folder.file("out"))
    let source = try StagedModelSource(URL(fileURLWithPath: copy.folder))
    #expect(try StagedModelSummary(source).table.contains("temperature 1.50, margin 0.250"))
    // A new calibration leaves it the model that it was.
    let stated = try StagedPackage(model, name: "chest", version: "2", licence: "CC0")
    _ = try stated.write(to: folder.file("stated.cac"))
    let other = try StagedPackage.unpack(folder.file("stated.cac"), into: folder.file("other"))
    let again = URL(fileURLWithPath: other.folder)
    let fresh = UncertaintyCalibration(
      temperature: 2, margin: 0.1, level: 0.9, scans: 30, candidates: 9)
    try StagedFile.write(
      fresh.data, to: again.appending(path: UncertaintyCalibration.fileName))
    let identity = try StagedModelSource(again).identity
    #expect(identity.name == "chest" && identity.version == "2")
    #expect(try StagedModelSource(again).calibration() == fresh)
    #expect(try source.calibration() == Self.calibration)
    let predictor = try maskPredictor(
      model: folder.file("chest.cac"), PredictionRequest(device: "cpu"))
    let prediction = try predictor.prediction(of: StagedFolder.scan, named: "a") { _ in }
    #expect(prediction.calibration == Self.calibration)
  }

  @Test func `lies in a model folder of nnU-Net's kind and in its file`() throws {
    let folder = try TemporaryFolder()
    let name = "nnUNetTrainer__nnUNetPlans__2d"
    let model = folder.file(name)
    try FileManager.default.copyItem(
      at: fixture("nnunet/models/plain-2d/\(name)"), to: model)
    try StagedFile.write(
      Self.calibration.data, to: model.appending(path: UncertaintyCalibration.fileName))
    let file = folder.file("a.cac")
    _ = try ModelPackage(model).write(to: file, progress: { _ in })
    #expect(try UncertaintyCalibration(of: Model(at: file)) == Self.calibration)
    _ = try ModelExchange.copy(file, into: folder.file("out"), .importing, progress: { _ in })
    let copy = try Model(at: folder.file("out/\(name)"))
    #expect(try UncertaintyCalibration(of: copy) == Self.calibration)
  }

  @Test(arguments: [
    "{}", "[1]", #"{"temperature": 0, "level": 0.9, "scans": 9, "candidates": 9}"#,
    #"{"temperature": 1, "margin": -1, "level": 0.9, "scans": 9, "candidates": 9}"#,
    #"{"temperature": 1e999, "level": 0.9, "scans": 9, "candidates": 9}"#,
  ])
  func `that makes no sense is refused in one sentence`(text: String) {
    let error = #expect(throws: WorkflowError.self) {
      _ = try UncertaintyCalibration(Data(text.utf8), subject: "model/calibration.json")
    }
    #expect("\(error as Any)".contains("model/calibration.json: is no calibration"))
  }

  @Test func `may lack a margin, and says so`() throws {
    let text = #"{"temperature": 1.25, "level": 0.9, "scans": 20, "candidates": 50}"#
    let read = try UncertaintyCalibration(Data(text.utf8), subject: "c")
    #expect(read.margin == nil)
    #expect("\(read)" == "temperature 1.25, no margin: calcium is missed too often, by 20 scans")
    let again = try UncertaintyCalibration(read.data, subject: "c")
    #expect(again == read)
  }
}
