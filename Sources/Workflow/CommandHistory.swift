// SPDX-License-Identifier: Apache-2.0
import Files
import Foundation

/// The commands that made a table, as far as run records tell, fit to be shown to others.
enum CommandHistory {
  /// The records of what made the tables and masks of an evaluation, first commands first.
  ///
  /// `cac score` leaves its record beside the table and `cac predict` in the folder of masks; both
  /// are found from the arguments, or not at all. The records are fit to be shown.
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
    return (predictions + scores).map(\.shown)
  }

  /// The records of the folds that a model was trained in; a fold may have been gone on with.
  static func training(of model: URL, folds: [String]) -> [RunRecord] {
    folds.compactMap { record(beside: TrainingFolder.record(in: model, fold: $0)) }
      .flatMap(inOrder)
  }

  private static func inOrder(_ record: RunRecord) -> [RunRecord] {
    (record.earlier ?? []).flatMap(inOrder) + [record]
  }

  /// A command line as others may see it.
  static func line(_ record: RunRecord) -> String {
    (["cac", record.command]
      + record.shown.arguments.dropFirst().map {
        $0.contains(ShownArguments.hidden) ? $0 : $0.shellQuoted
      }).joined(separator: " ")
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
