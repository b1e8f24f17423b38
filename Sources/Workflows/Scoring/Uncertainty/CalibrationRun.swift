// SPDX-License-Identifier: Apache-2.0
import Agatston
import DICOM
package import Foundation
package import Segmentation
import Statistics
import Studies
import Volume
package import Workflow

/// Calibrates a model's probabilities on scans with reference masks that its training never saw, or checks
/// a calibration on such scans.
///
/// Every second scan fits the temperature, the others the margin of the ranges, so that the margin is one
/// of probabilities that were not fitted on its own scans.
package struct CalibrationRun: Sendable {
  private let model: URL
  private let scans: URL
  private let masks: URL
  private var request: PredictionRequest

  /// The share of a candidate's voxels from which the reference takes it for calcium.
  private static let least = 0.4

  /// A run.
  ///
  /// - Parameters:
  ///   - model: a model of either kind that gives probabilities.
  ///   - scans: as for a scoring.
  ///   - masks: the reference mask of each scan.
  ///   - request: how the model predicts.
  package init(model: URL, scans: URL, masks: URL, _ request: PredictionRequest) {
    (self.model, self.scans, self.masks, self.request) = (model, scans, masks, request)
    if request.uncertainty == .off { self.request.uncertainty = .quick }
  }

  /// One scan with its reference.
  struct Case {
    let name: String
    let truth: Double
    let score: CalciumScore
    let parts: [ScoreUncertainty.Part]
    /// Whether each part is calcium of an artery.
    let isCalcium: [Bool]
    let calibration: UncertaintyCalibration?
    let sliceCount: Int
  }

  /// Fits a calibration, and says what its ranges hold.
  ///
  /// - Throws: `WorkflowError` where there are too few scans, or no probabilities.
  package func fit(progress: @escaping ProgressHandler) throws -> UncertaintyCalibration {
    let (cases, _) = try cases(progress)
    let first = cases.indices.filter { $0 % 2 == 0 }.map { cases[$0] }
    let second = cases.indices.filter { $0 % 2 == 1 }.map { cases[$0] }
    let outcomes = first.flatMap { study in
      zip(study.parts, study.isCalcium).flatMap { part, isCalcium in
        part.candidate.chances.map { (probability: $0, happened: isCalcium) }
      }
    }
    func refuse(_ error: StatisticsError) -> WorkflowError {
      WorkflowError(
        .invalid, "\(scans.path): cannot calibrate with \(cases.count) scans: \(error.detail)")
    }
    let temperature: Double
    let bound: Double
    do {
      temperature = try Temperature.fitted(to: outcomes)
      let calibration = calibration(temperature, nil, cases.count, 0)
      bound = try SplitConformal.bound(
        second.map {
          ScoreRange.margin(
            toHold: $0.truth, ScoreUncertainty.sum($0.parts, calibration), score: $0.score.agatston)
        }, level: ScoreRange.level)
    } catch { throw refuse(error) }
    return calibration(
      temperature, bound.isFinite ? max(0, bound) : nil, cases.count,
      first.reduce(0) { $0 + $1.parts.count })
  }

  /// Says what the ranges of a model's calibration, or without one, hold of these scans.
  package func check(
    progress: @escaping ProgressHandler
  ) throws -> (coverage: CalibrationCoverage, leftOut: [LeftOut]) {
    let (cases, leftOut) = try cases(progress)
    return (try CalibrationCoverage(cases), leftOut)
  }

  private func calibration(
    _ temperature: Double, _ margin: Double?, _ scans: Int, _ candidates: Int
  ) -> UncertaintyCalibration {
    UncertaintyCalibration(
      temperature: temperature, margin: margin, level: ScoreRange.level, scans: scans,
      candidates: candidates)
  }

  /// The scans that could be scored, and those that could not.
  private func cases(_ progress: @escaping ProgressHandler) throws -> ([Case], [LeftOut]) {
    let found = try ScanSearch(scans).scans
    let references = try ScoringMasks(masks, scans: found)
    let predictor = try maskPredictor(model: model, request)
    var (cases, leftOut) = ([Case](), [LeftOut]())
    for (index, scan) in found.enumerated() {
      try Task.checkCancellation()
      progress(WorkProgress("calibrate", done: index, of: found.count, detail: scan.id))
      do {
        let loaded = try scan.load(DICOMInput(), listing: { _ in })
        let reference = try references.mask(for: scan.id, on: loaded.ct.geometry)
        let prediction = try predictor.prediction(of: loaded.ct, named: scan.id) { _ in }
        guard let candidates = prediction.candidates else {
          throw WorkflowError(
            .refused, "\(model.path): gives no probabilities of candidates to calibrate")
        }
        let options = ScoringOptions(
          labels: predictor.predictsArteries ? .arteries : .calcium,
          kilovoltage: loaded.acquisition?.kilovolts,
          sliceThickness: loaded.acquisition?.sliceThickness)
        var plain = options
        plain.labels = .calcium
        let scorer = CandidateScorer(loaded.ct, convention: .agatston, options: plain)
        let parts = try ScoreUncertainty.parts(candidates, scorer)
        cases.append(
          Case(
            name: scan.id,
            truth: try Agatston.score(ct: loaded.ct, mask: reference, options: plain).agatston,
            score: try Agatston.score(ct: loaded.ct, mask: prediction.labels, options: options),
            parts: parts,
            isCalcium: parts.map { part in
              let voxels = part.candidate.voxels
              let marked = voxels.count { reference.voxels[$0] != 0 }
              return Double(marked) >= Self.least * Double(voxels.count)
            }, calibration: prediction.calibration, sliceCount: loaded.ct.extent.sliceCount))
      } catch let error as WorkflowError where error.code == .refused {
        throw error
      } catch {
        leftOut.append(LeftOut(subject: scan.id, reason: "\(error)"))
      }
    }
    progress(WorkProgress("calibrate", done: found.count, of: found.count, detail: "done"))
    guard !cases.isEmpty else {
      throw WorkflowError(
        .nothingDone,
        "\(scans.path): nothing could be scored; \(leftOut.first?.description ?? "no scan found")")
    }
    return (cases, leftOut)
  }
}
