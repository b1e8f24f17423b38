// SPDX-License-Identifier: Apache-2.0
import ArgumentParser
import Segmentation

/// `cac preprocess`: crop, normalise, resample, store.
struct PreprocessCommand: AsyncParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "preprocess", abstract: "Crop, normalise and resample the cases of a data set.",
    discussion: """
      Examples:
        cac preprocess 501 -c 2d 3d_fullres
        cac preprocess 501 --plans nnUNetResEncUNetMPlans -c 3d_fullres 3d_lowres
      Cases that are there and still right are kept, so an interrupted run goes on. Several configurations \
      at once read each case once. The residual planners share nnUNetPlans_2d and _3d_fullres with the \
      default one, as in nnU-Net; where their settings differ, the cases are made anew.
      """)

  @Argument(help: "The data set: its number or its full name.")
  var dataset: String
  @Option(
    name: .shortAndLong, parsing: .upToNextOption, help: "The configurations to prepare for.")
  var configurations: [String] = ["2d"]
  @Option(help: "The name of the plans; cac plan --planner resenc-m makes nnUNetResEncUNetMPlans.")
  var plans = "nnUNetPlans"
  @OptionGroup var share: PartOptions
  @OptionGroup var roots: RootOptions
  @OptionGroup var jobs: JobOptions

  func run() async throws {
    let summaries = try await DatasetPreprocessing.run(
      dataset: dataset, plans: plans, configurations: configurations, roots: roots.roots,
      jobs: jobs.jobs, part: share.value, progress: ProgressBar().handler)
    for summary in summaries { print(summary) }
  }
}
