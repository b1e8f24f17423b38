// SPDX-License-Identifier: Apache-2.0
import Files
package import Foundation

/// The command and version that made an output, kept beside it, so that a number can be traced
/// back.
///
/// Outputs are passed on: a table goes to the statistician, a folder of masks to another hospital,
/// and their records with them. A record therefore never holds what may be a patient's name (of a
/// folder or a file), nor the date of a study. The whole command line is in the shell's history.
///
/// ```swift
/// try RunRecord(command: "score").write(beside: table)  // RESULT.csv.run.json
/// ```
package struct RunRecord: Codable, Hashable, Sendable {
  /// The version of this software.
  package static let version = "0.1.0"

  /// The verb, for example "score".
  package let command: String
  /// The arguments; redacted when the record is written and when it is read.
  package private(set) var arguments: [String]
  /// The version of this software.
  package let version: String
  /// When the work ended, in UTC.
  package let finished: String
  /// How the work was done, where that bears on its numbers; one sentence each.
  package let remarks: [String]?
  /// The records of the commands that made the input, where they are known.
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

  /// The record and the earlier ones without arguments that may be a patient's name.
  var redacted: RunRecord {
    var redacted = self
    redacted.arguments =
      arguments.prefix(1)
      + RedactedArguments.redacting(Array(arguments.dropFirst()), command: command)
    redacted.earlier = earlier?.map(\.redacted)
    return redacted
  }

  /// The record without the earlier ones.
  var alone: RunRecord {
    var alone = self
    alone.earlier = nil
    return alone
  }

  /// Writes the record beside an output, as `score.csv.run.json`, redacted.
  package func write(beside output: URL) throws {
    try JSONFile.write(redacted, to: Self.location(beside: output))
  }

  /// The record beside an output, redacted whoever wrote it; `nil` where there is none that can be
  /// read.
  package static func read(beside output: URL) -> RunRecord? {
    (try? JSONFile.read(RunRecord.self, from: location(beside: output)))?.redacted
  }

  /// The output that the record of a fold's training lies beside, as `training.run.json`.
  package static func training(in model: URL, fold: String) -> URL {
    model.appendingPathComponent("fold_\(fold)/training")
  }

  private static func location(beside output: URL) -> URL {
    output.deletingLastPathComponent()
      .appendingPathComponent(output.lastPathComponent + ".run.json")
  }
}
