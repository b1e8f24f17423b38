// SPDX-License-Identifier: Apache-2.0
import ArgumentParser
import Foundation

/// This package's side of the comparisons of `scripts/parity`: it writes numbers and files that other
/// programs read, and compares its own results with what other programs wrote.
@main struct Oracle: AsyncParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "cac-oracle",
    abstract: "Numbers and files for comparisons with the field's libraries.",
    subcommands: [
      StatisticsVerb.self, ImagesVerb.self, CorpusVerb.self, ModelsVerb.self, MetricsVerb.self,
      SelectionVerb.self, ReferenceVerb.self,
    ])

  /// Prints what was compared if nothing differs; else the first differences, and fails.
  static func report(_ differences: [String], _ comparison: String) throws {
    guard !differences.isEmpty else { return print(comparison) }
    let lines = differences.prefix(20).map { "differs: \($0)" }
    FileHandle.standardError.write(Data((lines.joined(separator: "\n") + "\n").utf8))
    FileHandle.standardError.write(Data("\(differences.count) differences\n".utf8))
    throw ExitCode.failure
  }
}

/// The folder that each verb reads from or writes to.
struct FolderArgument: ParsableArguments {
  @Argument(help: "The folder of the comparison.")
  var folder: String

  var url: URL { URL(fileURLWithPath: folder) }
}
