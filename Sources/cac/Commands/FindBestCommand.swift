// SPDX-License-Identifier: Apache-2.0
import ArgumentParser
import Foundation
import Segmentation

/// `cac find-best`: the best of several configurations and their ensembles.
struct FindBestCommand: AsyncParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "find-best",
    abstract: "Compare cross-validated configurations and their ensembles, and choose.",
    discussion: """
      Example: cac find-best 501 -c 2d 3d_fullres
      Needs the validation of every fold, for ensembles with its probabilities. Writes \
      inference_instructions.txt, the commands that predict new scans with the best.
      """)

  @Argument(help: "The data set: its number or its full name.")
  var dataset: String
  @Option(
    name: .shortAndLong, parsing: .upToNextOption,
    help: "The configurations (default: those of the plans that are trained).")
  var configurations: [String] = []
  @Option(parsing: .upToNextOption, help: "The folds, as 0-4 or 0 1 2.")
  var folds: [FoldRange] = [FoldRange(0...4)]
  @Option(parsing: .upToNextOption, help: "The plans' names.")
  var plans: [String] = ["nnUNetPlans"]
  @Option(parsing: .upToNextOption, help: "The trainers' names.")
  var trainers: [String] = ["nnUNetTrainer"]
  @Flag(help: "Compare single configurations only; probabilities are then not needed.")
  var noEnsembling = false
  @Option(
    help: """
      dice (nnU-Net's), or agatston: Spearman's correlation of the Agatston scores of predictions and \
      references, then linear kappa of their classes.
      """)
  var by: BestConfiguration.Criterion = .dice
  @Flag(help: "Print JSON.")
  var json = false
  @OptionGroup var roots: RootOptions
  @OptionGroup var jobs: JobOptions

  func run() async throws {
    var options = BestConfiguration.Options()
    options.configurations = configurations
    options.plans = plans
    options.trainers = trainers
    options.folds = try FoldRange.numbers(folds)
    options.ensembles = !noEnsembling
    options.criterion = by
    options.jobs = jobs.jobs
    let bar = ProgressBar()
    let found = try await BestConfiguration.find(
      dataset: dataset, roots: roots.roots, options: options, progress: bar.handler)
    for note in found.notes { bar.say("note: \(note)") }
    print(json ? try found.json : found.table)
  }
}
