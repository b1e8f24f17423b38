// SPDX-License-Identifier: Apache-2.0
import Files
import Foundation
import NNUNet
import Workflow

/// Brings the first stage's prediction of a case onto the grid of the next stage of a cascade.
struct NextStage {
  private let export: Export
  private let configuration: String
  private let cases: CaseFolder
  private let dataset: Dataset

  /// The way from an exporter's configuration to a later one of the same plan.
  init(_ export: Export, to configuration: String, of dataset: Dataset) throws {
    self.export = export
    self.configuration = configuration
    self.dataset = dataset
    cases = CaseFolder(
      dataset.preprocessed(try export.plans.configuration(configuration).dataIdentifier))
  }

  /// Writes the labels of logits (channel, z, y, x) as a case without channels.
  func write(
    _ logits: [Float16], of preprocessed: PreprocessedCase, to folder: CaseFolder
  ) throws {
    guard Folder.isFile(cases.file(of: preprocessed.name)) else {
      throw WorkflowError(
        .missing,
        "\(cases.url.path): \(preprocessed.name) is not preprocessed for the next stage; run: "
          + "cac preprocess \(dataset.name) -c \(configuration), then train with --validate-only")
    }
    let shape = try cases.open(preprocessed.name).shape
    try folder.write(
      PreprocessedCase(
        name: preprocessed.name, channels: 0, shape: shape, data: [],
        labels: export.nextStageLabels(logits: logits, of: preprocessed, newShape: shape),
        properties: preprocessed.properties))
  }
}
