// SPDX-License-Identifier: Apache-2.0
import Files
package import Foundation

/// What made an output: kept beside it, so that a number can be traced to its command and versions.
///
/// It holds no path of a patient folder's name beyond what the caller puts into `options`, and no
/// date of a study.
package struct RunRecord: Codable, Sendable {
  /// The version of this software.
  package static let version = "0.1.0"

  /// The verb, for example "score".
  package let command: String
  /// The arguments as they were given.
  package private(set) var arguments: [String]
  /// The version of this software.
  package let version: String
  /// When the work ended, in UTC.
  package let finished: String
  /// How the work was done, where that bears on its numbers; a sentence each.
  package let remarks: [String]?
  /// The records of the commands that made what this one read, where they are known.
  package let earlier: [RunRecord]?

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

  /// The record with arguments that hold nobody's name.
  var shown: RunRecord {
    var shown = self
    shown.arguments =
      arguments.prefix(1) + ShownArguments.of(Array(arguments.dropFirst()), command: command)
    return shown
  }

  /// Writes the record beside an output, as `score.csv.run.json`.
  package func write(beside output: URL) throws {
    let name = output.lastPathComponent + ".run.json"
    try JSONFile.write(self, to: output.deletingLastPathComponent().appendingPathComponent(name))
  }
}
