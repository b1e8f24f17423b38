// SPDX-License-Identifier: Apache-2.0
import Evaluation
import Foundation
import Text
import Workflow

extension EvaluationRun {
  /// A name for each table: its file's, or with its folder's in front where files share a name.
  static func modelNames(_ tables: [URL]) throws -> [String] {
    let paths = tables.map(\.standardizedFileURL)
    if let twice = paths.indices.first(where: { paths[..<$0].contains(paths[$0]) }) {
      throw WorkflowError("\(tables[twice].path): the table is given twice; give each once")
    }
    let parts = paths.map { Array($0.deletingPathExtension().pathComponents.dropFirst()) }
    var depth = 1
    func names() -> [String] {
      parts.map { $0.suffix(depth).joined(separator: "-") }
    }
    let deepest = parts.map(\.count).max() ?? 1
    while Set(names()).count < tables.count, depth < deepest { depth += 1 }
    return names()
  }

  /// Sentences about what makes the evaluation of a table say less than it seems to.
  static func warnings(about model: ModelEvaluation) -> [String] {
    var warnings: [String] = []
    if !model.missing.isEmpty {
      warnings.append("left out without a score: \(model.missing.joined(separator: ", "))")
    }
    if !model.options.excludesZero, model.heldOut.allSatisfy({ $0.reference > 0 }) {
      warnings.append("no subject has a reference of 0, so false alarms are not counted")
    }
    if model.options.excludesZero, !model.excludedZero.isEmpty {
      warnings.append(
        counted(model.excludedZero.count, "subject")
          + " with a reference of 0 left out, so false alarms in them are not counted")
    }
    for groups in model.subgroups where !groups.unlisted.isEmpty {
      warnings.append(
        "in no group of \(groups.column): \(groups.unlisted.joined(separator: ", "))")
    }
    return warnings
  }

  /// Sentences about models that are compared on the same people, but not against the same truth.
  static func referenceWarnings(_ models: [ModelEvaluation]) -> [String] {
    guard let first = models.first else { return [] }
    return models.dropFirst().compactMap { other in
      let odd = first.subjectsWithOtherReference(than: other)
      return odd.isEmpty
        ? nil
        : "other references for the same subjects than \(other.name): "
          + odd.joined(separator: ", ")
    }
  }
}
