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

  /// Segments a case that is a CT, and weighs what may be calcium in it.
  ///
  /// - Returns: the labels, and the candidates; `nil` for these where the networks give no
  ///   probabilities, or where the memory does not suffice for them.
  func weighed(
    _ raw: consuming RawCase, ct: Volume<Int16>, _ effort: UncertaintyEffort,
    progress: (Double) -> Void
  ) throws -> (labels: LabelMap, candidates: [WeighedCandidate]?)
}

extension CaseSegmenter {
  func weighed(
    _ raw: consuming RawCase, ct: Volume<Int16>, _ effort: UncertaintyEffort,
    progress: (Double) -> Void
  ) throws -> (labels: LabelMap, candidates: [WeighedCandidate]?) {
    (try predict(raw, ct: ct, probabilities: false, progress: progress).labels, nil)
  }
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
  /// A predictor of the same networks without mirrored copies.
  private let plain: () throws -> Predictor
  private let isMirrored: Bool

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
    isMirrored = request.mirroring && !axes.isEmpty
    var unmirrored = settings
    unmirrored.mirroring = false
    unmirrored.inference.undecided = nil
    plain = { [configuration = model.configuration] in
      try Predictor(
        networks: trained.map(\.network), configuration: configuration, mirroringAxes: axes,
        options: unmirrored, device: device)
    }
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
    try memory(for: raw, probabilities: probabilities).require(available: availableMemory)
    let (logits, preprocessed) = try logits(raw, ct: ct, progress: progress)
    let (shape, properties) = (preprocessed.shape, preprocessed.properties)
    guard probabilities else {
      let labels = try export.labels(logits: logits, shape: shape, properties: properties)
      return Prediction(labels: labels, probabilities: nil, properties: properties)
    }
    let volumes = try export.probabilities(logits: logits, shape: shape, properties: properties)
    return Prediction(
      labels: try export.labels.map(probabilities: volumes), probabilities: volumes,
      properties: properties)
  }

  func weighed(
    _ raw: consuming RawCase, ct: Volume<Int16>, _ effort: UncertaintyEffort,
    progress: (Double) -> Void
  ) throws -> (labels: LabelMap, candidates: [WeighedCandidate]?) {
    // The logits of each network are kept until the candidates are known.
    let kept = 2 * Double(networkCount * model.dataset.labels.outputCount * ct.voxels.count)
    let isPossible =
      memory(for: raw, probabilities: true).bytes + kept <= availableMemory
      && !model.dataset.labels.needsUInt16
    guard isPossible else {
      return (try predict(raw, ct: ct, probabilities: false, progress: progress).labels, nil)
    }
    let name = raw.name
    let rounds = Double(1 + (effort == .full ? 1 + effort.noisyCopies : 0))
    var folds: [Int: [Float16]] = [:]
    let (logits, preprocessed) = try logits(
      raw, ct: ct, onFold: { if self.networkCount > 1 { folds[$0] = $1 } },
      progress: { progress($0 / rounds) })
    let (shape, properties) = (preprocessed.shape, preprocessed.properties)
    func foreground(_ logits: [Float16]) throws -> Volume<Float> {
      let all = try export.probabilities(logits: logits, shape: shape, properties: properties)
      guard export.labels.hasRegions else { return all[0].map { 1 - $0 } }
      var largest = all[0]
      for region in all.dropFirst() {
        for i in region.voxels.indices where region.voxels[i] > largest.voxels[i] {
          largest.voxels[i] = region.voxels[i]
        }
      }
      return largest
    }
    let labels = try export.labels(logits: logits, shape: shape, properties: properties)
    guard case .uint8(let mask) = labels else { return (labels, nil) }
    var weighed = WeighedCase(
      ct, labels: mask, foreground: try foreground(logits),
      hasArteries: model.dataset.labels.foregroundLabels == [1, 2, 3, 4])
    for fold in folds.keys.sorted() { weighed.add(try foreground(folds[fold] ?? [])) }
    if effort == .full {
      let plain = try plain()
      var done = 1.0
      func add(_ input: PreprocessedCase) throws {
        let before = done
        let logits = try plain.logits(
          of: input, onWindow: { progress((before + Double($0) / Double($1)) / rounds) })
        weighed.add(try foreground(logits))
        done += 1
      }
      if isMirrored { try add(preprocessed) }
      // A cascade's first stage is not asked again.
      for number in 0..<(previous == nil ? effort.noisyCopies : 0) {
        let noisy = NoisyScan.copy(ct, number: number, deviation: UncertaintyEffort.noise)
        // The geometry, and with it the box that is cropped to, stay those of the scan.
        let copy = try preprocessor.preprocess(
          RawCase(name: name, channels: [noisy.map(Float.init)]))
        if copy.shape == shape { try add(copy) }
      }
    }
    return (labels, weighed.weighed)
  }

  /// The logits of a case with what preprocessing made of it; `onFold` is told those of each network.
  private func logits(
    _ raw: consuming RawCase, ct: Volume<Int16>?, onFold: (Int, [Float16]) -> Void = { _, _ in },
    progress: (Double) -> Void
  ) throws -> ([Float16], PreprocessedCase) {
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
      },
      onWindow: { progress(share + Double($0) / Double($1) * (1 - share)) }, onFold: onFold)
    notes?.update(isPacked: predictor.isPacked, windows: windowCount, options: inference)
    return (logits, preprocessed)
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

  private var availableMemory: Double { mostMemory ?? Double(Machine.availableMemory) }

  /// An estimate, before any work, of the memory that a case takes.
  private func memory(for raw: borrowing RawCase, probabilities: Bool) -> PredictionMemory {
    let order = model.plans.transposeForward
    let (shape, spacing) = (raw.shape, raw.spacing)
    let (turned, distance) = (order.map { shape[$0] }, order.map { spacing[$0] })
    return PredictionMemory(
      shape: turned,
      networkShape: Resampler.newShape(
        of: turned, spacing: distance,
        newSpacing: preprocessor.configuration.targetSpacing(for: distance)),
      channels: raw.channels.count, configuration: model.configuration,
      labels: model.dataset.labels, networks: networkCount, probabilities: probabilities,
      onProcessor: isOnProcessor, keptWindowStep: inference.undecided == nil ? nil : step)
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
