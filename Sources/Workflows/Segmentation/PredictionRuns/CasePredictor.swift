// SPDX-License-Identifier: Apache-2.0
import Concurrency
import Files
import Foundation
import Learning
import NNUNet
import Torch
import Volume
import Workflow

/// Segments one case after the other.
protocol CaseSegmenter: AnyObject {
  /// Segments a case.
  ///
  /// - Parameters:
  ///   - raw: The channels of the case.
  ///   - ct: The CT channel in HU where the caller has it as such, on the grid of `raw`.
  ///   - probabilities: Whether the classes' probabilities are returned, too.
  ///   - progress: Told the share that is done, from 0 to 1.
  func predict(
    _ raw: consuming RawCase, ct: Volume<Int16>?, probabilities: Bool, progress: (Double) -> Void
  ) throws -> CasePredictor.Prediction
}

/// Segments one case after the other with the networks of a model, which are loaded once.
final class CasePredictor: CaseSegmenter {
  /// The model.
  let model: Model
  private let predictor: Predictor
  private let preprocessor: Preprocessor
  private let export: Export
  private let previous: PreviousStage?
  private let notes: InferenceNotes?
  private let inference: InferenceOptions
  private let networkCount: Int
  private let isOnProcessor: Bool
  private let mostMemory: Double?
  private let step: Double

  /// What is predicted of one case.
  struct Prediction {
    /// The labels on the grid of the image.
    let labels: LabelMap
    /// One volume for each class, where they were asked for.
    let probabilities: [Volume<Float>]?
    /// What preprocessing did to the image, which nnU-Net keeps beside probabilities.
    let properties: CaseProperties
  }

  /// Loads the networks of some folds; a cascade needs its previous stage.
  ///
  /// `notes` is told after each case how it was computed.
  init(
    _ model: Model, folds: [String], _ request: PredictionRequest, previous: PreviousStage?,
    notes: InferenceNotes? = nil
  ) throws {
    self.model = model
    self.notes = notes
    var inference = request.inference
    self.previous = previous
    let device = try Device.available(named: request.device)
    networkCount = folds.count
    isOnProcessor = device == .cpu
    mostMemory = request.mostMemory
    var settings = PredictionOptions()
    settings.mirroring = request.mirroring
    step = request.step
    settings.step = step
    settings.inference = request.inference
    let trained = try folds.map { fold in
      defer { TorchRuntime.releaseFreedMemory() }
      return try model.trained(fold, on: device)
    }
    // The first fold's axes are those of all, as in nnU-Net.
    let axes = trained.first?.mirroringAxes ?? []
    try model.requireMirroring(along: axes, for: request)
    if axes.isEmpty || !request.mirroring { inference.undecided = nil }
    self.inference = inference
    predictor = try Predictor(
      networks: trained.map(\.network), configuration: model.configuration, mirroringAxes: axes,
      options: settings, device: device)
    preprocessor = try Preprocessor(
      plans: model.plans, configuration: model.name.configuration, labels: model.dataset.labels)
    export = try Export(
      plans: model.plans, configuration: model.name.configuration, labels: model.dataset.labels)
  }

  /// Segments a case, after its previous stage where there is one.
  ///
  /// - Parameters:
  ///   - raw: The channels of the case.
  ///   - ct: The CT channel in HU where the caller has it as such, on the grid of `raw`; else it is
  ///     rounded from the channel, if windows are chosen by it.
  ///   - probabilities: Whether the classes' probabilities are returned, too.
  ///   - progress: Told the share that is done, from 0 to 1.
  /// - Throws: `WorkflowError` where the case would take more memory than there is.
  func predict(
    _ raw: consuming RawCase, ct: Volume<Int16>? = nil, probabilities: Bool = false,
    progress: (Double) -> Void = { _ in }
  ) throws -> Prediction {
    try requireMemory(for: raw, probabilities: probabilities)
    let share = previous?.share ?? 0
    let hounsfield = hounsfield(of: raw, given: ct)
    let preprocessed = try preprocessed(raw, ct: ct, progress: { progress($0 * share) })
    let regions = try hounsfield.map {
      try CandidateRegions(
        $0, as: preprocessed, transpose: model.plans.transposeForward, for: inference)
    }
    TorchRuntime.releaseFreedMemory()
    let labels = model.dataset.labels
    let (shape, properties) = (preprocessed.shape, preprocessed.properties)
    let logits = try predictor.logits(
      of: preprocessed, filter: regions?.filter(labels),
      mirroring: inference.undecided.flatMap {
        regions?.undecided(labels, within: $0) { [export] in
          try export.resampled(logits: $0, shape: shape, properties: properties)
        }
      }
    ) {
      progress(share + Double($0) / Double($1) * (1 - share))
    }
    notes?.update(isPacked: predictor.isPacked, windows: windowCount, options: inference)
    guard probabilities else {
      let labels = try export.labels(logits: logits, shape: shape, properties: properties)
      return Prediction(labels: labels, probabilities: nil, properties: properties)
    }
    let volumes = try export.probabilities(logits: logits, shape: shape, properties: properties)
    return Prediction(
      labels: try export.labels.map(probabilities: volumes), probabilities: volumes,
      properties: properties)
  }

  /// The CT in HU, where windows are chosen by it and the model takes one; fractions are rounded
  /// and values that int16 does not hold are cut off.
  private func hounsfield(of raw: borrowing RawCase, given ct: Volume<Int16>?) -> Volume<Int16>? {
    guard inference.skipsEmptyWindows || inference.undecided != nil,
      let channel = model.ctChannel
    else { return nil }
    if let ct { return ct }
    return raw.channels[channel].map { Int16(max(-32768, min(32767, $0.rounded()))) }
  }

  /// The number of windows so far, with those of the previous stage.
  private var windowCount: WindowCount {
    var sum = predictor.windowCount
    if case .model(let first) = previous { sum += first.windowCount }
    return sum
  }

  /// Throws, before any work, where a case would end for lack of memory.
  private func requireMemory(for raw: borrowing RawCase, probabilities: Bool) throws {
    let order = model.plans.transposeForward
    let (shape, spacing) = (raw.shape, raw.spacing)
    let (turned, distance) = (order.map { shape[$0] }, order.map { spacing[$0] })
    try PredictionMemory(
      shape: turned,
      networkShape: Resampler.newShape(
        of: turned, spacing: distance,
        newSpacing: preprocessor.configuration.targetSpacing(for: distance)),
      channels: raw.channels.count, configuration: model.configuration,
      labels: model.dataset.labels, networks: networkCount, probabilities: probabilities,
      onProcessor: isOnProcessor, keptWindowStep: inference.undecided == nil ? nil : step
    ).require(available: mostMemory ?? Double(Machine.availableMemory))
  }

  /// Preprocesses a case; that of a cascade gets a mask channel for each label of its previous
  /// stage.
  private func preprocessed(
    _ raw: consuming RawCase, ct: Volume<Int16>?, progress: (Double) -> Void
  ) throws -> PreprocessedCase {
    guard let previous else { return try preprocessor.preprocess(raw) }
    // The labels are turned, cropped and resampled with the image, so that they lie on its grid.
    let labels = try previous.labels(of: raw, ct: ct, progress: progress)
    let both = try RawCase(name: raw.name, channels: raw.channels, labels: labels)
    return try preprocessor.preprocess(both, locatesClasses: false)
      .appendingMasks(of: model.dataset.labels.foregroundLabels)
  }
}
