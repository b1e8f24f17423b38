// SPDX-License-Identifier: Apache-2.0
import Foundation
import Learning
import NNUNet
import Torch
import Volume
import Workflow

/// Segments one case after the other with the networks of a model, which are loaded once.
final class CasePredictor {
  /// The model.
  let model: Model
  private let predictor: Predictor
  private let preprocessor: Preprocessor
  private let export: Export
  private let previous: PreviousStage?
  private let remarks: InferenceRemarks?
  private let inference: InferenceOptions
  private let networks: Int
  private let onProcessor: Bool
  private let mostMemory: Double?
  private let step: Double

  /// What is predicted of one case.
  struct Prediction {
    let labels: LabelMap
    /// One volume for each class, where they were asked for.
    let probabilities: [Volume<Float>]?
    let properties: CaseProperties
  }

  /// Loads the networks of some folds; a cascade needs its previous stage.
  ///
  /// `remarks` learns how they are computed and what is spared.
  init(
    _ model: Model, folds: [String], options: PredictionRun.Options, previous: PreviousStage?,
    remarks: InferenceRemarks? = nil
  ) throws {
    self.model = model
    self.remarks = remarks
    var inference = options.inference
    self.previous = previous
    let device = try Device.available(named: options.device)
    networks = folds.count
    onProcessor = device == .cpu
    mostMemory = options.mostMemory
    var settings = PredictionOptions()
    settings.mirroring = options.mirroring
    step = options.step
    settings.step = step
    settings.inference = options.inference
    let trained = try folds.map { fold in
      defer { TorchRuntime.releaseFreedMemory() }
      return try model.trained(fold, on: device)
    }
    // The first fold's axes are those of all, as in nnU-Net.
    let axes = trained.first?.mirroringAxes ?? []
    try model.requireMirroring(along: axes, for: options)
    if axes.isEmpty || !options.mirroring { inference.undecided = nil }
    self.inference = inference
    predictor = try Predictor(
      networks: trained.map(\.network), configuration: model.configuration, mirroringAxes: axes,
      options: settings, device: device)
    preprocessor = try Preprocessor(
      plans: model.plans, configuration: model.configurationName, labels: model.dataset.labels)
    export = try Export(
      plans: model.plans, configuration: model.configurationName, labels: model.dataset.labels)
  }

  /// Segments a case, after its previous stage where there is one.
  func predict(
    _ raw: consuming RawCase, probabilities: Bool = false, progress: (Double) -> Void = { _ in }
  ) throws -> Prediction {
    try requireMemory(for: raw, probabilities: probabilities)
    let share = previous?.share ?? 0
    let needsSpots = inference.skipsEmptyWindows || inference.undecided != nil
    let ct = needsSpots ? model.ctChannel.map { raw.channels[$0] } : nil
    let one = try preprocessed(raw, progress: { progress($0 * share) })
    let spots = try ct.map {
      try CandidateSpots(
        $0, as: one, transpose: model.plans.transposeForward, for: inference)
    }
    TorchRuntime.releaseFreedMemory()
    let labels = model.dataset.labels
    let logits = try predictor.halfLogits(
      of: one, filter: spots?.filter(labels),
      mirroring: inference.undecided.flatMap {
        spots?.undecided(labels, within: $0) { [export] in
          try export.resampled(logits: $0, shape: one.shape, properties: one.properties)
        }
      }
    ) {
      progress(share + Double($0) / Double($1) * (1 - share))
    }
    remarks?.note(isPacked: predictor.isPacked, windows: windowCount, inference)
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

  /// The windows so far, those of the previous stage among them.
  private var windowCount: WindowCount {
    var sum = predictor.windowCount
    if case .model(let first) = previous { sum += first.windowCount }
    return sum
  }

  /// Throws before anything is begun that would end for lack of memory.
  private func requireMemory(for raw: borrowing RawCase, probabilities: Bool) throws {
    let order = model.plans.transposeForward
    let (shape, spacing) = (raw.shape, raw.spacing)
    let (turned, distance) = (order.map { shape[$0] }, order.map { spacing[$0] })
    try PredictionMemory(
      shape: turned,
      networkShape: Resampler.newShape(
        of: turned, spacing: distance, newSpacing: preprocessor.targetSpacing(for: distance)),
      channels: raw.channels.count, configuration: model.configuration,
      labels: model.dataset.labels, networks: networks, probabilities: probabilities,
      onProcessor: onProcessor, keptWindowStep: inference.undecided == nil ? nil : step
    ).require(available: mostMemory ?? Double(Machine.availableMemory))
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
