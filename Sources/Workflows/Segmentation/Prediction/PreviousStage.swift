// SPDX-License-Identifier: Apache-2.0
import Files
import Foundation
import Learning
import NNUNet
import Studies
import Volume
import Workflow

/// Where a cascade finds the label maps that it refines.
enum PreviousStage {
  /// A folder with one for each case.
  case folder(URL)
  /// The model of the previous stage, which predicts them on the way.
  case model(CasePredictor)

  /// The share of the work that it does, for progress.
  var share: Double {
    switch self {
    case .folder: 0
    case .model: 0.3
    }
  }

  /// The label map of a case on the grid of its image.
  func labels(of raw: RawCase, progress: (Double) -> Void) throws -> Volume<Float> {
    switch self {
    case .model(let predictor):
      return try predictor.predict(raw, progress: progress).labels.floats
    case .folder(let folder):
      if let file = try LabelFile.find(raw.name, in: folder) { return try LabelFile.floats(file) }
      throw WorkflowError(
        "\(folder.path): holds no \(raw.name).nii.gz or alike, the label map of the previous stage; predict "
          + "it first, or leave out --previous-stage")
    }
  }

  /// The model of a cascade's previous stage: the one in the same file, else the one beside it; `nil`
  /// where the model is no cascade.
  ///
  /// Throws where there is none; `remedy` is what else the user can do then.
  static func model(of model: Model, orElse remedy: String) throws -> Model? {
    guard let stage = model.configuration.previousStage else { return nil }
    var earlier = try model.packedPreviousStage()
    if earlier == nil {
      let words = model.folderName.components(separatedBy: "__").dropLast() + [stage]
      let sibling = model.folder.deletingLastPathComponent()
        .appendingPathComponent(words.joined(separator: "__"))
      guard Folder.isFolder(sibling) else {
        throw WorkflowError(
          "\(model.folder.path): refines label maps of \(stage); put the model "
            + "\(sibling.lastPathComponent) beside it, or \(remedy)")
      }
      earlier = try Model(folder: sibling)
    }
    guard let earlier else { return nil }
    guard earlier.dataset.labels == model.dataset.labels else {
      throw WorkflowError(
        "\(earlier.folder.path): its labels are not those of \(model.folderName); train both on "
          + "one data set")
    }
    return earlier
  }

  /// Where the label maps of a model's previous stage come from, before anything is loaded.
  enum Place {
    case folder(URL)
    case model(Model, folds: [String])

    /// The folder that was named, else the model of the previous stage beside the model's folder;
    /// `nil` where the model is no cascade.
    init?(of model: Model, options: PredictionRun.Options) throws {
      guard model.configuration.previousStage != nil else {
        if let folder = options.previousStage {
          throw WorkflowError(
            "\(folder.path): \(model.configurationName) has no previous stage; leave out "
              + "--previous-stage")
        }
        return nil
      }
      if let folder = options.previousStage {
        guard Folder.isFolder(folder) else {
          throw WorkflowError("\(folder.path): no such folder of the previous stage's label maps")
        }
        self = .folder(folder)
        return
      }
      guard
        let earlier = try PreviousStage.model(
          of: model, orElse: "name the folder of its label maps with --previous-stage")
      else { return nil }
      self = .model(earlier, folds: try PredictionRun.folds(of: earlier, options: options))
    }

    /// Loads what is needed.
    func opened(_ options: PredictionRun.Options) throws -> PreviousStage {
      switch self {
      case .folder(let folder): return .folder(folder)
      case .model(let model, let folds):
        var options = options
        options.previousStage = nil
        return .model(try CasePredictor(model, folds: folds, options: options, previous: nil))
      }
    }
  }
}
