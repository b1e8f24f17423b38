// SPDX-License-Identifier: Apache-2.0
import ArgumentParser
import Text

/// Where a wrong command line went wrong: the verb whose help tells more, and an unknown verb.
struct UsageHelp {
  /// The verb that was named, with those above it: "cac coca prepare".
  private(set) var verb = "cac"
  /// A sentence about a verb that does not exist; `nil` where the fault is another one.
  private(set) var unknownVerb: String?

  /// Follows the arguments as far as they name verbs.
  init(_ arguments: [String]) {
    var command: any ParsableCommand.Type = CAC.self
    for argument in arguments {
      let verbs = command.configuration.subcommands
      // What follows an option may be its value.
      guard !verbs.isEmpty, !argument.hasPrefix("-") else { return }
      if argument == "help" { continue }
      guard let next = verbs.first(where: { $0.configuration.commandName == argument }) else {
        // Without a verb the default one is meant, as in cac review STUDY.
        guard command.configuration.defaultSubcommand == nil else { return }
        // A key path into a metatype makes Swift 6.3's compiler crash.
        let names = verbs.compactMap { $0.configuration.commandName }
        unknownVerb =
          "\(verb) has no verb '\(argument.shown())'"
          + (suggestion(for: argument, among: names).map { "; did you mean \($0)?" } ?? "")
        return
      }
      verb += " \(argument)"
      command = next
    }
  }
}
