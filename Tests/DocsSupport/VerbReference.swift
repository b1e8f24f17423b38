// SPDX-License-Identifier: Apache-2.0
package import Foundation

/// The page of all verbs and their options, made of what `cac --experimental-dump-help` says.
package struct VerbReference {
  /// The page, below the root of the repository.
  package static let path = "Docs/reference/verbs.md"

  /// A command with its arguments and subcommands.
  package struct Command: Decodable {
    package let commandName: String
    package let abstract: String?
    package let discussion: String?
    package let arguments: [Argument]?
    package let subcommands: [Command]?
  }

  /// An argument, an option or a flag.
  package struct Argument: Decodable {
    package struct Name: Decodable {
      package let kind: String
      package let name: String
    }

    package let kind: String
    package let names: [Name]?
    package let valueName: String?
    package let abstract: String?
    package let defaultValue: String?
    package let allValues: [String]?
    package let isOptional: Bool
    package let isRepeating: Bool
    package let shouldDisplay: Bool

    /// The names as they are typed, short ones first.
    package var flags: [String] {
      (names ?? []).map { $0.kind == "short" ? "-\($0.name)" : "--\($0.name)" }
        .sorted { ($0.count, $0) < ($1.count, $1) }
    }

    /// How the argument is typed, for example `-j, --jobs <jobs>`.
    package var typed: String {
      let value = "<\(valueName ?? "value")>" + (isRepeating ? " …" : "")
      switch kind {
      case "positional": return value
      case "flag": return flags.joined(separator: ", ")
      default: return flags.joined(separator: ", ") + " \(value)"
      }
    }
  }

  private struct Dump: Decodable {
    let command: Command
  }

  /// The command `cac`.
  package let root: Command

  /// Reads what the command wrote.
  package init(dump: Data) throws { root = try JSONDecoder().decode(Dump.self, from: dump).command }

  /// Every verb by its full name, for example "cac coca audit", with the options that it takes.
  package var options: [String: Set<String>] {
    var found: [String: Set<String>] = [:]
    visit(root, "") { name, command in
      found[name] = Set((command.arguments ?? []).flatMap(\.flags))
    }
    return found
  }

  /// Every option of any verb by its names, for example "--engine", with the values that it allows;
  /// options that take any value are left out.
  package var allowedValues: [String: Set<String>] {
    var found: [String: Set<String>] = [:]
    visit(root, "") { _, command in
      for argument in command.arguments ?? [] {
        guard let values = argument.allValues, !values.isEmpty else { continue }
        for flag in argument.flags.isEmpty ? [argument.typed] : argument.flags {
          found[flag, default: []].formUnion(values)
        }
      }
    }
    return found
  }

  /// The page.
  package var markdown: String {
    var parts = [
      "# Verbs and options",
      "Written by `scripts/reference` from the program's own help; a test compares the two. "
        + "`cac help VERB` prints the same. Every verb also takes `--help` and `--version`.",
    ]
    var contents: [String] = []
    var sections: [String] = []
    visit(root, "") { name, command in
      guard !name.isEmpty, name != "cac", command.commandName != "help" else { return }
      let anchor = name.replacing(" ", with: "-")
      contents.append("| [`\(name)`](#\(anchor)) | \(Self.cell(command.abstract ?? "")) |")
      sections.append(Self.section(name, command))
    }
    parts.append((["| verb | does |", "| --- | --- |"] + contents).joined(separator: "\n"))
    return (parts + sections).joined(separator: "\n\n") + "\n"
  }

  private func visit(_ command: Command, _ parent: String, _ body: (String, Command) -> Void) {
    let name = parent.isEmpty ? command.commandName : "\(parent) \(command.commandName)"
    body(name, command)
    for inner in command.subcommands ?? [] { visit(inner, name, body) }
  }

  private static func section(_ name: String, _ command: Command) -> String {
    let shown = (command.arguments ?? []).filter {
      $0.shouldDisplay && !$0.flags.contains("--help") && !$0.flags.contains("--version")
    }
    let isGroup = command.subcommands?.isEmpty == false
    var parts = ["## \(name)", command.abstract ?? ""]
    if !isGroup {
      let typed = shown.filter { $0.kind == "positional" || !$0.isOptional && $0.kind == "option" }
        .map { $0.kind == "positional" && $0.isOptional ? "[\($0.typed)]" : $0.typed }
      let rest = shown.contains { $0.kind != "positional" && $0.isOptional } ? ["[options]"] : []
      parts.append("    " + ([name] + typed + rest).joined(separator: " "))
    }
    if let discussion = command.discussion, !discussion.isEmpty {
      parts.append("```text\n\(discussion.trimmingCharacters(in: .newlines))\n```")
    }
    if !shown.isEmpty {
      let rows = shown.map { "| `\($0.typed)` | \(meaning($0)) |" }
      parts.append((["| argument | means |", "| --- | --- |"] + rows).joined(separator: "\n"))
    }
    return parts.joined(separator: "\n\n")
  }

  private static func meaning(_ argument: Argument) -> String {
    var notes: [String] = []
    if let values = argument.allValues, !values.isEmpty {
      notes.append("values: " + values.joined(separator: ", "))
    }
    if let value = argument.defaultValue, argument.kind != "flag" {
      // The number of processors of the machine that wrote the page is of no use to others.
      let isJobs = argument.flags.contains("--jobs")
      notes.append("default: " + (isJobs ? "the number of processors" : value))
    }
    let text = argument.abstract ?? ""
    return cell(notes.isEmpty ? text : "\(text) (\(notes.joined(separator: "; ")))")
  }

  private static func cell(_ text: String) -> String {
    text.split(whereSeparator: \.isNewline).joined(separator: " ").replacing("|", with: "\\|")
      .replacing("<", with: "&lt;")
  }
}
