// SPDX-License-Identifier: Apache-2.0
import Files
package import Foundation
import Learning
import NNUNet
import Torch
package import Workflow

/// Converts model folders from and to nnU-Net.
///
/// The layout of the folders is the same; only the format of the checkpoints differs: `.pth` in nnU-Net,
/// safetensors here.
package enum ModelExchange {
  /// The directions of a conversion.
  package enum Direction: Sendable {
    /// nnU-Net's `.pth` becomes safetensors.
    case importing
    /// Safetensors become `.pth`.
    case exporting
  }

  /// Copies a model, under its own name, into another folder.
  ///
  /// Every fold is loaded into its plan's network first, so that only weights that fit are written. The
  /// models of a zip of nnU-Net's are put into the folder of their data set, as in nnU-Net. Of a file with
  /// a cascade both stages are copied.
  ///
  /// - Parameter say: gets notes for the user.
  /// - Returns: the new folders and their folds.
  package static func copy(
    _ source: URL, into parent: URL, _ direction: Direction, say: (String) -> Void = { _ in },
    progress: @escaping ProgressHandler
  ) throws -> [(folder: String, folds: [String])] {
    let found = try Model.models(at: source).flatMap { model in
      [model] + (try model.includedPreviousStage().map { [$0] } ?? [])
    }
    let models = try found.map { model in
      let folder = model.datasetFolder.map { parent.appendingPathComponent($0) } ?? parent
      let target = folder.appendingPathComponent("\(model.name)")
      if direction == .exporting, let card = try model.networkCard() {
        throw WorkflowError(
          .invalid,
          "\(source.path): nnU-Net has no network of \(card.network); name a file that ends in .cac, "
            + "which cac predict and cac score read")
      }
      guard !Folder.isFolder(target) else {
        throw WorkflowError(
          .refused, "\(target.path): is there already; name another folder, or remove it")
      }
      let folds = try model.trainedFolds()
      guard !folds.isEmpty else {
        throw WorkflowError(
          .missing,
          "\(source.path): no fold of \(model.name) has weights "
            + "(\(Model.checkpoints.joined(separator: ", ")))")
      }
      return (model, target, folds)
    }
    let count = models.reduce(0) { $0 + $1.2.count }
    var done = 0
    for (model, target, folds) in models {
      try Folder.write(to: target) { staged in
        for name in Model.textNames {
          guard let text = try model.text(named: name) else { continue }
          try StagedFile.write(text, to: staged.appendingPathComponent(name))
        }
        if let card = try card(of: model, folds: folds) {
          try JSONFile.write(card, to: staged.appendingPathComponent(ModelCard.fileName))
        }
        for fold in folds {
          progress(WorkProgress("model", done: done, of: count, detail: "fold \(fold)"))
          let file = staged.appendingPathComponent("fold_\(fold)/checkpoint_final")
          switch direction {
          case .importing:
            try importFold(fold, of: model, to: file.appendingPathExtension("safetensors"))
          case .exporting:
            let optimizer = try NNUNetExport(model).write(
              fold: fold, to: file.appendingPathExtension("pth"))
            if optimizer == .adamw { say(resumeNote(fold, of: model)) }
          }
          done += 1
        }
      }
    }
    progress(WorkProgress("model", done: count, of: count, detail: "done"))
    return models.map { ($0.1.path, $0.2) }
  }

  /// How nnU-Net resumes a fold that was trained with AdamW.
  private static func resumeNote(_ fold: String, of model: Model) -> String {
    "fold \(fold) of \(model.name) was trained with AdamW: nnUNetv2_train --c would go on with SGD "
      + "and without its optimizer state; to go on with AdamW, let the folder's name begin with "
      + "nnUNetTrainerAdam1en3 and add -tr nnUNetTrainerAdam1en3"
  }

  /// The card of a copy, which keeps the statements and the validation figures that do not come along
  /// otherwise; `nil` where there are none.
  private static func card(of model: Model, folds: [String]) throws -> ModelCard? {
    let names =
      [ModelCard.fileName] + folds.map { "fold_\($0)/validation/\(SegmentationSummary.fileName)" }
    guard try names.contains(where: { try model.text(named: $0) != nil }) else { return nil }
    return try ModelCard(
      of: model, ModelSummary.of(model, folds: folds), program: RunRecord.version)
  }

  private static func importFold(_ fold: String, of model: Model, to url: URL) throws {
    guard try !model.writeMethod(fold: fold, to: url) else { return }
    try Checkpoint(of: model.trained(fold, on: .cpu, withOptimizerState: true)).write(to: url)
  }
}
