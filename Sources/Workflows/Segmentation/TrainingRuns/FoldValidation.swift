// SPDX-License-Identifier: Apache-2.0
import Files
import Foundation
import Learning
import NNUNet
import Studies
import Torch
import Volume
import Workflow

/// Predicts the validation cases of a fold whole and measures them, as nnU-Net does at the end.
///
/// Label maps and `summary.json` go to `fold_k/validation`; the first stage of a cascade also leaves
/// labels on the grid of the next one.
struct FoldValidation {
  private let setup: FoldSetup
  private let device: Device
  private let folder: URL
  private let export: Export

  /// A validation of a fold on a device.
  init(_ setup: FoldSetup, device: Device) throws {
    self.setup = setup
    self.device = device
    folder = setup.folder.folder.appendingPathComponent("validation")
    export = try Export(
      plans: setup.plans, configuration: setup.configurationName,
      labels: setup.description.labels)
  }

  /// Validates the fold's final checkpoint, or its best one where that was asked for.
  ///
  /// - Parameter shouldStop: asked after each batch of windows.
  /// - Returns: the mean Dice over classes; `nil` where a class is in no case.
  /// - Throws: `CancellationError` where it should stop.
  func run(
    _ cases: PatchCases, shouldStop: () -> Bool, progress: ProgressHandler
  ) throws -> Double? {
    let (network, mirroringAxes) = try trainedNetwork()
    let predictor = try Predictor(
      networks: [network], configuration: setup.configuration, mirroringAxes: mirroringAxes,
      options: PredictionOptions(), device: device)
    try Folder.create(folder)
    let labels = setup.description.labels
    let references = ReferenceLabels(of: setup.dataset)
    var measured: [SegmentationSummary.Case] = []
    for (index, stored) in cases.cases.enumerated() {
      var preprocessed = stored.load()
      if !cases.previous.isEmpty {
        preprocessed = try preprocessed.appendingMasks(
          of: labels.foregroundLabels, in: cases.previous[index].load().labels ?? [])
      }
      let logits = try predictor.logits(of: preprocessed) { done, all in
        guard !shouldStop() else { throw CancellationError() }
        progress(
          WorkProgress(
            "validate", done: index * 100 + 100 * done / all, of: cases.cases.count * 100,
            stepsPerUnit: 100, detail: stored.name))
      }
      let file = folder.appendingPathComponent(stored.name + setup.description.fileEnding)
      let map = try labelMap(logits, of: preprocessed)
      try map.write(to: file)
      guard case .uint8(let mask) = map else {
        throw WorkflowError(
          .invalid, "\(file.path): label maps of more than 254 labels cannot be measured")
      }
      for next in setup.configuration.nextStages {
        try NextStage(export, to: next, of: setup.dataset).write(
          logits, of: preprocessed, to: TrainingCases.nextStage(of: setup.modelFolder, next))
      }
      let reference = try references.file(
        of: stored.name, ending: setup.description.fileEnding)
      measured.append(
        .init(
          predictionFile: file.path, referenceFile: reference.path,
          metrics: try SegmentationMetrics.measure(
            prediction: mask, reference: LabelFile.read(reference), labels: labels)))
    }
    let summary = try SegmentationSummary(cases: measured, labels: labels)
    try summary.write(to: folder.appendingPathComponent(SegmentationSummary.fileName))
    return summary.foregroundMeanDice
  }

  /// The network of the checkpoint that is validated, and the axes that it knows mirrored.
  private func trainedNetwork() throws -> (any SegmentationNetwork, mirroringAxes: [Int]) {
    let kind = setup.request.validatesBest ? "best" : "final"
    let native = setup.folder.checkpoint(kind)
    let files = [native, native.deletingPathExtension().appendingPathExtension("pth")]
    guard let file = files.first(where: Folder.isFile) else {
      throw WorkflowError(
        .missing,
        "\(native.path): no such checkpoint; finish the training with: "
          + setup.command("--continue"))
    }
    let network = try setup.network(on: device)
    let stored = try StoredFold(contentsOf: file)
    do {
      try network.load(stored.weights)
    } catch let error as LearningError {
      throw WorkflowError(.invalid, "\(file.path): does not fit the plan: \(error.description)")
    }
    return (network, stored.state.mirroringAxes(dimensions: setup.configuration.dimensions))
  }

  /// The label map of logits; keeps the classes' probabilities where ensembles are to need them.
  private func labelMap(_ logits: [Float16], of preprocessed: PreprocessedCase) throws -> LabelMap {
    let (shape, properties) = (preprocessed.shape, preprocessed.properties)
    guard setup.request.probabilities else {
      return try export.labels(logits: logits, shape: shape, properties: properties)
    }
    let probabilities = try export.probabilities(
      logits: logits, shape: shape, properties: properties)
    try ProbabilityFile.write(probabilities, properties, case: preprocessed.name, in: folder)
    return try export.labels.map(probabilities: probabilities)
  }
}
