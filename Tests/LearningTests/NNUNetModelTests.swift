// SPDX-License-Identifier: Apache-2.0
import Files
import Foundation
import Learning
import NIfTI
import NNUNet
import TestSupport
import Testing
import Torch
import Volume

/// Model folders of nnunetv2 2.8.1 with random weights and what it predicts with them, made by
/// scripts/parity-models.py.
enum OracleModel {
  static let root = URL(fileURLWithPath: #filePath).deletingLastPathComponent()
    .deletingLastPathComponent().appendingPathComponent("Fixtures/nnunet-models")

  /// The cases of a parity run, whose logits come from this processor.
  static let fresh = ProcessInfo.processInfo.environment["CAC_PARITY_MODELS"].map {
    URL(fileURLWithPath: $0)
  }

  /// The committed cases, and those of a parity run.
  static var cases: [URL] { cases(in: root) + (fresh.map(cases) ?? []) }

  private static func cases(in folder: URL) -> [URL] {
    ((try? Folder.names(in: folder)) ?? []).map { folder.appendingPathComponent($0) }
  }

  static func folder(of place: URL) throws -> URL {
    let name = try #require(Folder.names(in: place).first { $0.contains("__") })
    return place.appendingPathComponent(name)
  }
}

@Suite struct `A model of nnU-Net` {
  @Test func `is there in two and three dimensions, plain and residual`() throws {
    let names = try Folder.names(in: OracleModel.root)
    #expect(names == ["plain-2d", "plain-3d", "residual-2d", "residual-3d"])
  }

  @Test(arguments: OracleModel.cases, [InferenceEngine.plain, .packed])
  func `predicts the logits and labels of the original`(
    place: URL, engine: InferenceEngine
  ) throws {
    let model = try Model(folder: OracleModel.folder(of: place))
    let trained = try model.trainedFolds().map { try model.trained($0, on: .cpu) }
    let ct = try NIfTIFile.read(
      place.appendingPathComponent("input/scan_0000.nii.gz"), as: Int16.self)
    let one = try Preprocessor(
      plans: model.plans, configuration: model.configurationName, labels: model.dataset.labels
    ).preprocess(RawCase(name: "scan", channels: [ct.map { Float($0) }]))
    var options = PredictionOptions()
    options.inference.engine = engine
    let logits = try Predictor(
      networks: trained.map(\.network), configuration: model.configuration,
      mirroringAxes: trained[0].mirroringAxes, options: options, device: .cpu
    ).logits(of: one)
    let bytes = try Data(contentsOf: place.appendingPathComponent("theirs/logits.f16"))
    let expected = bytes.withUnsafeBytes { Array($0.bindMemory(to: Float16.self)) }
    #expect(logits.count == expected.count)
    // Both sum weighted logits in float16. On one processor the plain engine has nnunetv2's. What
    // else goes beyond a thousandth are units of that sum, tipped by the last bits of float32, where
    // a window's corner has subnormal weights: one unit in the committed models, which another
    // processor may have computed; larger ones have more additions.
    let isFresh = OracleModel.fresh.map { place.path.hasPrefix($0.path) } ?? false
    if isFresh, engine == .plain {
      #expect(zip(logits, expected).allSatisfy { abs($0 - Float($1)) <= 1e-3 })
    } else if !isFresh {
      let weights = Self.weights(model.configuration, shape: one.shape)
      for (i, (ours, theirs)) in zip(logits, expected).enumerated() {
        let weight = weights[i % weights.count]
        let sum = Float16(max(abs(ours), abs(Float(theirs))) * weight)
        let unit = Float(sum.ulp) / weight + Float(max(abs(Float16(ours)), abs(theirs)).ulp)
        #expect(abs(ours - Float(theirs)) <= max(unit, 1e-3 * max(1, abs(ours))), "voxel \(i)")
      }
    }
    let worst = zip(logits, expected).map { abs($0 - Float($1)) / max(1, abs($0)) }.max() ?? 1
    #expect(worst <= 2e-2)
    let off = zip(logits, expected).filter { abs($0 - Float($1)) > 1e-3 * max(1, abs($0)) }.count
    #expect(Double(off) <= 1e-3 * Double(logits.count))

    let map = try Export(
      plans: model.plans, configuration: model.configurationName, labels: model.dataset.labels
    ).labels(logits: logits.map { Float16($0) }, shape: one.shape, properties: one.properties)
      .floats
    let theirs = try NIfTIFile.read(
      place.appendingPathComponent("theirs/scan.nii.gz"), as: UInt8.self)
    let same = zip(map.voxels, theirs.voxels).filter { $0 == Float($1) }.count
    #expect(Double(same) >= 0.9999 * Double(theirs.voxels.count))
    #expect(Set(theirs.voxels).count > 1)
    if let mismatch = map.geometry.mismatch(with: theirs.geometry) {
      Issue.record("\(mismatch)")
    }
  }

  /// The sum of the windows' weights at each voxel (z, y, x), in float16 as it is added up.
  private static func weights(_ configuration: Configuration, shape: [Int]) -> [Float] {
    let isFlat = configuration.dimensions == 2
    let plane = isFlat ? Array(shape.dropFirst()) : shape
    let window = SlidingWindow(patchSize: configuration.patchSize)
    let padding = window.padding(for: plane)
    let padded = zip(plane, padding).map { $0 + $1.before + $1.after }
    let patch = isFlat ? [1] + window.patchSize : window.patchSize
    let extent = isFlat ? [1] + plane : plane
    let before = (isFlat ? [0] : []) + padding.map(\.before)
    let map = window.gaussian()
    var sum = [Float16](repeating: 0, count: extent.reduce(1, *))
    for place in window.positions(for: padded).map({ (isFlat ? [0] : []) + $0 }) {
      for (i, weight) in map.enumerated() {
        let within = [i / (patch[1] * patch[2]), i / patch[2] % patch[1], i % patch[2]]
        let v = (0..<3).map { place[$0] + within[$0] - before[$0] }
        guard (0..<3).allSatisfy({ (0..<extent[$0]).contains(v[$0]) }) else { continue }
        let at = (v[0] * extent[1] + v[1]) * extent[2] + v[2]
        sum[at] = Float16(Float(sum[at]) + Float(weight))
      }
    }
    return sum.map { Float($0) }
  }

  @Test(arguments: OracleModel.cases)
  func `tells its training and survives an export`(place: URL) throws {
    let folder = try OracleModel.folder(of: place)
    let model = try Model(folder: folder)
    let before = try NNUNetCheckpoint(contentsOf: model.weights(ofFold: "0"))
    #expect(before.trainerName == "nnUNetTrainer")
    #expect(before.configuration == model.configurationName)
    #expect(before.mirroringAxes == Array(0..<model.configuration.dimensions))
    #expect(before.epoch == 2 && before.bestDice == 0.325)
    #expect(before.log.map(\.meanDice) == [0.25, 1.25])
    #expect(before.log.map(\.dicePerClass) == [[0.5], [0.5]])
    #expect(before.log.map(\.seconds) == [7, 7])
    let temporary = try TemporaryFolder()
    let file = temporary.file("fold_0/checkpoint_final.pth")
    try NNUNetExport(model).write(fold: "0", to: file)
    let after = try NNUNetCheckpoint(contentsOf: file)
    #expect(after.weights.count == before.weights.count)
    for (name, tensor) in before.weights {
      #expect(try tensor.floats() == after.weights[name]?.floats())
    }
    #expect(after.mirroringAxes == before.mirroringAxes && after.log == before.log)
    #expect(after.epoch == 2 && after.bestDice == 0.325)
    #expect(temporary.allNames == ["fold_0"])
  }
}
