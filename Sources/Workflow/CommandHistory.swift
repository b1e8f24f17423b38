// SPDX-License-Identifier: Apache-2.0
import Files
import Foundation

/// The commands that made a table, as far as run records tell, fit to be shown to others.
enum CommandHistory {
  /// The records of what made the tables and masks of an evaluation, first commands first.
  ///
  /// `cac score` leaves its record beside the table and `cac predict` in the folder of masks; both
  /// are found from the arguments, or not at all.
  static func before(tables: [URL], masks: [URL]) -> [RunRecord] {
    var scores: [RunRecord] = []
    var folders = masks
    for table in tables {
      guard let record = record(beside: table) else { continue }
      scores.append(record)
      if let mask = value(of: "--mask", in: record.arguments) {
        folders.append(URL(fileURLWithPath: mask))
      }
    }
    var seen = Set<URL>()
    let predictions =
      folders.filter { seen.insert($0.standardizedFileURL).inserted }
      .compactMap { record(beside: $0.appendingPathComponent("predictions")) }
    return predictions + scores
  }

  /// A command line without the folders of the machine it ran on.
  ///
  /// A path from the root, from a home folder or out of the working folder keeps its last part only.
  static func line(_ record: RunRecord) -> String {
    (["cac"] + record.arguments.map { shown($0).shellQuoted }).joined(separator: " ")
  }

  /// An argument, or option=argument, with its path cut short.
  static func shown(_ argument: String) -> String {
    if argument.hasPrefix("--"), let sign = argument.firstIndex(of: "=") {
      let value = argument.index(after: sign)
      return argument[..<value] + shown(String(argument[value...]))
    }
    let isForeign =
      argument.hasPrefix("/") || argument.hasPrefix("~")
      || argument.split(separator: "/").contains("..")
    guard isForeign, let last = argument.split(separator: "/").last, last != ".." else {
      return isForeign ? "…" : argument
    }
    // A home folder itself is the name of its owner.
    let home = FileManager.default.homeDirectoryForCurrentUser.lastPathComponent
    return last == home || argument.hasPrefix("~") && !argument.contains("/") ? "…" : "…/\(last)"
  }

  private static func record(beside output: URL) -> RunRecord? {
    try? JSONFile.read(RunRecord.self, from: output.appendingPathExtension("run.json"))
  }

  private static func value(of option: String, in arguments: [String]) -> String? {
    if let joined = arguments.last(where: { $0.hasPrefix("\(option)=") }) {
      return String(joined.dropFirst(option.count + 1))
    }
    guard let place = arguments.lastIndex(of: option), place + 1 < arguments.count else {
      return nil
    }
    return arguments[place + 1]
  }
}
