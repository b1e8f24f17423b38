// SPDX-License-Identifier: Apache-2.0
import Files
package import Foundation
import Learning
import NNUNet
import Torch
package import Workflow

/// Takes model folders from nnU-Net and gives them back.
///
/// The layout of the folders is the same; only the folds' checkpoints are of another kind: `.pth`
/// there, safetensors here.
package enum ModelExchange {
  /// What a checkpoint may be turned into.
  package enum Direction: Sendable {
    /// nnU-Net's `.pth` becomes safetensors.
    case importing
    /// Safetensors become `.pth`.
    case exporting
  }

  /// Makes a copy of a model, under its own name, inside another folder.
  ///
  /// Every fold is loaded into its plan's network first, so that what is written fits. The models of
  /// a zip of nnU-Net's are put into their data set's folder, as nnU-Net does; of a file with a cascade
  /// both stages. Returns the new folders and their folds; `say` is told what else one should know.
  package static func copy(
    _ source: URL, into parent: URL, _ direction: Direction, say: (String) -> Void = { _ in },
    progress: @escaping ProgressHandler
  ) throws -> [(folder: String, folds: [String])] {
    let found = try Model.models(at: source).flatMap { model in
      [model] + (try model.packedPreviousStage().map { [$0] } ?? [])
    }
    let models = try found.map { model in
      let place = model.datasetFolder.map { parent.appendingPathComponent($0) } ?? parent
      let target = place.appendingPathComponent(model.folderName)
      guard !Folder.isFolder(target) else {
        throw WorkflowError("\(target.path): is there already; name another folder, or remove it")
      }
      let folds = try model.trainedFolds()
      guard !folds.isEmpty else {
        throw WorkflowError(
          "\(source.path): no fold of \(model.folderName) has weights "
            + "(\(Model.checkpoints.joined(separator: ", ")))")
      }
      return (model, target, folds)
    }
    let count = models.reduce(0) { $0 + $1.2.count }
    var done = 0
    for (model, target, folds) in models {
      try Folder.write(to: target) { staged in
        for name in ["plans.json", "dataset.json", "dataset_fingerprint.json"] {
          guard let text = try model.text(named: name) else { continue }
          try StagedFile.write(text, to: staged.appendingPathComponent(name))
        }
        if let card = try card(of: model, folds: folds) {
          try JSONFile.write(card, to: staged.appendingPathComponent(ModelManifest.name))
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
            if optimizer == .adamw { say(goingOn(fold, of: model)) }
          }
          done += 1
        }
      }
    }
    progress(WorkProgress("model", done: count, of: count, detail: "done"))
    return models.map { ($0.1.path, $0.2) }
  }

  private static func goingOn(_ fold: String, of model: Model) -> String {
    "fold \(fold) of \(model.folderName) was trained with AdamW: nnUNetv2_train --c would go on with SGD "
      + "and without its memory; to go on with AdamW, let the folder's name begin with "
      + "nnUNetTrainerAdam1en3 and add -tr nnUNetTrainerAdam1en3"
  }

  /// What is stated of a model and its folds' validation, which itself stays behind; `nil` where there is
  /// nothing.
  private static func card(of model: Model, folds: [String]) throws -> ModelCard? {
    let names = [ModelManifest.name] + folds.map { "fold_\($0)/validation/summary.json" }
    guard try names.contains(where: { try model.text(named: $0) != nil }) else { return nil }
    return try ModelCard(ModelSummary(model, folds: folds), of: model)
  }

  private static func importFold(_ fold: String, of model: Model, to url: URL) throws {
    try Checkpoint(of: model.trained(fold, on: .cpu, withOptimizerState: true)).write(to: url)
  }
}
