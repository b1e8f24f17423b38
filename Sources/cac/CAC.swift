// SPDX-License-Identifier: Apache-2.0
import ArgumentParser
import Foundation
import Torch
import Workflow

/// The command `cac`.
struct CAC: AsyncParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "cac",
    abstract: "Coronary artery calcium: from cardiac CT to the score.",
    discussion: """
      A first run, on synthetic scans:
        cac phantom cohort --subjects 40 --matrix 128 --slices 24
        cac coca prepare cohort --dataset 901_Phantom --dimension 3d --test-fraction 0.3
        cac plan 901 && cac preprocess 901 -c 2d
        cac train 901 2d 0 --minutes 5
      Research software, not a medical device.
      """,
    version: RunRecord.version,
    subcommands: [
      PhantomCommand.self, COCACommand.self, PlanCommand.self, PreprocessCommand.self,
      TrainCommand.self, ModelCommand.self, FindBestCommand.self, PredictCommand.self,
      EnsembleCommand.self, PostprocessCommand.self, ScoreCommand.self,
      EvaluateCommand.self, ClusterCommand.self,
      ReportCommand.self, DoctorCommand.self,
    ])
}

/// Runs the command and turns every outcome into an exit status.
///
/// 0 done · 1 failed · 2 wrong usage · 3 done with subjects left out.
@main
enum Main {
  static func main() async {
    do {
      var command = try CAC.parseAsRoot()
      if command is PredictCommand || command is ScoreCommand { TorchRuntime.shareHeap() }
      if var asynchronous = command as? any AsyncParsableCommand {
        try await asynchronous.run()
      } else {
        try command.run()
      }
    } catch {
      finish(error)
    }
  }

  private static func finish(_ error: any Error) -> Never {
    let code = CAC.exitCode(for: error)
    switch code {
    case .success:
      // Help and version arrive as errors that mean success.
      print(CAC.fullMessage(for: error))
      exit(0)
    case .validationFailure:
      let sentence = CAC.message(for: error).split(separator: "\n").joined(separator: " ")
      complain("\(sentence) (see cac --help)")
      exit(2)
    default:
      if let status = error as? ExitCode { exit(status.rawValue) }
      complain(singleLine("\(error)"))
      exit(1)
    }
  }

  private static func singleLine(_ text: String) -> String {
    text.split(whereSeparator: \.isNewline).joined(separator: " ")
  }

  private static func complain(_ line: String) {
    writeToStandardError("cac: \(line)")
  }
}

/// The file URL of a path as the user typed it, relative paths from the current folder.
func path(_ text: String) -> URL { URL(fileURLWithPath: text) }
