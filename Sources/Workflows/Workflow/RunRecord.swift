// SPDX-License-Identifier: Apache-2.0
import Files
package import Foundation

/// What made an output: kept beside it, so that a number can be traced to its command and versions.
///
/// Outputs travel: a table goes to the statistician, a folder of masks to another hospital, and their
/// records with them. What may be a patient's name (of a folder or a file) is therefore never written,
/// and neither is a date of a study; who needs the whole command line has the shell's history.
package struct RunRecord: Codable, Hashable, Sendable {
  /// The version of this software.
  package static let version = "0.1.0"

  /// The verb, for example "score".
  package let command: String
  /// The arguments; written, and read from a file, with nothing in them that may be a name.
  package private(set) var arguments: [String]
  /// The version of this software.
  package let version: String
  /// When the work ended, in UTC.
  package let finished: String
  /// How the work was done, where that bears on its numbers; a sentence each.
  package let remarks: [String]?
  /// The records of the commands that made what this one read, where they are known.
  package private(set) var earlier: [RunRecord]?

  /// The record of a command that just ended; `arguments` are those of the process.
  package init(
    command: String, arguments: [String] = Array(CommandLine.arguments.dropFirst()),
    remarks: [String] = [], earlier: [RunRecord] = []
  ) {
    self.command = command
    self.arguments = arguments
    version = Self.version
    self.remarks = remarks.isEmpty ? nil : remarks
    self.earlier = earlier.isEmpty ? nil : earlier
    finished = Date.now.formatted(.iso8601)
  }

  /// The record and those before it with arguments that hold nobody's name.
  var shown: RunRecord {
    var shown = self
    shown.arguments =
      arguments.prefix(1) + ShownArguments.of(Array(arguments.dropFirst()), command: command)
    shown.earlier = earlier?.map(\.shown)
    return shown
  }

  /// The record without those before it.
  var alone: RunRecord {
    var alone = self
    alone.earlier = nil
    return alone
  }

  /// Writes the record beside an output, as `score.csv.run.json`, fit to be shown to others.
  package func write(beside output: URL) throws {
    try JSONFile.write(shown, to: Self.place(beside: output))
  }

  /// The record beside an output, fit to be shown whoever wrote it; `nil` where there is none.
  package static func read(beside output: URL) -> RunRecord? {
    (try? JSONFile.read(RunRecord.self, from: place(beside: output)))?.shown
  }

  /// What the record of a fold's training lies beside, as `training.run.json`.
  package static func training(in model: URL, fold: String) -> URL {
    model.appendingPathComponent("fold_\(fold)/training")
  }

  private static func place(beside output: URL) -> URL {
    output.deletingLastPathComponent()
      .appendingPathComponent(output.lastPathComponent + ".run.json")
  }
}
