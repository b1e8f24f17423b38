// SPDX-License-Identifier: Apache-2.0
import ArgumentParser
import Files
import Foundation
import NodeArguments

/// The program behind `cac listen`, and behind `cac send` and `cac fetch` where the peer is a web address.
///
/// 0 done · 1 failed · 2 wrong usage · 3 done with files left out, as for `cac`. Two first words are for
/// processes that it starts itself: `Receiving.word` and `Scorer.word`.
@main
enum Main {
  /// The verbs under the name that users know.
  struct Verbs: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
      commandName: "cac", abstract: "The verbs of cac that need its node.",
      subcommands: [ListenCommand.self, SendCommand.self, FetchCommand.self])
  }

  static func main() async {
    let arguments = (1..<max(1, Int(CommandLine.argc))).compactMap { index in
      CommandLine.unsafeArgv[index].map { RawFileName.argument($0) }
    }
    // A peer that hangs up must not end the program.
    signal(SIGPIPE, SIG_IGN)
    switch arguments.first {
    case Receiving.word: Receiving.run(arguments)
    case Scorer.word: Scorer.run(arguments)
    default: break
    }
    NodeVerbs.handle { verb in
      switch verb {
      case .listen(let command): try await inThread { try Listening(command).run() }
      case .status(let command): try SmallVerbs.status(command)
      case .retry(let command): try SmallVerbs.retry(command)
      case .send(let command): try await WebVerbs.send(command)
      case .fetch(let command): try await WebVerbs.fetch(command)
      }
    }
    do {
      var command = try Verbs.parseAsRoot(arguments)
      if var asynchronous = command as? any AsyncParsableCommand {
        try await asynchronous.run()
      } else {
        try command.run()
      }
    } catch {
      finish(error, verb: arguments.first ?? "listen")
    }
  }

  /// Does long work that waits in a thread of its own: Swift's own threads may be as few as one, and are for what
  /// is asynchronous.
  private static func inThread(_ body: @escaping @Sendable () throws -> Void) async throws {
    try await withCheckedThrowingContinuation { continuation in
      let thread = Thread { continuation.resume(with: Result(catching: body)) }
      thread.stackSize = 8 << 20
      thread.start()
    }
  }

  private static func finish(_ error: any Error, verb: String) -> Never {
    func complain(_ text: String) {
      let line = text.split(whereSeparator: \.isNewline).joined(separator: " ")
      FileHandle.standardError.write(Data("cac: \(line)\n".utf8))
    }
    switch Verbs.exitCode(for: error) {
    case .success:
      print(Verbs.fullMessage(for: error))
      exit(0)
    case .validationFailure:
      complain(Verbs.message(for: error) + " (see cac \(verb) --help)")
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
