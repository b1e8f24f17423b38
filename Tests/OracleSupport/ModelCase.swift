// SPDX-License-Identifier: Apache-2.0
package import Foundation
package import Learning
import NIfTI
import NNUNet
import TestSupport
import Torch
import Volume

/// A model folder of nnunetv2 2.8.1 with random weights, a scan, and what nnunetv2 predicts of it,
/// made by `Oracles/parity/models.py`.
package struct ModelCase: Sendable {
  /// Where nnunetv2 made its logits.
  package enum Origin: Sendable {
    /// On some processor, whose sums may differ from this one's in the last bits.
    case anyProcessor
    /// On this processor, so that the plain engine has to come to the same sums.
    case thisProcessor
  }

  /// The folder of the case: a model folder, `input` and `theirs`.
  package let folder: URL

  /// The cases in a folder.
  ///
  /// - Throws: `MissingFixture` if there is none.
  package static func all(in folder: URL) throws -> [ModelCase] {
    try fixtures(in: folder).map(ModelCase.init)
  }

  /// The model.
  package var model: Model {
    get throws {
      let models = try fixtures(in: folder) { $0.contains("__") }
      return try Model(folder: models[0])
    }
  }

  /// Where an engine's logits, labels or geometry differ from nnunetv2's, a sentence each.
  package func differences(by engine: InferenceEngine, from origin: Origin) throws -> [String] {
    let model = try model
    let trained = try model.trainedFolds().map { try model.trained($0, on: .cpu) }
    let ct = try NIfTIFile.read(
      folder.appendingPathComponent("input/scan_0000.nii.gz"), as: Int16.self)
    let preprocessed = try Preprocessor(
      plans: model.plans, configuration: model.name.configuration, labels: model.dataset.labels
    ).preprocess(RawCase(name: "scan", channels: [ct.map { Float($0) }]))
    var options = PredictionOptions()
    options.inference.engine = engine
    let halves = try Predictor(
      networks: trained.map(\.network), configuration: model.configuration,
      mirroringAxes: trained[0].mirroringAxes, options: options, device: .cpu
    ).logits(of: preprocessed)
    let ours = halves.map { Float($0) }
    let bytes = try Data(contentsOf: folder.appendingPathComponent("theirs/logits.f16"))
    let theirs = bytes.withUnsafeBytes { $0.bindMemory(to: Float16.self).map { Float($0) } }
    guard ours.count == theirs.count, !ours.isEmpty else {
      return ["\(ours.count) logits instead of \(theirs.count)"]
    }
    var differences = logitDifferences(ours, theirs)
    switch origin {
    case .thisProcessor where engine == .plain:
      let far = ours.indices.filter { !(abs(ours[$0] - theirs[$0]) <= 1e-3) }
      differences += far.map { "logit \($0): \(ours[$0]) instead of \(theirs[$0])" }
    case .thisProcessor: break
    case .anyProcessor:
      let weights = Self.weights(model.configuration, shape: preprocessed.shape)
      differences += ours.indices.filter {
        !isNear(ours[$0], theirs[$0], weight: weights[$0 % weights.count])
      }.map { "logit \($0): \(ours[$0]) instead of \(theirs[$0])" }
    }

    let map = try Export(
      plans: model.plans, configuration: model.name.configuration, labels: model.dataset.labels
    ).labels(logits: halves, shape: preprocessed.shape, properties: preprocessed.properties).floats
    return try differences + labelDifferences(map)
  }

  /// What holds for every processor and engine: few logits are off by more than a thousandth, and
  /// none by more than two hundredths.
  private func logitDifferences(_ ours: [Float], _ theirs: [Float]) -> [String] {
    let errors = zip(ours, theirs).map { abs($0 - $1) / max(1, abs($0)) }
    // Comparisons with NaN are false, so each is written such that NaN counts as a difference.
    let worst = errors.contains { $0.isNaN } ? .nan : errors.max() ?? .infinity
    let off = errors.count { !($0 <= 1e-3) }
    return (worst <= 2e-2 ? [] : ["the worst logit is off by \(worst)"])
      + (Double(off) <= 1e-3 * Double(ours.count) ? [] : ["\(off) of \(ours.count) logits are off"])
  }

  /// Whether two logits differ by a thousandth, or by one unit of the sum that they come from.
  ///
  /// Both programs sum weighted logits in float16. What goes beyond a thousandth are units of that
  /// sum, tipped by the last bits of float32, where a window's corner has subnormal weights: one unit
  /// in the committed models; larger ones have more additions.
  private func isNear(_ ours: Float, _ theirs: Float, weight: Float) -> Bool {
    let sum = Float16(max(abs(ours), abs(theirs)) * weight)
    let unit = Float(sum.ulp) / weight + Float(max(abs(Float16(ours)), abs(Float16(theirs))).ulp)
    return abs(ours - theirs) <= max(unit, 1e-3 * max(1, abs(ours)))
  }

  private func labelDifferences(_ map: Volume<Float>) throws -> [String] {
    let theirs = try NIfTIFile.read(
      folder.appendingPathComponent("theirs/scan.nii.gz"), as: UInt8.self)
    let same = zip(map.voxels, theirs.voxels).count { $0 == Float($1) }
    var differences: [String] = []
    if map.voxels.count != theirs.voxels.count
      || Double(same) < 0.9999 * Double(theirs.voxels.count)
    {
      differences.append("\(same) of \(theirs.voxels.count) voxels have the same label")
    }
    if Set(theirs.voxels).count < 2 { differences.append("nnunetv2 found nothing at all") }
    if let mismatch = map.geometry.mismatch(with: theirs.geometry) {
      differences.append("the geometry: \(mismatch)")
    }
    return differences
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
    for start in window.positions(for: padded).map({ (isFlat ? [0] : []) + $0 }) {
      for (i, weight) in map.enumerated() {
        let within = [i / (patch[1] * patch[2]), i / patch[2] % patch[1], i % patch[2]]
        let v = (0..<3).map { start[$0] + within[$0] - before[$0] }
        guard (0..<3).allSatisfy({ (0..<extent[$0]).contains(v[$0]) }) else { continue }
        let index = (v[0] * extent[1] + v[1]) * extent[2] + v[2]
        sum[index] = Float16(Float(sum[index]) + Float(weight))
      }
    }
    return sum.map { Float($0) }
  }
}

extension ModelCase: CustomStringConvertible {
  /// The name of the case.
  package var description: String { folder.lastPathComponent }
}
