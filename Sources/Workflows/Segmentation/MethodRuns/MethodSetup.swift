// SPDX-License-Identifier: Apache-2.0
import ClassicNetworks
import Files
import Foundation
import Learning
import NNUNet
import Torch
import Workflow

/// The fold in which a network beside nnU-Net is trained, and the data that it sees.
struct MethodSetup: Sendable {
  let dataset: Dataset
  let plans: Plans
  let configuration: String
  /// Channels and labels.
  let description: DatasetDescription
  let fold: Fold
  let method: any NetworkMethod.Type
  let classes: ScanClasses

  /// Reads plans and description from the data set's preprocessed folder.
  ///
  /// - Throws: `WorkflowError` where the data set has no CT alone, or no plain labels.
  init(
    _ word: String, dataset name: String, configuration: String, fold: Fold, plans: String,
    roots: Roots
  ) throws {
    method = try NetworkMethods.named(word)
    dataset = try Dataset(name, roots: roots)
    self.plans = try dataset.plans(named: plans)
    // Predictions open the plans by the configuration's name.
    _ = try self.plans.configuration(configuration)
    self.configuration = configuration
    self.fold = fold
    description = try DatasetDescription.read(
      from: dataset.preprocessed(DatasetDescription.fileName))
    let labels = description.labels
    guard !labels.hasRegions, labels.ignoreLabel == nil else {
      throw WorkflowError(
        .invalid,
        "\(dataset.name): \(word) learns plain labels; regions and an ignore label are for nnU-Net")
    }
    guard description.channelNames.count == 1 else {
      throw WorkflowError(
        .invalid, "\(dataset.name): \(word) takes a CT alone, the data set has several channels")
    }
    classes = try method.classes(
      of: labels.entries.compactMap { entry in
        entry.values.first.flatMap { $0 == 0 ? nil : (entry.name, $0) }
      })
  }

  /// The model folder.
  var modelFolder: URL {
    dataset.modelFolder(
      trainer: method.word, plans: plans.plansName, configuration: configuration)
  }

  /// The fold's folder in the model folder.
  var folder: TrainingFolder {
    TrainingFolder(modelFolder.appendingPathComponent("fold_\(fold)"))
  }

  /// A command for this fold with another flag, for messages.
  func command(_ flag: String) -> String {
    let plans = plans.plansName == Plans.defaultName ? "" : " --plans \(plans.plansName)"
    return "cac train \(dataset.name) \(configuration) \(fold) --network \(method.word)\(plans) "
      + flag
  }

  /// Writes the files that a model has beside its folds.
  func writeModelFiles(parameters: Int) throws {
    func file(_ name: String) -> URL { modelFolder.appendingPathComponent(name) }
    try plans.write(to: file(Plans.fileName))
    try description.write(to: file(DatasetDescription.fileName))
    try NetworkCard(
      network: method.word, source: method.source, classes: classes.names,
      missing: classes.missing, parameters: parameters
    ).write(in: modelFolder)
  }
}
