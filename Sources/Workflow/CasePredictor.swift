// SPDX-License-Identifier: Apache-2.0
import Foundation
import Learning
import NNUNet
import Torch
import Volume

/// Segments one case after the other with the networks of a model, which are loaded once.
final class CasePredictor {
  /// The model.
  let model: Model
  private let predictor: Predictor
  private let preprocessor: Preprocessor
  private let export: Export
  private let previous: PreviousStage?

  /// What is predicted of one case.
  struct Prediction {
    let labels: LabelMap
    /// One volume for each class, where they were asked for.
    let probabilities: [Volume<Float>]?
    let properties: CaseProperties
  }

  /// Loads the networks of some folds; a cascade needs its previous stage.
  init(
    _ model: Model, folds: [String], options: PredictionRun.Options, previous: PreviousStage?
  ) throws {
    self.model = model
    self.previous = previous
    let device = try options.device.device()
    var settings = PredictionOptions()
    settings.mirroring = options.mirroring
    settings.step = options.step
    let trained = try folds.map { try model.trained($0, on: device) }
    // The first fold's axes are those of all, as in nnU-Net.
    predictor = try Predictor(
      networks: trained.map(\.network), configuration: model.configuration,
      mirroringAxes: trained.first?.mirroringAxes, options: settings, device: device)
    preprocessor = try Preprocessor(
      plans: model.plans, configuration: model.configurationName, labels: model.dataset.labels)
    export = try Export(
      plans: model.plans, configuration: model.configurationName, labels: model.dataset.labels)
  }

  /// Segments a case, after its previous stage where there is one.
  func predict(
    _ raw: consuming RawCase, probabilities: Bool = false, progress: (Double) -> Void = { _ in }
  ) throws -> Prediction {
    let share = previous?.share ?? 0
    let one = try preprocessed(raw, progress: { progress($0 * share) })
    let logits = try predictor.halfLogits(of: one) {
      progress(share + Double($0) / Double($1) * (1 - share))
    }
    guard probabilities else {
      let labels = try export.labels(
        logits: logits, shape: one.shape, properties: one.properties)
      return Prediction(labels: labels, probabilities: nil, properties: one.properties)
    }
    let volumes = try export.probabilities(
      logits: logits, shape: one.shape, properties: one.properties)
    return Prediction(
      labels: try export.labels(probabilities: volumes), probabilities: volumes,
      properties: one.properties)
  }

  private func preprocessed(_ raw: consuming RawCase, progress: (Double) -> Void) throws
    -> PreprocessedCase
  {
    guard let previous else { return try preprocessor.preprocess(raw) }
    // The labels are turned, cropped and resampled with the image, so that they lie on its grid.
    let labels = try previous.labels(of: raw, progress: progress)
    let both = try RawCase(name: raw.name, channels: raw.channels, labels: labels)
    return try preprocessor.preprocess(both, locatesClasses: false)
      .appendingMasks(of: model.dataset.labels.foregroundLabels)
  }
}
