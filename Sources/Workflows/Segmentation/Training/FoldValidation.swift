// SPDX-License-Identifier: Apache-2.0
import Files
import Foundation
import Learning
import NNUNet
import Torch
import Volume

/// Predicts the validation cases of a fold whole and measures them, as nnU-Net does at the end.
///
/// Label maps and `summary.json` go to `fold_k/validation`; the first stage of a cascade also leaves
/// labels on the grid of the next one.
struct FoldValidation {
  let place: Dataset
  let plans: Plans
  let configurationName: String
  let description: DatasetDescription
  /// The folder of the fold, in the model's.
  let fold: URL
  /// Whether the classes' probabilities are kept, for ensembles.
  let keepsProbabilities: Bool
  let device: Device

  /// Validates a network; returns the mean Dice over classes, nil where a class is in no case.
  func run(
    _ network: any SegmentationNetwork, mirroringAxes: [Int], cases: PatchCases,
    shouldStop: () -> Bool, progress: ProgressHandler
  ) throws -> Double? {
    let configuration = try plans.configuration(configurationName)
    let predictor = try Predictor(
      networks: [network], configuration: configuration, mirroringAxes: mirroringAxes,
      options: PredictionOptions(), device: device)
    let export = try Export(
      plans: plans, configuration: configurationName, labels: description.labels)
    let folder = fold.appendingPathComponent("validation")
    try Folder.create(folder)
    let references = ReferenceLabels(of: place)
    var measured: [SegmentationSummary.Case] = []
    for (index, stored) in cases.cases.enumerated() {
      var one = stored.load()
      if !cases.previous.isEmpty {
        one = try one.appendingMasks(
          of: description.labels.foregroundLabels, in: cases.previous[index].load().labels ?? [])
      }
      let logits = try predictor.halfLogits(of: one) { done, all in
        guard !shouldStop() else { throw CancellationError() }
        progress(
          WorkProgress(
            "validate", done: index * 100 + 100 * done / all, of: cases.cases.count * 100,
            detail: stored.name))
      }
      let map: LabelMap
      if keepsProbabilities {
        let probabilities = try export.probabilities(
          logits: logits, shape: one.shape, properties: one.properties)
        try ProbabilityFile.write(
          probabilities, one.properties, case: stored.name, in: folder)
        map = try export.labels(probabilities: probabilities)
      } else {
        map = try export.labels(
          logits: logits, shape: one.shape, properties: one.properties)
      }
      let file = folder.appendingPathComponent(stored.name + description.fileEnding)
      try map.write(to: file)
      guard case .bytes(let mask) = map else {
        throw WorkflowError("\(file.path): label maps of more than 254 labels cannot be measured")
      }
      for next in configuration.nextStages {
        try NextStage(export, to: next, of: place).write(
          logits, of: one,
          to: TrainingCases.nextStage(of: fold.deletingLastPathComponent(), next))
      }
      let reference = try references.file(of: stored.name, ending: description.fileEnding)
      measured.append(
        .init(
          predictionFile: file.path, referenceFile: reference.path,
          metrics: try SegmentationMetrics.measure(
            prediction: mask, reference: LabelFile.read(reference),
            labels: description.labels)))
    }
    let summary = try SegmentationSummary(cases: measured, labels: description.labels)
    try summary.write(to: folder.appendingPathComponent("summary.json"))
    return summary.foregroundMeanDice
  }
}
