// SPDX-License-Identifier: Apache-2.0
package import Foundation
package import Stages
import Torch
package import Volume
import Workflow

/// Predicts the arteries' calcium with a model of several stages.
///
/// ```swift
/// let predictor = try StagedPredictor(model: folder, device: "auto")
/// let mask = try predictor.labels(of: ct, named: "study 12")
/// ```
package final class StagedPredictor: MaskPredictor {
  /// The name of the localiser's weights in a folder.
  package static let localiserName = "localiser.safetensors"
  /// The name of the classifier's weights in a folder; a model without them goes by place alone.
  package static let classifierName = "classifier.safetensors"

  /// Which model it is.
  package let identity: ModelIdentity
  /// Notes to show before a long prediction, one sentence each.
  package let notes: [String]
  /// The labels are 1 LM, 2 LAD, 3 LCX, 4 RCA.
  package let predictsArteries = true
  /// Nothing to say about how the networks are computed.
  package let inferenceNotes: [String] = []
  private let model: StagedModel
  private let uncertainty: UncertaintyEffort
  private let calibration: UncertaintyCalibration?

  /// Whether a folder or a file holds a model of several stages.
  package static func canOpen(_ url: URL) -> Bool { StagedModelSource.canOpen(url) }

  /// Refuses what only networks of nnU-Net can do, rather than to do without and say nothing.
  ///
  /// - Throws: `WorkflowError` that names the first such option of the request.
  static func requirePossible(_ request: PredictionRequest, with url: URL) throws {
    let usual = PredictionRequest()
    for (isGiven, option) in [
      (request.probabilities, "--probabilities"), (request.folds != nil, "--folds"),
      (request.previousStage != nil, "--previous-stage"),
      (request.postProcessing != nil, "--postprocessing"),
      (request.mirroring != usual.mirroring, "--no-mirroring"),
      (request.step != usual.step, "--step"),
      (
        request.inference != usual.inference || request.requiresMirroring,
        "--fast, --engine, --precision, --skip-empty or --mirror-candidates"
      ),
    ] where isGiven {
      throw WorkflowError(.invalid, "\(url.path): a model of stages has no \(option); leave it out")
    }
  }

  /// Opens a model.
  ///
  /// - Parameters:
  ///   - url: a folder with the weights of its stages, one file of `cac model export`, or the
  ///     localiser's weights alone.
  ///   - device: the name of the device to compute on.
  ///   - uncertainty: how often each candidate is looked at.
  /// - Throws: an error of the file that cannot be read.
  package init(
    model url: URL, device name: String, uncertainty: UncertaintyEffort = .quick
  ) throws {
    let source = try StagedModelSource(url)
    let device = try Device.available(named: name)
    identity = source.identity
    self.uncertainty = uncertainty
    calibration = try source.calibration()
    model = StagedModel(
      localiser: try source.localiser(on: device), classifier: try source.classifier(on: device),
      rules: source.rules)
    notes =
      model.classifier == nil
      ? [
        "\(url.path): without a classifier the place alone decides, so that calcified cartilage, "
          + "the aortic root or a moving heart may be scored; look at what was found"
      ] : []
  }

  /// The label map of an axial CT in HU, on its grid.
  package func labels(
    of ct: Volume<Int16>, named name: String, progress: (Double) -> Void
  ) throws -> Volume<UInt8> {
    let labels = try segmentation(of: ct).labels
    progress(1)
    return labels
  }

  /// The label map with what else was found; a scan without a heart is refused.
  package func prediction(
    of ct: Volume<Int16>, named name: String, progress: (Double) -> Void
  ) throws -> MaskPrediction {
    let copies = (0..<uncertainty.noisyCopies).map {
      NoisyScan.copy(ct, number: $0, deviation: UncertaintyEffort.noise)
    }
    let segmentation = try model.segmentation(
      of: ct, copies: copies, asksEverywhere: uncertainty == .full)
    progress(1)
    let findings = try findings(segmentation, of: ct)
    return MaskPrediction(
      labels: segmentation.labels, findings: findings,
      candidates: uncertainty == .off ? nil : findings.weighed, calibration: calibration)
  }

  /// What was found beside the label map; throws where there is no heart.
  func findings(
    _ segmentation: StagedSegmentation, of ct: Volume<Int16>
  ) throws -> StagedFindings {
    try StagedFindings(
      segmentation, of: ct, hasClassifier: model.classifier != nil, rules: model.rules)
  }

  /// The candidates of a scan, and what the classifier is shown of them.
  package func look(
    at ct: Volume<Int16>
  ) throws -> (model: StagedModel, candidates: [StageCandidate], views: CandidateViews) {
    let found = try model.segmentation(of: ct)
    return (model, found.candidates, model.views(of: ct, found))
  }

  /// The rules between the stages.
  var rules: StageRules { model.rules }

  /// What the localiser says.
  var design: LocaliserDesign { model.localiser.design }

  /// What each stage said of a scan.
  func segmentation(of ct: Volume<Int16>) throws -> StagedSegmentation {
    try model.segmentation(of: ct)
  }
}
