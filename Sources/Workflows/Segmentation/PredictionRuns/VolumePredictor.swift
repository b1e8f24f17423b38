// SPDX-License-Identifier: Apache-2.0
import Files
package import Foundation
import Learning
import NNUNet
import Text
package import Volume
import Workflow

/// Predicts the label maps of CTs that are in memory already, with networks that are loaded once.
///
/// ```swift
/// let predictor = try VolumePredictor(model: folder, PredictionRequest())
/// let mask = try predictor.labels(of: ct, named: "study 12")
/// ```
package final class VolumePredictor: MaskPredictor {
  /// Which model it is: its name, and the sum where it is one file.
  package let identity: ModelIdentity
  /// Notes to show before a long prediction, one sentence each.
  package let notes: [String]
  /// Whether the model tells the coronary arteries apart: its labels are 1 LM, 2 LAD, 3 LCX, 4 RCA.
  package let predictsArteries: Bool
  private let predictor: any CaseSegmenter
  private let inference: InferenceNotes
  private let uncertainty: UncertaintyEffort
  private let calibration: UncertaintyCalibration?

  /// Opens a model, a folder or a file, and loads its networks.
  ///
  /// - Throws: `WorkflowError` where a fold has no weights, a cascade no previous stage, or the
  ///   model takes more than one channel.
  package init(model url: URL, _ request: PredictionRequest) throws {
    let opened = try PredictionModel(at: url, request)
    let dataset = opened.model.dataset
    guard dataset.channelNames.count == 1 else {
      throw WorkflowError(
        .invalid,
        "\(opened.model.folder.path): the model takes \(counted(dataset.channelNames.count, "channel")), "
          + "a CT has one")
    }
    identity = ModelIdentity(
      name: "\(opened.model.name)",
      sha256: Folder.isFile(url) ? Digest.sha256(try FileBytes.read(url)) : nil)
    notes = opened.notes
    predictsArteries = dataset.labels.foregroundLabels == [1, 2, 3, 4]
    inference = InferenceNotes(request.inference)
    predictor = try opened.predictor(inference)
    uncertainty = request.uncertainty
    calibration = try UncertaintyCalibration(of: opened.model)
  }

  /// How the networks were computed and what was left out, one sentence each; empty before the
  /// first CT.
  package var inferenceNotes: [String] { inference.sentences }

  /// The label map of a CT in HU, on its grid.
  ///
  /// - Parameters:
  ///   - ct: The CT in Hounsfield units.
  ///   - name: What the study is called in errors, and in a folder of its previous stage's label
  ///     maps.
  ///   - progress: Told the share that is done, from 0 to 1.
  /// - Throws: `WorkflowError` where memory does not suffice or the model has more than 254 labels.
  package func labels(
    of ct: Volume<Int16>, named name: String, progress: (Double) -> Void = { _ in }
  ) throws -> Volume<UInt8> {
    let raw = try RawCase(name: name, channels: [ct.map(Float.init)])
    return try mask(
      predictor.predict(raw, ct: ct, probabilities: false, progress: progress).labels)
  }

  /// The label map with the probability of everything that may be calcium.
  package func prediction(
    of ct: Volume<Int16>, named name: String, progress: (Double) -> Void
  ) throws -> MaskPrediction {
    guard uncertainty != .off else {
      return MaskPrediction(labels: try labels(of: ct, named: name, progress: progress))
    }
    let raw = try RawCase(name: name, channels: [ct.map(Float.init)])
    let (labels, weighed) = try predictor.weighed(raw, ct: ct, uncertainty, progress: progress)
    return MaskPrediction(
      labels: try mask(labels), candidates: weighed, calibration: calibration)
  }

  private func mask(_ labels: LabelMap) throws -> Volume<UInt8> {
    switch labels {
    case .uint8(let mask): return mask
    case .uint16: throw WorkflowError(.invalid, "the model has too many labels to be arteries")
    }
  }
}
