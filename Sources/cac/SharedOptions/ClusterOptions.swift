// SPDX-License-Identifier: Apache-2.0
import ArgumentParser
import Foundation
import Operations
import Workflow

/// The steps to run on a cluster or by bash, and their resources.
struct ClusterOptions: ParsableArguments {
  @Argument(help: "The data set: its number or its full name.")
  var dataset: String
  @Option(
    name: .shortAndLong, parsing: .upToNextOption, help: "The configurations to train.")
  var configurations: [String] = ["2d"]
  @Option(parsing: .upToNextOption, help: "The folds, as 0-4 or 0 1 2.")
  var folds: [FoldRange] = [FoldRange(0...4)]
  @Option(help: "How many folds of one configuration run at a time (default: all).")
  var atOnce: Int?
  @Option(help: "Into how many tasks preprocessing and prediction are divided.")
  var parts = 1
  @Option(help: "The last step.")
  var until = ClusterWork.StepKind.evaluate
  @Option(help: "Scans to predict (default: the data set's imagesTs).")
  var input: String?
  @Option(
    help: "The folder for predictions and evaluation (default: predictions beside the scripts).")
  var output: String?
  @Option(help: "Reference label maps of these scans (default: the data set's labelsTs).")
  var reference: String?
  @Option(
    help: """
      A file of lines such as train.time = 24:00:00, partition = gpu or setup = module load cuda.
      """)
  var settings: String?
  @Option(
    name: .customLong("set"),
    help: "One such line, over the file's: --set train.gpus=2; repeatable.")
  var overrides: [String] = []
  @Argument(parsing: .postTerminator, help: "Further arguments of cac train.")
  var training: [String] = []
  @OptionGroup var roots: RootOptions

  func validate() throws {
    guard (1...1000).contains(parts) else {
      throw ValidationError("--parts must be from 1 to 1000, not \(parts)")
    }
    if let atOnce, atOnce < 1 {
      throw ValidationError("--at-once must be at least 1, not \(atOnce)")
    }
    guard Set(configurations).count == configurations.count, !configurations.isEmpty else {
      throw ValidationError("-c names a configuration twice, or none")
    }
  }

  /// The run that the options describe.
  func run() throws -> ClusterRun {
    var options = ClusterWork.Options()
    options.configurations = configurations
    options.folds = try FoldRange.numbers(folds)
    options.maxParallel = atOnce
    options.parts = parts
    options.lastStep = until
    options.input = input.map { path($0).path }
    options.output = output.map { path($0).path }
    options.reference = reference.map { path($0).path }
    options.training = training
    guard let executable = Bundle.main.executableURL else {
      throw WorkflowError(
        .missing, "the path of cac itself cannot be found; start it by its full path")
    }
    return try ClusterRun(
      dataset: dataset, options: options,
      settings: ClusterSettings(file: settings.map(path), overrides: overrides),
      roots: roots.roots, executable: executable)
  }
}
