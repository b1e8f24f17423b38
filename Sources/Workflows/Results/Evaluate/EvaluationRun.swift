// SPDX-License-Identifier: Apache-2.0
import Agatston
package import Evaluation
package import Figures
import Files
package import Foundation
import Segmentation
import Text
import Workflow

/// `cac evaluate`: compares computed scores with references, for one model or several side by side.
package struct EvaluationRun: Sendable {
  private let result: EvaluationResult
  /// A table that was evaluated, and its file.
  private struct Table: Sendable {
    let url: URL
    let content: ResultTable
  }

  /// The tables as they were read, in the order of the models.
  private let tables: [Table]
  /// The commands that made the tables and the predicted masks.
  private let earlier: [RunRecord]

  /// Reads and evaluates the tables.
  ///
  /// Subgroups come from the columns `by` of `subjects`, or of each table itself. `cohort` and
  /// `trainedOn` are files `prepare-report.json`, which warnings need. Throws `FileError`,
  /// `EvaluationError` or `WorkflowError` for inputs that cannot be read or do not belong together.
  package static func run(
    tables: [URL], options: EvaluationOptions, by columns: [String] = [], subjects: URL? = nil,
    masks: EvaluationMasks = EvaluationMasks(), cohort: URL? = nil, trainedOn: [URL] = []
  ) async throws -> EvaluationRun {
    try masks.check(tables: tables.count)
    let warnings = try EvaluationWarnings(
      cohort: cohort, trainedOn: trainedOn, tables: tables.count)
    var read = try tables.map { try ResultTable(contentsOf: $0) }
    let shared = try subjects.map { try SubjectTable(contentsOf: $0) }
    var inputs: [EvaluationInput] = []
    var notes: [EvaluationWarnings.Notes] = []
    for (i, (url, name)) in try zip(tables, modelNames(tables)).enumerated() {
      var readings = [read[i].encodingNote.map { "its table \($0)" }]
      if i > 0 {
        let others = read[0].rows.map(\.subject)
        let note = try read[i].respell(like: others, path: url.path)
        readings.append(note.map { "in its table, \($0)" })
      }
      let model = try ModelEvaluation(name: name, table: read[i], options: options)
      let names = model.heldOut.map(\.subject)
      var subjects = columns.isEmpty ? nil : try shared ?? SubjectTable(contentsOf: url)
      if shared != nil {
        readings.append(subjects?.encodingNote.map { "the table of subjects \($0)" })
      }
      readings.append(
        try subjects?.respell(like: names).map { "in the table of subjects, \($0)" })
      let groups = try columns.compactMap { column in
        try subjects.map { (column: column, values: try $0.groups(by: column)) }
      }
      let matches = try await masks.matches(of: names, model: i)
      inputs.append(EvaluationInput(model: model, groups: groups, matches: matches.bySubject))
      notes.append(
        .init(
          readings: readings.compactMap(\.self) + matches.notes, unmatched: matches.missing,
          unknownColumns: read[i].unknownColumnWarning(besides: shared == nil ? columns : [])))
    }
    return EvaluationRun(
      result: try await EvaluationResult(inputs) { models in
        warnings.sentences(about: models, notes: notes)
      },
      tables: zip(tables, read).map { Table(url: $0, content: $1) },
      earlier: CommandHistory.before(tables: tables, masks: masks.predictions))
  }

  /// A name for each table: its file's, or with its folder's in front where files share a name.
  private static func modelNames(_ tables: [URL]) throws -> [String] {
    let paths = tables.map(\.standardizedFileURL)
    if let twice = paths.indices.first(where: { paths[..<$0].contains(paths[$0]) }) {
      throw WorkflowError(
        .invalid, "\(tables[twice].path): the table is given twice; give each once")
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

  /// Warnings, one sentence each, with the name of the model first.
  package var warnings: [String] { result.warnings }

  /// The evaluation as JSON; one model, or a list.
  package var json: String { get throws { try result.json } }

  /// Metrics and held-out subjects for a terminal.
  package var table: String {
    let models = result.models
    let tables = EvaluationTables(models)
    let metrics = tables.metrics
    let details = tables.text
    guard models.count == 1 else { return metrics.text("") + "\n\n" + details }
    var subjects = TextTable(["subject", "reference", "computed", "class (reference → computed)"])
    for row in models[0].heldOut {
      let same = row.referenceClass == row.computedClass
      subjects.add([
        row.subject, readable(row.reference), readable(row.computed),
        same
          ? row.referenceClass.rawValue
          : "\(row.referenceClass.rawValue) → \(row.computedClass.rawValue)",
      ])
    }
    return [subjects.text, metrics.text(""), details].joined(separator: "\n\n")
  }

  /// Writes `evaluation.json`, the tables and the figures of each model.
  package func write(to folder: URL, scale: Scale = .log1p) throws {
    try Folder.create(folder)
    for (model, source) in zip(result.models, tables) {
      let output =
        result.models.count == 1 ? folder : folder.appendingPathComponent(model.name)
      // The table may lie there already, with columns that its copy would not have.
      let copy = output.appendingPathComponent("RESULT.csv")
      if !InputFiles.areSame(source.url, copy) { try source.content.write(to: copy) }
      try StagedFile.write(
        model.heldOutCSV, to: output.appendingPathComponent("held-out.csv"))
      for figure in try model.figures(scale: scale) {
        for ending in ["svg", "png", "pdf"] {
          try figure.plot.write(to: output.appendingPathComponent("\(figure.name).\(ending)"))
        }
      }
    }
    let file = folder.appendingPathComponent(EvaluationResult.fileName)
    try StagedFile.write(json, to: file)
    try RunRecord(command: "evaluate", earlier: earlier).write(beside: file)
  }
}
