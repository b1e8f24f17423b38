// SPDX-License-Identifier: Apache-2.0
import ArgumentParser
import Figures
import Foundation
import Results

/// `cac report`: one page.
struct ReportCommand: AsyncParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "report", abstract: "Write one self-contained HTML page.",
    discussion: """
      Example: cac report evaluation --images imagesTs --reference labelsTs \
      --prediction predictions --model nnUNet_results/…/nnUNetTrainer__nnUNetPlans__2d

      Of several models: cac report comparison --images imagesTs --reference labelsTs \
      --prediction predictions-2d predictions-3d --worst 10
      """)

  @Argument(help: "A folder that cac evaluate --out has written.")
  var folder: String
  @Option(help: "The scans, for the pictures of slices with calcium.")
  var images: String?
  @Option(help: "The reference masks.")
  var reference: String?
  @Option(
    parsing: .upToNextOption,
    help: ArgumentHelp("The predicted masks, a folder for each model.", valueName: "folders"))
  var prediction: [String] = []
  @Option(
    parsing: .upToNextOption,
    help: ArgumentHelp(
      "The model folder, or several, for learning curves and plans.", valueName: "folders"))
  var model: [String] = []
  @Option(help: "prepare-report.json, for the cohort and its exclusions.")
  var cohort: String?
  @Option(
    help:
      "A folder that cac train-risk --out has written, for sections on risk and reclassification.")
  var risk: String?
  @Option(
    parsing: .upToNextOption,
    help: ArgumentHelp(
      "Folders that cac explain has written, for sections on why their scores are what they are.",
      valueName: "folders"))
  var explain: [String] = []
  @Option(help: "Show slices of this many subjects, the worst ones (default: all).")
  var worst: Int?
  @Option(help: "The axes of scores in figures: log1p or linear.")
  var axes: Scale = .log1p
  @Option(name: .shortAndLong, help: "The page (default: report.html in the folder).")
  var output: String?

  func run() async throws {
    let page = try await ReportRun(
      folder: path(folder), images: images.map(path), reference: reference.map(path),
      predictions: prediction.map(path), models: model.map(path), cohort: cohort.map(path),
      risk: risk.map(path), explanations: explain.map(path), scale: axes, worst: worst
    ).write(to: output.map(path))
    print(page.path)
  }
}
