// SPDX-License-Identifier: Apache-2.0
import ArgumentParser
import Operations
import Workflow

/// `cac cluster run`: by bash.
struct ClusterRunCommand: AsyncParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "run", abstract: "Run the same scripts here by bash, one after the other.",
    discussion: """
      Example: cac cluster run 501 -c 2d --folds 0-1 -- --epochs 20
      What was done before is passed over, so the same line goes on after an interruption.
      """)

  @OptionGroup var options: ClusterOptions

  func run() async throws {
    let run = try options.run()
    for note in run.work.notes { writeToStandardError("note: \(note)") }
    guard try await run.runHere() else {
      throw WorkflowError(
        .program, "a step failed, see above; the same command goes on where it stopped")
    }
  }
}
