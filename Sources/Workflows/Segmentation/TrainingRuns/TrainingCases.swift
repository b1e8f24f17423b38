// SPDX-License-Identifier: Apache-2.0
import Files
import Foundation
import Learning
import NNUNet
import Text
import Workflow

/// The preprocessed cases of one fold, in a cascade with the previous stage's label maps.
struct TrainingCases {
  let training: PatchCases
  let validation: PatchCases

  /// The folder, in the model folder of a cascade's previous stage, of label maps for the next stage.
  static func nextStage(of model: URL, _ configuration: String) -> CaseFolder {
    CaseFolder(model.appendingPathComponent("predicted_next_stage/\(configuration)"))
  }

  /// Opens the cases of a fold, and makes `splits_final.json` where it is missing.
  ///
  /// - Throws: `WorkflowError` where cases are missing, or were made with other settings.
  init(
    _ dataset: Dataset, plans: Plans, configuration name: String, fold: Fold
  ) throws {
    let configuration = try plans.configuration(name)
    let folder = CaseFolder(dataset.preprocessed(configuration.dataIdentifier))
    let names = Folder.isFolder(folder.url) ? try folder.names() : []
    guard !names.isEmpty else {
      throw WorkflowError(
        .missing,
        "\(folder.url.path): no preprocessed cases; run: "
          + dataset.command("preprocess", plans: plans.plansName, "-c \(name)"))
    }
    try Self.requireRecipe(of: folder, dataset, plans, name)
    let split = try Self.split(dataset, names, fold)
    var previous: CaseFolder?
    if let stage = configuration.previousStage {
      let model = dataset.modelFolder(plans: plans.plansName, configuration: stage)
      let maps = Self.nextStage(of: model, name)
      // A map of an earlier version's format is made again like one that is missing.
      let missing = (split.train + split.val).filter { (try? maps.open($0)) == nil }
      guard missing.isEmpty else {
        throw WorkflowError(
          .missing,
          "\(maps.url.path): \(counted(missing.count, "case lacks", "cases lack")) the labels of \(stage), such as "
            + "\(missing[0]); train all folds of \(stage) to their end, or run "
            + dataset.command("train", plans: plans.plansName, "\(stage) FOLD --validate-only"))
      }
      previous = maps
    }
    func open(_ names: [String]) throws -> PatchCases {
      try PatchCases(
        names.map(folder.open), previous: previous.map { try names.map($0.open) } ?? [])
    }
    training = try open(split.train)
    // A split may have no validation cases; the pseudo-Dice is then that of the training cases.
    validation = try open(split.val.isEmpty ? split.train : split.val)
  }

  /// Throws where cases were made with other settings than those of the plans; plans may share a folder.
  private static func requireRecipe(
    of folder: CaseFolder, _ dataset: Dataset, _ plans: Plans, _ name: String
  ) throws {
    let file = folder.url.appendingPathComponent(PreprocessingTarget.recipeName)
    let description = dataset.preprocessed(DatasetDescription.fileName)
    // Cases that another program made have no recipe.
    guard Folder.isFile(file), Folder.isFile(description) else { return }
    let wanted = try Preprocessor(
      plans: plans, configuration: name, labels: DatasetDescription.read(from: description).labels
    ).recipe
    guard try JSON.read(from: file) == wanted else {
      throw WorkflowError(
        .refused,
        "\(folder.url.path): its cases were made by other settings than those of \(plans.plansName) "
          + "for \(name); run: "
          + dataset.command("preprocess", plans: plans.plansName, "-c \(name)"))
    }
  }

  /// The split of a fold, which is made and kept where there is none.
  static func split(_ dataset: Dataset, _ names: [String], _ fold: Fold) throws -> Split {
    guard case .number(let index) = fold else { return Splits.all(identifiers: names) }
    let file = dataset.preprocessed(Splits.fileName)
    if !Folder.isFile(file) { try Splits(identifiers: names).write(to: file) }
    return try Splits.read(from: file).fold(index, identifiers: names)
  }
}
