// SPDX-License-Identifier: Apache-2.0
import ArgumentParser
import Files
import Foundation
import NodeArguments
import ReviewArguments
import Torch
import Workflow

/// The command `cac`.
struct CAC: AsyncParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "cac",
    abstract: "Coronary artery calcium: from cardiac CT to the score.",
    discussion: """
      A first run, on synthetic scans:
        cac phantom cohort --subjects 12 --matrix 128 --slices 24
        cac coca prepare cohort --dataset 901_Phantom --dimension 3d --test-fraction 0.3
        cac plan 901 && cac preprocess 901 -c 2d
        cac train 901 2d 0 --minutes 2
      Research software, not a medical device.
      """,
    version: RunRecord.version,
    subcommands: [
      PhantomCommand.self, COCACommand.self, PlanCommand.self, PreprocessCommand.self,
      TrainCommand.self, TrainStagesCommand.self, ModelCommand.self, FindBestCommand.self,
      PredictCommand.self,
      EnsembleCommand.self, PostprocessCommand.self, ScoreCommand.self, ReviewCommand.self,
      DICOMCommand.self, SendCommand.self, FetchCommand.self, ListenCommand.self,
      ExplainCommand.self,
      EvaluateCommand.self, ClusterCommand.self,
      CompareCommand.self, RiskCommand.self, TrainRiskCommand.self, ReportCommand.self,
      DoctorCommand.self,
    ])
}

/// Runs the command and turns every outcome into an exit status.
///
/// 0 done · 1 failed · 2 wrong usage · 3 done with subjects left out.
@main
enum Main {
  static func main() async {
    // Swift's own list of arguments would lose the bytes of a path that is not UTF-8.
    let arguments = (1..<max(1, Int(CommandLine.argc))).compactMap { index in
      CommandLine.unsafeArgv[index].map { RawFileName.argument($0) }
    }
    do {
      var command = try CAC.parseAsRoot(arguments)
      if command is PredictCommand || command is ScoreCommand || command is ExplainCommand
        || command is CompareCommand || command is DICOMCommand
      {
        TorchRuntime.shareHeap()
      }
      if var asynchronous = command as? any AsyncParsableCommand {
        try await asynchronous.run()
      } else {
        try command.run()
      }
    } catch {
      finish(error, arguments)
    }
  }

  private static func finish(_ error: any Error, _ arguments: [String]) -> Never {
    let code = CAC.exitCode(for: error)
    switch code {
    case .success:
      // Help and version arrive as errors that mean success.
      print(CAC.fullMessage(for: error))
      exit(0)
    case .validationFailure:
      let help = UsageHelp(arguments)
      let sentence = help.unknownVerb ?? singleLine(CAC.message(for: error))
      complain("\(sentence) (see \(help.verb) --help)")
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
