// SPDX-License-Identifier: Apache-2.0
import Learning
package import Torch
package import Volume

/// Lessmann 2018 (doi:10.1109/TMI.2017.2769839): a dilated network over three planes finds and names
/// calcium, and a second one drops its false positives.
package final class Lessmann: NetworkMethod {
  package static let word = "lessmann"
  package static let source = "Lessmann 2018, doi:10.1109/TMI.2017.2769839"
  /// The classes of the publication beside the background.
  static let published = ["LAD", "LCX", "RCA", "aorta", "aortic valve", "mitral valve"]

  let detector: LessmannDetector
  let verifier: LessmannVerifier
  let device: Device
  package let parts: [any NetworkPart]

  /// A class for each label; the left main counts as the left anterior descending artery, as published.
  package static func classes(of labels: [(name: String, value: Int)]) throws -> ScanClasses {
    try ScanClasses(labels, joined: ["lm": "lad"], published: published)
  }

  package init(_ classes: ScanClasses, seed: UInt64, on device: Device) throws {
    detector = try LessmannDetector(classes: classes.count, seed: seed, on: device)
    verifier = try LessmannVerifier(seed: seed, on: device)
    self.device = device
    parts = [
      DetectorTraining(detector, on: device),
      VerifierTraining(verifier, after: detector, on: device),
    ]
  }

  package static func segment(
    _ ct: Volume<Int16>, with networks: [Lessmann], progress: (Double) throws -> Void
  ) throws -> [UInt8] {
    let scan = SlabScan(ct)
    let voxels = LesionRules.candidates(of: ct, on: scan.grid)
    let marked = try mark(voxels, of: scan, with: networks.map(\.detector), networks[0].device) {
      try progress(0.9 * $0)
    }
    let places = voxels.indices.filter { marked[$0] != 0 }
    let kept = try verify(
      places.map { voxels[$0] }, of: scan, with: networks.map(\.verifier), networks[0].device)
    var classes = [UInt8](repeating: 0, count: scan.hu.count)
    for (place, isKept) in zip(places, kept) where isKept {
      classes[Int(voxels[place])] = marked[place]
    }
    try progress(1)
    return LesionRules.lesions(in: ct, marks: classes, on: scan.grid)
  }

  /// The class of each voxel by the mean of the first networks' probabilities, without lone voxels.
  static func mark(
    _ voxels: [Int32], of scan: SlabScan, with detectors: [LessmannDetector], _ device: Device,
    progress: (Double) throws -> Void = { _ in }
  ) throws -> [UInt8] {
    guard let classes = detectors.first?.classes, !voxels.isEmpty else { return [] }
    var sum = [Float](repeating: 0, count: voxels.count * classes)
    for (i, detector) in detectors.enumerated() {
      let found = try DetectorScan(detector, on: device).probabilities(of: voxels, in: scan) {
        try progress((Double(i) + $0) / Double(detectors.count))
      }
      for j in sum.indices { sum[j] += found[j] }
    }
    let best = voxels.indices.map { i in
      let own = sum[i * classes..<(i + 1) * classes]
      return UInt8(own.indices.max { own[$0] < own[$1] }.map { $0 - own.startIndex } ?? 0)
    }
    return LesionRules.withoutLoneVoxels(best, at: voxels, on: scan.grid)
  }

  /// Whether each voxel is calcium by the mean of the second networks' probabilities.
  static func verify(
    _ voxels: [Int32], of scan: SlabScan, with verifiers: [LessmannVerifier], _ device: Device
  ) throws -> [Bool] {
    let size = 64
    var kept: [Bool] = []
    try withInferenceMode {
      for start in stride(from: 0, to: voxels.count, by: size) {
        let batch = voxels[start..<min(start + size, voxels.count)]
        let planes = try Orientation.allCases.map { orientation in
          var pixels: [Float] = []
          for voxel in batch {
            scan.cut(
              orientation, around: Int(voxel), edge: LessmannVerifier.edge, window: .verifier,
              into: &pixels)
          }
          let edge = LessmannVerifier.edge
          return try Tensor(pixels, shape: [batch.count, 1, edge, edge]).to(device)
        }
        var sum = [Float](repeating: 0, count: batch.count)
        for verifier in verifiers {
          var none = Dropout.none
          let found = try verifier.logits(planes, isTraining: false, dropout: &none).softmax(1)
            .narrowed(1, from: 1, length: 1).floats()
          for i in sum.indices { sum[i] += found[i] }
        }
        kept += sum.map { $0 > 0.5 * Float(verifiers.count) }
      }
    }
    return kept
  }
}
