// SPDX-License-Identifier: Apache-2.0
import Files
package import Foundation

/// The commands that made a result, as far as run records beside its inputs tell, without names of
/// patients.
package enum CommandHistory {
  /// The records of the commands that made the tables and masks of an evaluation, in their order.
  ///
  /// `cac score` leaves its record, and that of the masks that it scored, beside the table, and
  /// `cac predict` in the folder of masks.
  package static func before(tables: [URL], masks: [URL]) -> [RunRecord] {
    let scores = tables.compactMap { RunRecord.read(beside: $0) }
    let predictions = scores.flatMap { $0.earlier ?? [] } + masks.flatMap(prediction)
    var seen = Set<RunRecord>()
    return (predictions + scores.map(\.alone)).filter { seen.insert($0).inserted }
  }

  /// The record of the prediction of masks, which are a folder or a file in it: a list of at most
  /// one.
  package static func prediction(of masks: URL) -> [RunRecord] {
    let folder = Folder.isFolder(masks) ? masks : masks.deletingLastPathComponent()
    return [RunRecord.read(beside: folder.appendingPathComponent("predictions"))].compactMap(\.self)
  }

  /// The records of the training of a model's folds; a fold that was resumed has several.
  package static func training(of model: URL, folds: [String]) -> [RunRecord] {
    folds.compactMap { RunRecord.read(beside: RunRecord.training(in: model, fold: $0)) }
      .flatMap(inOrder)
  }

  private static func inOrder(_ record: RunRecord) -> [RunRecord] {
    (record.earlier ?? []).flatMap(inOrder) + [record]
  }

  /// The command line of a record, for a shell, without names of patients.
  package static func line(_ record: RunRecord) -> String {
    (["cac", record.command]
      + record.redacted.arguments.dropFirst().map {
        $0.contains(RedactedArguments.hidden) ? $0 : $0.shellQuoted
      }).joined(separator: " ")
  }
}
