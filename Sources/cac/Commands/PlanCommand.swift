// SPDX-License-Identifier: Apache-2.0
import ArgumentParser
import Segmentation

/// `cac plan`: fingerprint and plans.
struct PlanCommand: AsyncParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "plan", abstract: "Check a data set, take its fingerprint and plan its networks.",
    discussion: "Example: cac plan 501")

  @Argument(help: "The data set: its number or its full name.")
  var dataset: String
  @Option(help: "The planner; default is nnU-Net's ExperimentPlanner.")
  var planner = PlannerArgument.standard
  @Option(help: "The graphics memory to plan for, in GB (default: the planner's, 8).")
  var memory: Double?
  @Option(help: "The channels of the network's first stage; each next one has twice as many.")
  var features = 32
  @Option(
    help: """
      Normalise the CT by a window in HU, LOW:HIGH (--ct-window=-160:640), instead of the percentiles of the \
      calcium, which blank all soft tissue.
      """)
  var ctWindow: CTWindow?
  @Option(
    help: "Intensities to draw from each channel's foreground; fewer take less time and memory.")
  var samples = 100_000_000
  @Flag(help: "Print the plans as JSON.")
  var json = false
  @OptionGroup var roots: RootOptions
  @OptionGroup var jobs: JobOptions

  func validate() throws {
    guard samples > 0 else {
      throw ValidationError("--samples must be positive, not \(samples)")
    }
    if let memory, !(memory > 0) {
      throw ValidationError("--memory must be positive, not \(memory)")
    }
    guard (1...320).contains(features) else {
      throw ValidationError("--features must be from 1 to 320, not \(features)")
    }
  }

  func run() async throws {
    let plan = try await DatasetPlanning.run(
      dataset: dataset, planner: planner.variant, memory: memory, features: features,
      window: ctWindow, samples: samples, roots: roots.roots, jobs: jobs.jobs,
      progress: ProgressBar().handler)
    print(json ? try plan.json : plan.table)
    if let first = plan.notes.first {
      let others = plan.notes.count - 1
      let more = others == 0 ? "" : " (and \(others) more such cases)"
      writeToStandardError("note: \(first)\(more)")
    }
  }
}
