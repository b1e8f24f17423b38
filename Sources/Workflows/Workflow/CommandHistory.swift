// SPDX-License-Identifier: Apache-2.0
import Files
package import Foundation

/// The commands that made a table, as far as run records tell, fit to be shown to others.
package enum CommandHistory {
  /// The records of what made the tables and masks of an evaluation, first commands first.
  ///
  /// `cac score` leaves its record, and that of the masks that it scored, beside the table, and
  /// `cac predict` in the folder of masks.
  package static func before(tables: [URL], masks: [URL]) -> [RunRecord] {
    let scores = tables.compactMap { RunRecord.read(beside: $0) }
    let predictions = scores.flatMap { $0.earlier ?? [] } + masks.flatMap(prediction)
    var seen = Set<RunRecord>()
    return (predictions + scores.map(\.alone)).filter { seen.insert($0).inserted }
  }

  /// The record of what predicted masks, a folder or one of its files, as a list of at most one.
  package static func prediction(of masks: URL) -> [RunRecord] {
    let folder = Folder.isFolder(masks) ? masks : masks.deletingLastPathComponent()
    return [RunRecord.read(beside: folder.appendingPathComponent("predictions"))].compactMap(\.self)
  }

  /// The records of the folds that a model was trained in; a fold may have been gone on with.
  package static func training(of model: URL, folds: [String]) -> [RunRecord] {
    folds.compactMap { RunRecord.read(beside: RunRecord.training(in: model, fold: $0)) }
      .flatMap(inOrder)
  }

  private static func inOrder(_ record: RunRecord) -> [RunRecord] {
    (record.earlier ?? []).flatMap(inOrder) + [record]
  }

  /// A command line as others may see it.
  package static func line(_ record: RunRecord) -> String {
    (["cac", record.command]
      + record.shown.arguments.dropFirst().map {
        $0.contains(ShownArguments.hidden) ? $0 : $0.shellQuoted
      }).joined(separator: " ")
  }
}
