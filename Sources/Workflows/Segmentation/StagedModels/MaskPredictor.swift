// SPDX-License-Identifier: Apache-2.0
package import Foundation
package import Volume

/// What makes the masks of scans: a model of nnU-Net's kind, or one of several stages.
package protocol MaskPredictor {
  /// Which model it is.
  var identity: ModelIdentity { get }
  /// Notes to show before a long prediction, one sentence each.
  var notes: [String] { get }
  /// Whether the labels are 1 LM, 2 LAD, 3 LCX, 4 RCA.
  var predictsArteries: Bool { get }
  /// How the networks were computed and what was left out, one sentence each; empty before the
  /// first CT.
  var inferenceNotes: [String] { get }

  /// The label map of a CT in HU, on its grid.
  ///
  /// - Parameters:
  ///   - ct: The CT in Hounsfield units.
  ///   - name: What the study is called in errors.
  ///   - progress: Told the share that is done, from 0 to 1.
  func labels(
    of ct: Volume<Int16>, named name: String, progress: (Double) -> Void
  ) throws -> Volume<UInt8>

  /// The label map with all else that the model says of the scan.
  ///
  /// - Throws: `WorkflowError` where the scan is none that the model can score, as the head.
  func prediction(
    of ct: Volume<Int16>, named name: String, progress: (Double) -> Void
  ) throws -> MaskPrediction
}

/// What a model made of a scan.
package struct MaskPrediction: Sendable {
  /// The label map, on the scan's grid.
  package let labels: Volume<UInt8>
  /// What a model of several stages found; `nil` from others.
  package let findings: StagedFindings?
  /// What may be coronary calcium, with probabilities; `nil` where none were asked for, or from a model
  /// without any.
  package let candidates: [WeighedCandidate]?
  /// How surely these probabilities are right; `nil` from a model that was never calibrated.
  package let calibration: UncertaintyCalibration?

  /// A prediction.
  package init(
    labels: Volume<UInt8>, findings: StagedFindings? = nil, candidates: [WeighedCandidate]? = nil,
    calibration: UncertaintyCalibration? = nil
  ) {
    self.labels = labels
    self.findings = findings
    self.candidates = candidates
    self.calibration = calibration
  }
}

extension MaskPredictor {
  /// The label map alone.
  package func prediction(
    of ct: Volume<Int16>, named name: String, progress: (Double) -> Void
  ) throws -> MaskPrediction {
    MaskPrediction(labels: try labels(of: ct, named: name, progress: progress))
  }
}

/// Opens a model of either kind.
///
/// - Throws: `WorkflowError` and others where it cannot be opened.
package func maskPredictor(
  model url: URL, _ request: PredictionRequest
) throws -> any MaskPredictor {
  if StagedPredictor.canOpen(url) {
    try StagedPredictor.requirePossible(request, with: url)
    return try StagedPredictor(
      model: url, device: request.device, uncertainty: request.uncertainty)
  }
  return try VolumePredictor(model: url, request)
}
