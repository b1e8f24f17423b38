// SPDX-License-Identifier: Apache-2.0
import ArgumentParser
import Foundation
import NNUNet
import Segmentation
import Studies
import Text
import Workflow

/// `cac postprocess`: what is done to label maps after the network.
struct PostprocessCommand: AsyncParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "postprocess",
    abstract: "Find out whether keeping only the largest connected component helps, or do it.",
    discussion: """
      find-best does the first for the best model, and predict --postprocessing the second.
      """,
    subcommands: [PostprocessDetermine.self, PostprocessApply.self])
}

/// `cac postprocess determine`: nnU-Net's search.
struct PostprocessDetermine: AsyncParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "determine",
    abstract: "Write postprocessing.json beside predictions of cases whose labels are known.",
    discussion:
      "Example: cac postprocess determine crossval_results nnUNet_raw/Dataset501_COCA/labelsTr")

  @Argument(help: "The folder of predicted label maps, those of all cases.")
  var predictions: String
  @Argument(help: "The folder of reference label maps.")
  var reference: String
  @Option(help: "The data set's description (default: dataset.json in the folder).")
  var datasetJson: String?
  @OptionGroup var jobs: JobOptions

  func run() async throws {
    let folder = try LabelFolder(path(predictions), datasetFile: datasetJson.map(path))
    let found = try await PostProcessingSearch.run(
      folder, reference: path(reference), jobs: jobs.jobs, progress: ProgressBar().handler)
    let file = try await found.write(to: folder, jobs: jobs.jobs)
    print("\(found.description)\n\(file.path)")
  }
}

/// `cac postprocess apply`: the steps of a `postprocessing.json`.
struct PostprocessApply: AsyncParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "apply", abstract: "Apply a postprocessing.json to a folder of label maps.",
    discussion: "Example: cac postprocess apply predictions cleaned --file postprocessing.json")

  @Argument(help: "The folder of label maps.")
  var input: String
  @Argument(help: "The folder for the results.")
  var output: String
  @Option(help: "The postprocessing.json.")
  var file: String
  @Option(help: "The data set's description (default: dataset.json in the folder).")
  var datasetJson: String?
  @OptionGroup var jobs: JobOptions

  func run() async throws {
    let steps = try PostProcessing.read(from: path(file))
    let folder = try LabelFolder(path(input), datasetFile: datasetJson.map(path))
    let count = try await folder.apply(steps, to: path(output), jobs: jobs.jobs)
    print("\(counted(count, "label map")) in \(output)")
  }
}
