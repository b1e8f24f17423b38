// SPDX-License-Identifier: Apache-2.0
import Agatston
import DICOM
import Files
import Foundation
import Learning
import NNUNet
import Scoring
import Segmentation
import Studies
import Volume
import Workflow

/// Scores changed copies of one scan with one model.
final class StudyScorer {
  /// The scan.
  let ct: Volume<Int16>
  /// What the model makes of the scan itself.
  let mask: Volume<UInt8>
  /// The score of the scan itself.
  let score: CalciumScore
  /// Whether the model tells arteries apart.
  let hasArteries: Bool
  /// How sure the score is; `nil` from a model without probabilities.
  let uncertainty: ScoreUncertainty?
  /// Which model it is.
  let model: String
  private let predictor: any MaskPredictor
  private let options: ScoringOptions
  private let convention: Convention
  private let log: ScoreLog
  private let goesBySlice: Bool

  /// A scorer of a scan, which is scored itself first.
  init(
    _ scan: Scan.Loaded, predictor: any MaskPredictor, convention: Convention, goesBySlice: Bool,
    log: ScoreLog,
    progress: (Double) -> Void
  ) throws {
    self.predictor = predictor
    self.goesBySlice = goesBySlice
    self.convention = convention
    self.log = log
    ct = scan.ct
    hasArteries = predictor.predictsArteries
    model = "\(predictor.identity)"
    options = ScoringOptions(
      labels: predictor.predictsArteries ? .arteries : .calcium,
      kilovoltage: scan.acquisition?.kilovolts,
      sliceThickness: scan.acquisition?.sliceThickness)
    let prediction = try predictor.prediction(of: scan.ct, named: "study", progress: progress)
    mask = prediction.labels
    score = try Agatston.score(
      ct: scan.ct, mask: mask, convention: convention, options: options)
    uncertainty = try ScoreUncertainty(
      prediction, score: score,
      scorer: CandidateScorer(scan.ct, convention: convention, options: options))
  }

  /// Scores candidates of the scan one by one.
  var candidateScorer: CandidateScorer {
    CandidateScorer(ct, convention: convention, options: options)
  }

  /// The points of a target in a changed copy of the scan.
  ///
  /// - Parameters:
  ///   - key: names the change, for the log.
  ///   - slices: the slices that changed. A network in 2D predicts these alone; the others stay as
  ///     they are.
  ///   - change: makes the copy.
  func points(
    _ key: String, of target: ExplainTarget, slices: Range<Int>? = nil,
    _ change: () throws -> Volume<Int16>
  ) throws -> Double {
    try Task.checkCancellation()
    if StopSignal.isAsked { throw WorkflowError(.stopped, Self.stopped) }
    let parts = try log.parts(key) {
      let changed = try change()
      let mask = try labels(of: changed, slices)
      return Self.parts(
        try Agatston.score(ct: changed, mask: mask, convention: convention, options: options))
    }
    return Self.value(parts, target)
  }

  /// The HU from which a voxel counts; `nil` where any of the mask does.
  var threshold: Int? { score.convention.threshold }

  /// The points of a target in the scan itself.
  func points(of target: ExplainTarget) -> Double { Self.value(Self.parts(score), target) }

  static let stopped = "stopped; the same command goes on where it was"

  private func labels(of changed: Volume<Int16>, _ slices: Range<Int>?) throws -> Volume<UInt8> {
    guard let slices, goesBySlice, slices.count < ct.extent.slices else {
      // The label map alone: a changed scan is not refused for what else is found in it.
      return try predictor.labels(of: changed, named: "study") { _ in }
    }
    var geometry = ct.geometry
    geometry.extent.slices = slices.count
    geometry.origin = geometry.position(ofVoxel: [0, 0, Double(slices.lowerBound)])
    let n = ct.extent.sliceCount
    let range = slices.lowerBound * n..<slices.upperBound * n
    let slab = Volume(geometry: geometry, voxels: Array(changed.voxels[range]))
    var whole = mask
    whole.voxels.replaceSubrange(
      range, with: try predictor.labels(of: slab, named: "study") { _ in }.voxels)
    return whole
  }

  private static func parts(_ score: CalciumScore) -> [String: Double] {
    var parts = ["total": score.agatston]
    for (artery, part) in score.arteries ?? [:] { parts[artery.abbreviation] = part.agatston }
    return parts
  }

  private static func value(_ parts: [String: Double], _ target: ExplainTarget) -> Double {
    if case .artery(let artery) = target { return parts[artery.abbreviation] ?? 0 }
    return parts["total"] ?? 0
  }
}
