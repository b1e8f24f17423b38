// SPDX-License-Identifier: Apache-2.0
import Files
package import Foundation
import NNUNet
import Studies
import Text
import Volume
package import Workflow

/// Averages the probabilities of several configurations' predictions (nnU-Net's ensembles).
///
/// The folds of one configuration are averaged as logits during prediction. Configurations have
/// different grids, so they are averaged as probabilities on the image's grid.
///
/// ```swift
/// let outcome = try EnsembleRun(folders: [first, second], output: output).run { print($0) }
/// ```
package struct EnsembleRun: Sendable {
  private let folders: [URL]
  private let output: URL
  private let keepsProbabilities: Bool
  private let resume: Bool

  /// An ensemble of folders that `predict --probabilities` or nnU-Net's `--save_probabilities`
  /// wrote.
  package init(
    folders: [URL], output: URL, keepsProbabilities: Bool = false, resume: Bool = false
  ) {
    self.folders = folders
    self.output = output
    self.keepsProbabilities = keepsProbabilities
    self.resume = resume
  }

  /// Writes a label map for each case, with the first folder's grid and labels.
  ///
  /// - Throws: `WorkflowError` where a folder lacks a case of the others, since a mean over fewer
  ///   models would be another model; or where the folders are of different data sets.
  package func run(progress: ProgressHandler) throws -> PredictionRun.Outcome {
    let cases = try cases()
    let (labels, ending) = try description()
    try Folder.create(output)
    var done: [String] = []
    var earlier: [String] = []
    for (index, name) in cases.enumerated() {
      try Task.checkCancellation()
      let target = output.appendingPathComponent(name + ending)
      if resume, Folder.isFile(target) {
        earlier.append(name)
      } else {
        try merge(name, labels, to: target)
        done.append(name)
      }
      progress(WorkProgress("ensemble", done: index + 1, of: cases.count, detail: name))
    }
    for file in DatasetDescription.filesBesideLabels {
      let source = folders[0].appendingPathComponent(file)
      if Folder.isFile(source) {
        try StagedFile.write(
          Data(contentsOf: source), to: output.appendingPathComponent(file))
      }
    }
    try RunRecord(command: "ensemble").write(beside: output.appendingPathComponent("predictions"))
    return PredictionRun.Outcome(cases: done, earlier: earlier, leftOut: [], remarks: [])
  }

  private func cases() throws -> [String] {
    var first: [String] = []
    for (index, folder) in folders.enumerated() {
      let names = try Folder.names(in: folder).filter { $0.hasSuffix(".npz") }
        .map { String($0.dropLast(4)) }
      guard !names.isEmpty else {
        throw WorkflowError(
          .missing, "\(folder.path): holds no probabilities (.npz); predict with --probabilities")
      }
      if index == 0 { first = names }
      if let odd = Set(first).symmetricDifference(names).min() {
        let (with, without) =
          names.contains(odd) ? (folder, folders[0]) : (folders[0], folder)
        throw WorkflowError(
          .missing,
          "\(without.path): holds no \(odd).npz, as \(with.path) does; predict the same cases with "
            + "each model")
      }
    }
    return first
  }

  /// The labels of the data set and the ending of its label maps.
  private func description() throws -> (LabelScheme, ending: String) {
    func read(_ folder: URL) throws -> DatasetDescription {
      try DatasetDescription.read(from: folder.appendingPathComponent("dataset.json"))
    }
    let file = folders[0].appendingPathComponent("dataset.json")
    guard Folder.isFile(file) else {
      throw WorkflowError(
        .missing,
        "\(file.path): no such file, which says what the probabilities are of; copy the model's")
    }
    let first = try read(folders[0])
    for folder in folders.dropFirst()
    where Folder.isFile(folder.appendingPathComponent("dataset.json")) {
      guard try read(folder).labels == first.labels else {
        throw WorkflowError(
          .invalid,
          "\(folder.path): its dataset.json has other labels than that of \(folders[0].path); only "
            + "models of one data set can be averaged")
      }
    }
    return (first.labels, ending(first))
  }

  /// The ending of the first folder's label maps, or of its data set where it holds none.
  ///
  /// Predictions of DICOM or NIfTI scans keep .nii.gz, whatever ending the data set has.
  private func ending(_ dataset: DatasetDescription) -> String {
    let names = (try? Folder.names(in: folders[0])) ?? []
    if names.contains(where: { $0.hasSuffix(dataset.fileEnding) }) { return dataset.fileEnding }
    let isNIfTI = names.contains { $0.hasSuffix(".nii.gz") }
    return isNIfTI ? ".nii.gz" : dataset.fileEnding
  }

  private func merge(_ name: String, _ labels: LabelScheme, to target: URL) throws {
    var sum = ConfigurationEnsemble()
    var geometry: Geometry?
    for folder in folders {
      let next = try ProbabilityFile.read(case: name, in: folder, geometry: geometry)
      geometry = next.first?.geometry
      guard next.count == labels.outputCount else {
        throw WorkflowError(
          .invalid,
          "\(folder.path)/\(name).npz: has \(counted(next.count, "class", "classes")), dataset.json has "
            + "\(labels.outputCount)")
      }
      try sum.add(next, subject: "\(folder.path)/\(name).npz")
    }
    let mean = sum.mean
    if keepsProbabilities {
      try ProbabilityFile.write(mean, case: name, in: output)
      let properties = folders[0].appendingPathComponent("\(name).pkl")
      if Folder.isFile(properties) {
        try StagedFile.write(
          Data(contentsOf: properties), to: output.appendingPathComponent("\(name).pkl"))
      }
    }
    try labels.map(probabilities: mean).write(to: target)
  }
}
