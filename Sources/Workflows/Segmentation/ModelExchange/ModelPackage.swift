// SPDX-License-Identifier: Apache-2.0
import Files
package import Foundation
import Learning
import NNUNet
import Text
import Torch
package import Workflow
import Zip

/// Packs a model into one file for deployment, with which `cac predict FILE.cac …` needs nothing else.
///
/// The file of a cascade contains its first stage, too. The file is a zip without compression. The same
/// model gives the same bytes on any machine.
package struct ModelPackage: Sendable {
  /// The ending of such files.
  package static let ending = "cac"

  /// A model or the first stage of a cascade, with the folds that are packed.
  private struct Stage {
    let model: Model
    let folds: [String]
    /// The folder within the file.
    let folder: String

    init(_ model: Model, folds: [String]?, folder: String) throws {
      self.model = model
      self.folder = folder
      self.folds = try folds.map { Set($0).sorted() } ?? model.trainedFolds()
      for fold in self.folds { _ = try model.weights(ofFold: fold) }
      guard !self.folds.isEmpty else {
        throw WorkflowError(
          .missing,
          "\(model.folder.path): no fold has weights (\(Model.checkpoints.joined(separator: ", ")))"
        )
      }
    }

    func name(ofFold fold: String) -> String {
      "\(folder)fold_\(fold)/checkpoint_final.safetensors"
    }

    /// Writes the weights of a fold; inference does not need the optimiser's state.
    func write(fold: String, to url: URL) throws {
      guard try !model.writeMethod(fold: fold, to: url) else { return }
      var checkpoint = Checkpoint(of: try model.trained(fold, on: .cpu))
      checkpoint.optimizerState = [:]
      try checkpoint.write(to: url)
    }

    /// The summary of the packed model.
    var summary: ModelSummary {
      get throws {
        var summary = try ModelSummary.of(model, folds: folds)
        for i in summary.folds.indices {
          summary.folds[i].checkpoint = "checkpoint_final.safetensors"
        }
        return summary
      }
    }
  }

  private let stage: Stage
  private let previous: Stage?
  private let statements: ModelCard.Statements

  /// A package of a model with some of its folds, or all.
  ///
  /// - Parameters:
  ///   - source: the model, a folder or a file.
  ///   - folds: the names of the folds; all that are trained by default.
  ///   - withPreviousStage: whether the first stage of a cascade is packed as well.
  ///   - licence: the licence in the card, and likewise the intended use and the training
  ///     data.
  ///   - intendedUse: what the model is for.
  ///   - trainingData: what it was trained on.
  /// - Throws: `WorkflowError` or `LearningError` where a fold has no weights, or where the first stage is
  ///   not beside the model.
  package init(
    _ source: URL, folds: [String]? = nil, withPreviousStage: Bool = true, licence: String? = nil,
    intendedUse: String? = nil, trainingData: String? = nil
  ) throws {
    let model = try Model(at: source)
    stage = try Stage(model, folds: folds, folder: "")
    previous =
      try withPreviousStage
      ? PreviousStage.model(of: model, orElse: "pack it without with --no-previous-stage").map {
        try Stage($0, folds: folds, folder: ModelCard.previousStageFolder)
      } : nil
    statements = .init(
      licence: licence?.shown(atMost: 2000), intendedUse: intendedUse?.shown(atMost: 2000),
      trainingData: trainingData?.shown(atMost: 2000))
  }

  /// Writes the file, complete or not at all; returns its folds and its SHA-256.
  package func write(
    to file: URL, progress: @escaping ProgressHandler
  ) throws -> (folds: [String], sha256: String) {
    guard !Folder.isFile(file), !Folder.isFolder(file) else {
      throw WorkflowError(
        .refused, "\(file.path): is there already; name another file, or remove it")
    }
    let work = file.deletingLastPathComponent().appendingPathComponent(
      "\(StagedFile.prefix)\(ProcessInfo.processInfo.processIdentifier)-\(file.lastPathComponent)")
    try Folder.create(work)
    defer { try? Folder.remove(work) }
    let stages = [stage] + (previous.map { [$0] } ?? [])
    let total = stages.reduce(0) { $0 + $1.folds.count }
    var done = 0
    var parts: [ModelCard.Part] = []
    func part(_ name: String, _ data: Data) -> ModelCard.Part {
      .init(name: name, bytes: data.count, sha256: Digest.sha256(data))
    }
    var texts: [(name: String, data: Data)] = []
    var weights: [(name: String, file: URL)] = []
    let earlier = try previous.map {
      try ModelCard(of: $0.model, $0.summary, program: RunRecord.version)
    }
    for stage in stages {
      var stageTexts = try PackedTexts.of(stage.model)
      if !stage.folder.isEmpty, let earlier {
        stageTexts.append((ModelCard.fileName, try JSONFile.data(earlier)))
      }
      for text in stageTexts {
        texts.append((stage.folder + text.name, text.data))
        parts.append(part(stage.folder + text.name, text.data))
      }
      for fold in stage.folds {
        progress(WorkProgress("model", done: done, of: total, detail: "fold \(fold)"))
        let staged = work.appendingPathComponent("\(done).safetensors")
        try stage.write(fold: fold, to: staged)
        weights.append((stage.name(ofFold: fold), staged))
        parts.append(
          part(stage.name(ofFold: fold), try Data(contentsOf: staged, options: .mappedIfSafe)))
        done += 1
      }
    }
    var card = try ModelCard(
      of: stage.model, stage.summary, statements: statements, previousStage: earlier, parts: parts,
      program: RunRecord.version)
    let page = Data(try ModelCardPage(card, previousStage: earlier).markdown.utf8)
    card.parts.insert(part(ModelCard.pageName, page), at: 0)
    var zip = ZipWriter(compresses: false)
    try zip.add(ModelCard.fileName, Array(JSONFile.data(card)))
    try zip.add(ModelCard.pageName, Array(page))
    for text in texts { try zip.add(text.name, Array(text.data)) }
    for part in weights { zip.add(part.name, file: part.file) }
    try zip.write(to: file)
    progress(WorkProgress("model", done: total, of: total, detail: "done"))
    return (stage.folds, Digest.sha256(try Data(contentsOf: file, options: .mappedIfSafe)))
  }
}
