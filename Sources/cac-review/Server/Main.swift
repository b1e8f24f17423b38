// SPDX-License-Identifier: Apache-2.0
import ArgumentParser
import Files
import Foundation
import ReviewArguments
import Torch

/// The program behind `cac review`: the verbs of `ReviewCommand`, with server and store.
///
/// 0 done · 1 failed · 2 wrong usage · 3 done with studies left out, as for `cac`.
@main
enum Main {
  static func main() async {
    let arguments = (1..<max(1, Int(CommandLine.argc))).compactMap { index in
      CommandLine.unsafeArgv[index].map { RawFileName.argument($0) }
    }
    TorchRuntime.shareHeap()
    ReviewVerbs.handle { verb in
      switch verb {
      case .serve(let command): try await Serving(command).run()
      case .verify(let command): try verify(command)
      case .export(let command): try Exporting(command).run()
      case .addUser(let command): try addUser(command)
      case .listUsers(let command): try listUsers(command)
      }
    }
    do {
      var command = try ReviewCommand.parseAsRoot(arguments)
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
    let code = ReviewCommand.exitCode(for: error)
    func complain(_ text: String) {
      let line = text.split(whereSeparator: \.isNewline).joined(separator: " ")
      FileHandle.standardError.write(Data("cac: \(line)\n".utf8))
    }
    switch code {
    case .success:
      print(ReviewCommand.fullMessage(for: error))
      exit(0)
    case .validationFailure:
      complain(ReviewCommand.message(for: error) + " (see cac review --help)")
      exit(2)
    default:
      if let status = error as? ExitCode { exit(status.rawValue) }
      complain("\(error)")
      exit(1)
    }
  }
}

/// The file URL of a path as the user typed it.
func path(_ text: String) -> URL { URL(fileURLWithPath: text) }
