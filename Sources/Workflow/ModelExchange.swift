// SPDX-License-Identifier: Apache-2.0
import Files
package import Foundation
import Learning
import NNUNet
import Torch

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

  /// Makes a copy of a model folder, under its own name, inside another folder.
  ///
  /// Every fold is loaded into its plan's network first, so that what is written fits. Returns the
  /// new folder and its folds.
  package static func copy(
    _ source: URL, into parent: URL, _ direction: Direction, progress: @escaping ProgressHandler
  ) throws -> (folder: String, folds: [String]) {
    let model = try Model(folder: source)
    let folds = try model.trainedFolds()
    guard !folds.isEmpty else {
      throw WorkflowError(
        "\(source.path): no fold has weights (\(Model.checkpoints.joined(separator: ", ")))")
    }
    let target = parent.appendingPathComponent(source.standardizedFileURL.lastPathComponent)
    guard !Folder.isFolder(target) else {
      throw WorkflowError("\(target.path): is there already; name another folder, or remove it")
    }
    try Folder.write(to: target) { staged in
      for name in ["plans.json", "dataset.json", "dataset_fingerprint.json"] {
        let file = source.appendingPathComponent(name)
        guard Folder.isFile(file) else { continue }
        try StagedFile.write(
          JSONFile.contents(of: file), to: staged.appendingPathComponent(name))
      }
      for (index, fold) in folds.enumerated() {
        progress(WorkProgress("model", done: index, of: folds.count, detail: "fold \(fold)"))
        let file = staged.appendingPathComponent("fold_\(fold)/checkpoint_final")
        switch direction {
        case .importing:
          try importFold(fold, of: model, to: file.appendingPathExtension("safetensors"))
        case .exporting:
          try NNUNetExport(model).write(fold: fold, to: file.appendingPathExtension("pth"))
        }
      }
    }
    progress(WorkProgress("model", done: folds.count, of: folds.count, detail: "done"))
    return (target.path, folds)
  }

  private static func importFold(_ fold: String, of model: Model, to url: URL) throws {
    try Checkpoint(of: model.trained(fold, on: .cpu, withMomenta: true)).write(to: url)
  }
}
