// SPDX-License-Identifier: Apache-2.0
import Concurrency
import Files
import Foundation
import NNUNet
import Studies
import Volume
import Workflow

/// One configuration's predictions of its validation cases, which each fold was not trained on.
struct CrossValidation: Sendable {
  /// The model folder, `<trainer>__<plans>__<configuration>`.
  let folder: URL
  /// The folds.
  let folds: [Int]

  /// The name of the model folder.
  var identifier: String { folder.lastPathComponent }
  /// The configuration in the folder's name.
  private var configuration: String { ModelName(identifier)?.configuration ?? identifier }
  /// The folds as nnU-Net's folders name them.
  static func name(of folds: [Int]) -> String { folds.map { "\($0)" }.joined(separator: "_") }

  private func validation(_ fold: Int) throws -> URL {
    let validation = folder.appendingPathComponent("fold_\(fold)/validation")
    guard Folder.isFolder(validation) else {
      throw WorkflowError(
        .missing,
        "\(validation.path): fold \(fold) of \(configuration) is missing or was not validated; "
          + "train it, or name the folds that are there by --folds")
    }
    return validation
  }

  /// The files of an ending in the validation folders of all folds, by name.
  ///
  /// - Throws: `WorkflowError` where a folder has no such file, or two folds have the same case.
  private func files(ending: String, hint: String) throws -> [String: URL] {
    var found: [String: URL] = [:]
    for fold in folds {
      let source = try validation(fold)
      let names = try Folder.names(in: source).filter { $0.hasSuffix(ending) }
      guard !names.isEmpty else {
        throw WorkflowError(.missing, "\(source.path): holds no \(hint)")
      }
      for name in names {
        let file = source.appendingPathComponent(name)
        if let other = found.updateValue(file, forKey: name) {
          throw WorkflowError(
            .invalid,
            "\(file.path): the case was also predicted in \(other.path); "
              + "folds must not share cases, so remove the one of an older splits_final.json")
        }
      }
    }
    return found
  }

  /// The label maps of all folds, by file name.
  func labelMaps(_ dataset: DatasetDescription) throws -> [String: URL] {
    try files(ending: dataset.fileEnding, hint: "label map (*\(dataset.fileEnding))")
  }

  /// The probabilities of all folds, by file name.
  func probabilities() throws -> [String: URL] {
    try files(
      ending: ".npz",
      hint: "probabilities (*.npz), which ensembles need; validate with cac train --probabilities "
        + "(nnUNetv2_train --val --npz), or pass --no-ensembling")
  }

  /// Copies the label maps of all folds into `crossval_results_folds_…`, replacing what was there.
  func gather() throws -> LabelFolder {
    let dataset = try DatasetDescription.read(from: folder.appendingPathComponent("dataset.json"))
    let maps = try labelMaps(dataset)
    let merged = folder.appendingPathComponent("crossval_results_folds_\(Self.name(of: folds))")
    try Folder.write(to: merged) { staged in
      for name in DatasetDescription.filesBesideLabels {
        try StagedFile.write(
          FileBytes.read(folder.appendingPathComponent(name)),
          to: staged.appendingPathComponent(name))
      }
      for file in maps.values.flatMap(LabelFile.files) {
        try StagedFile.write(
          FileBytes.read(file), to: staged.appendingPathComponent(file.lastPathComponent))
      }
    }
    return try LabelFolder(merged, dataset: dataset)
  }

  /// Averages the probabilities of two configurations into label maps in a folder.
  ///
  /// Their folds may differ, as long as both models have every case.
  static func ensemble(
    _ first: CrossValidation, _ second: CrossValidation, in output: URL, jobs: Int
  ) async throws -> LabelFolder {
    let dataset = try DatasetDescription.read(
      from: first.folder.appendingPathComponent("dataset.json"))
    let (a, b) = (try first.probabilities(), try second.probabilities())
    for (model, files, others) in [(first, a, b), (second, b, a)] {
      let missing = Set(others.keys).subtracting(files.keys).sorted()
      if let name = missing.first {
        let more = missing.count > 1 ? " and \(missing.count - 1) more" : ""
        throw WorkflowError(
          .missing,
          "\(model.folder.path): has no \(name)\(more) in its folds, which the other model has; "
            + "validate the same cases, or pass --no-ensembling")
      }
    }
    try Folder.remove(output)
    try Folder.create(output)
    _ = try await a.keys.sorted().concurrentMap(width: jobs) { name in
      guard let file = a[name], let other = b[name] else { return }
      let mapName = String(name.dropLast(4)) + dataset.fileEnding
      let map = file.deletingLastPathComponent().appendingPathComponent(mapName)
      // The grid is that of the first model's label map.
      let geometry = try LabelFile.geometry(of: map)
      var sum = ConfigurationEnsemble()
      for file in [file, other] {
        try sum.add(
          ProbabilityFile.read(
            case: String(name.dropLast(4)), in: file.deletingLastPathComponent(),
            geometry: geometry),
          subject: file.path)
      }
      try dataset.labels.map(probabilities: sum.mean)
        .write(to: output.appendingPathComponent(mapName))
    }
    for name in DatasetDescription.filesBesideLabels {
      try StagedFile.write(
        FileBytes.read(first.folder.appendingPathComponent(name)),
        to: output.appendingPathComponent(name))
    }
    return try LabelFolder(output, dataset: dataset)
  }
}
