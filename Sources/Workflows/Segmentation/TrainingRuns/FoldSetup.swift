// SPDX-License-Identifier: Apache-2.0
import Foundation
import Learning
import NNUNet
import Torch
import Workflow

/// The fold that a run trains: its data set, plans and configuration, and what was asked for.
struct FoldSetup: Sendable {
  let dataset: Dataset
  let plans: Plans
  let configurationName: String
  let configuration: Configuration
  /// Channels and labels.
  let description: DatasetDescription
  let fold: Fold
  let request: TrainingRequest

  /// Reads plans and description from the data set's preprocessed folder.
  init(
    dataset name: String, configuration: String, fold: Fold, roots: Roots,
    request: TrainingRequest
  ) throws {
    dataset = try Dataset(name, roots: roots)
    plans = try dataset.plans(named: request.plans)
    configurationName = configuration
    self.configuration = try plans.configuration(configuration)
    description = try DatasetDescription.read(
      from: dataset.preprocessed(DatasetDescription.fileName))
    self.fold = fold
    self.request = request
  }

  /// The model folder.
  var modelFolder: URL {
    dataset.modelFolder(plans: plans.plansName, configuration: configurationName)
  }

  /// The fold's folder in the model folder.
  var folder: TrainingFolder {
    TrainingFolder(modelFolder.appendingPathComponent("fold_\(fold)"))
  }

  /// Opens the preprocessed cases of the fold.
  func cases() throws -> TrainingCases {
    try TrainingCases(dataset, plans: plans, configuration: configurationName, fold: fold)
  }

  /// A network with initial weights.
  func network(on device: Device) throws -> any SegmentationNetwork {
    try Model.network(
      configuration, dataset: description, seed: request.training.seed, on: device)
  }

  /// A command for this fold with another flag, for messages.
  func command(_ flag: String) -> String {
    let plans = request.plans == Plans.defaultName ? "" : " --plans \(request.plans)"
    let processes = request.processes > 1 ? " --processes \(request.processes)" : ""
    return "cac train \(dataset.name) \(configurationName) \(fold)\(plans)\(processes) \(flag)"
  }
}
