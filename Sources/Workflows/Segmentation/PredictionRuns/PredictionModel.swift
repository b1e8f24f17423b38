// SPDX-License-Identifier: Apache-2.0
import Foundation
import Learning
import NNUNet
import Workflow

/// A model with the folds and the previous stage that a request asks for, before networks are
/// loaded.
struct PredictionModel: Sendable {
  /// The model.
  let model: Model
  /// What the networks are, where they are others than nnU-Net's.
  private let card: NetworkCard?
  private let folds: [String]
  private let previous: PreviousStage.Source?
  private let request: PredictionRequest

  /// Opens a model, which is a folder or a file.
  ///
  /// - Throws: `WorkflowError` where a fold has no weights, a cascade no previous stage, or the
  ///   request chooses windows by HU and the model takes no CT.
  init(at url: URL, _ request: PredictionRequest) throws {
    model = try Model(at: url)
    card = try model.networkCard()
    if let card, request.probabilities {
      throw WorkflowError(
        .invalid,
        "\(url.path): \(card.network) gives no probabilities of voxels; leave out --probabilities")
    }
    try model.requireCandidates(for: request.inference)
    folds = try Self.folds(of: model, request)
    previous = try PreviousStage.Source(of: model, request: request)
    self.request = request
  }

  /// The folds that are averaged, all of which have weights.
  static func folds(of model: Model, _ request: PredictionRequest) throws -> [String] {
    let folds = try request.folds ?? model.defaultFolds()
    for fold in folds { _ = try model.weights(ofFold: fold) }
    guard !folds.isEmpty else {
      throw WorkflowError(
        .missing,
        "\(model.folder.path): no fold has weights (\(Model.checkpoints[0])); train one first")
    }
    return folds
  }

  /// Notes to show before a long prediction, one sentence each: whether a previous stage goes
  /// first.
  var notes: [String] {
    if let card {
      return [
        "\(card.network) is computed at voxels of at least 130 HU alone; --step, --no-mirroring and "
          + "the ways to leave out windows do not apply to it"
      ]
    }
    guard case .model(let earlier, let folds) = previous else { return [] }
    return [
      "\(model.name.configuration) refines \(earlier.name.configuration), which is predicted first "
        + "with fold \(folds.joined(separator: ", ")) of \(earlier.folder.path)"
    ]
  }

  /// Loads the networks, and those of the previous stage.
  func predictor(_ notes: InferenceNotes) throws -> any CaseSegmenter {
    if card != nil { return try MethodPredictor(model, folds: folds, device: request.device) }
    return try CasePredictor(
      model, folds: folds, request, previous: previous?.opened(request), notes: notes)
  }
}
