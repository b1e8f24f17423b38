// SPDX-License-Identifier: Apache-2.0
import ArgumentParser
import Operations

/// `cac cluster submit`: to Slurm.
struct ClusterSubmitCommand: AsyncParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "submit", abstract: "Write the scripts and submit them to Slurm.",
    discussion: """
      Example: cac cluster submit 501 -c 2d 3d_fullres --at-once 2 --set train.time=24:00:00 -- \
      --epochs 200 --device cuda
      Jobs may be requeued at any time: done tasks are passed over, trainings go on.
      """)

  @OptionGroup var options: ClusterOptions
  @Flag(help: "Print the scripts; write and submit nothing.")
  var dryRun = false

  func run() async throws {
    var run = try options.run()
    for note in run.work.notes { writeToStandardError("note: \(note)") }
    guard !dryRun else {
      print(run.text)
      return
    }
    try await run.submit()
    for step in run.work.steps { print("\(step.job ?? "–")  \(step.name)") }
    print("cac cluster status \(options.dataset) tells how far they are")
  }
}
