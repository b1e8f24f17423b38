// SPDX-License-Identifier: Apache-2.0
import Explanation
import Foundation
import Learning
import NNUNet
import Segmentation
import Torch
import Volume
import Workflow

/// Makes maps of a model of one network over a scan, on the scan's grid.
final class NetworkMaps {
  private let explainer: CaseExplainer
  private let export: Export
  private let preprocessed: (shape: [Int], properties: CaseProperties)
  private let points: Int
  /// The stages that activation maps are of; the last one is shown first.
  let stages: [String]

  /// Whether the networks of a model predict slice by slice, so that other slices do not matter.
  static func goesBySlice(_ model: Model, _ request: PredictionRequest) -> Bool {
    model.configuration.dimensions == 2
      && model.configuration.normalizationSchemes.allSatisfy { $0 == .ct }
      && request.inference == InferenceOptions() && model.configuration.previousStage == nil
  }

  /// Loads a model for the maps of some voxels.
  ///
  /// - Parameters:
  ///   - target: the label of each voxel of the target, 0 elsewhere.
  /// - Throws: `WorkflowError` or `ExplanationError` where the model has no such stage, or is one that
  ///   cannot be explained.
  init(
    _ model: Model, _ request: ExplainRequest, ct: Volume<Int16>, target: Volume<UInt8>
  ) throws {
    if let earlier = model.configuration.previousStage {
      throw WorkflowError(
        .refused,
        "\(model.folder.path): refines the labels of \(earlier), so its image alone explains nothing; "
          + "explain \(earlier), or use --method occlusion")
    }
    let device = try Device.available(named: request.prediction.device)
    let folds = try request.prediction.folds ?? model.defaultFolds()
    let networks = try folds.map { try model.trained($0, on: device).network }
    let preprocessor = try Preprocessor(
      plans: model.plans, configuration: model.name.configuration, labels: model.dataset.labels)
    export = try Export(
      plans: model.plans, configuration: model.name.configuration, labels: model.dataset.labels)
    let raw = try RawCase(
      name: "study", channels: [ct.map(Float.init)], labels: target.map(Float.init))
    let whole = try preprocessor.preprocess(raw, locatesClasses: false)
    preprocessed = (whole.shape, whole.properties)
    points = request.points
    explainer = try CaseExplainer(
      networks: networks, configuration: model.configuration, step: request.prediction.step,
      device: device, of: whole,
      target: CaseTarget(
        whole.labels ?? [], scheme: model.dataset.labels, named: "\(request.target)"))
    let names = explainer.stageNames
    if let layer = request.layer {
      guard names.contains(layer) else {
        throw WorkflowError(
          .missing,
          "\(model.folder.path): has no stage \(layer) for --layer; it has "
            + names.joined(separator: ", "))
      }
      stages = [layer]
    } else {
      stages = names.filter { $0.hasPrefix("decoder.") }
    }
  }

  /// The number of windows that a method computes.
  var windowCount: Int { explainer.windowCount }

  /// The maps of a method on the scan's grid, by stage, and its check.
  func make(
    _ method: MapMethod, onWindow: (Int) throws -> Void
  ) throws -> (maps: [String: Volume<Float>], check: MapCheck?) {
    let options = NetworkExplainer.Options(
      method, stages: method.isOfStages ? stages : [], points: points)
    let maps = try explainer.maps(options) { done in
      if StopSignal.isAsked { throw WorkflowError(.stopped, StudyScorer.stopped) }
      try onWindow(done)
    }
    let volumes = try maps.mapValues {
      try export.volume($0, shape: preprocessed.shape, properties: preprocessed.properties)
    }
    return (volumes, try explainer.check(options))
  }
}
