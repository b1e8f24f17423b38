// SPDX-License-Identifier: Apache-2.0
import Files
import Foundation
import Learning
import NNUNet
import Studies
import Volume
import Workflow

/// Where a cascade takes the label maps of its previous stage from, which it refines.
enum PreviousStage {
  /// A folder with a label map for each case.
  case folder(URL)
  /// The model of the previous stage, which predicts each case first.
  case model(CasePredictor)

  /// The share of a case's time that the previous stage takes, from 0 to 1, for progress.
  var share: Double {
    switch self {
    case .folder: 0
    case .model: 0.3
    }
  }

  /// The label map of a case on the grid of its image.
  ///
  /// `ct` is the case's CT in HU where the caller has it; `progress` is told the share that is
  /// done.
  func labels(
    of raw: RawCase, ct: Volume<Int16>?, progress: (Double) -> Void
  ) throws -> Volume<Float> {
    switch self {
    case .model(let predictor):
      return try predictor.predict(raw, ct: ct, progress: progress).labels.floats
    case .folder(let folder):
      if let file = try LabelFile.find(raw.name, in: folder) { return try LabelFile.floats(file) }
      throw WorkflowError(
        .missing,
        "\(folder.path): holds no \(raw.name).nii.gz or alike, the label map of the previous stage; predict "
          + "it first, or leave out --previous-stage")
    }
  }

  /// The model of a cascade's previous stage: the one in the same file, else the one beside the
  /// model's folder; `nil` where the model is no cascade.
  ///
  /// - Parameter remedy: What the user can do instead where there is no such model, for the error.
  /// - Throws: `WorkflowError` where the model is missing or has other labels.
  static func model(of model: Model, orElse remedy: String) throws -> Model? {
    guard let stage = model.configuration.previousStage else { return nil }
    var earlier = try model.includedPreviousStage()
    if earlier == nil {
      let name = ModelName(
        trainer: model.name.trainer, plans: model.name.plans, configuration: stage)
      let sibling = model.folder.deletingLastPathComponent().appendingPathComponent("\(name)")
      guard Folder.isFolder(sibling) else {
        throw WorkflowError(
          .missing,
          "\(model.folder.path): refines label maps of \(stage); put the model "
            + "\(sibling.lastPathComponent) beside it, or \(remedy)")
      }
      earlier = try Model(folder: sibling)
    }
    guard let earlier else { return nil }
    guard earlier.dataset.labels == model.dataset.labels else {
      throw WorkflowError(
        .invalid,
        "\(earlier.folder.path): its labels are not those of \(model.name); train both on "
          + "one data set")
    }
    return earlier
  }

  /// Where the label maps of a model's previous stage come from, before any network is loaded.
  enum Source {
    case folder(URL)
    case model(Model, folds: [String])

    /// The folder that was named, else the model of the previous stage beside the model's folder;
    /// `nil` where the model is no cascade.
    init?(of model: Model, request: PredictionRequest) throws {
      guard model.configuration.previousStage != nil else {
        if let folder = request.previousStage {
          throw WorkflowError(
            .invalid,
            "\(folder.path): \(model.name.configuration) has no previous stage; leave out "
              + "--previous-stage")
        }
        return nil
      }
      if let folder = request.previousStage {
        guard Folder.isFolder(folder) else {
          throw WorkflowError(
            .missing, "\(folder.path): no such folder of the previous stage's label maps")
        }
        self = .folder(folder)
        return
      }
      guard
        let earlier = try PreviousStage.model(
          of: model, orElse: "name the folder of its label maps with --previous-stage")
      else { return nil }
      self = .model(earlier, folds: try PredictionModel.folds(of: earlier, request))
    }

    /// Loads the networks of the previous stage where they are needed.
    func opened(_ request: PredictionRequest) throws -> PreviousStage {
      switch self {
      case .folder(let folder): return .folder(folder)
      case .model(let model, let folds):
        var request = request
        request.previousStage = nil
        return .model(try CasePredictor(model, folds: folds, request, previous: nil))
      }
    }
  }
}
