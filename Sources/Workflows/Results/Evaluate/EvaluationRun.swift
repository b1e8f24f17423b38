// SPDX-License-Identifier: Apache-2.0
import Agatston
package import Evaluation
import Figures
import Files
package import Foundation
import Segmentation
import Text
import Workflow

/// Compares computed scores with references: one model, or several side by side.
package struct EvaluationRun: Sendable {
  let models: [ModelEvaluation]
  private let tables: [ResultTable]
  private let earlier: [RunRecord]

  /// Reads and evaluates the tables.
  ///
  /// Subgroups come from the columns `by` of `subjects`, or of each table itself.
  package static func run(
    tables: [URL], options: EvaluationOptions, by columns: [String] = [], subjects: URL? = nil,
    evidence: EvaluationEvidence = EvaluationEvidence()
  ) async throws -> EvaluationRun {
    try evidence.check(tables: tables.count)
    let honesty = try EvaluationHonesty(evidence)
    let read = try tables.map { try ResultTable(contentsOf: $0) }
    let shared = try subjects.map { try SubjectTable(contentsOf: $0) }
    var models: [ModelEvaluation] = []
    for ((url, name), table) in try zip(zip(tables, modelNames(tables)), read) {
      var model = try ModelEvaluation(name: name, table: table, options: options)
      let known = columns.isEmpty ? nil : try shared ?? SubjectTable(contentsOf: url)
      await model.resample(
        by: try columns.compactMap { column in
          try known.map { (name: column, values: try $0.groups(by: column)) }
        })
      let (matches, unmatched) = try await evidence.lesions(
        of: model.heldOut.map(\.subject), model: models.count)
      await model.addLesions(matches)
      model.warnings =
        warnings(about: model)
        + honesty.findings(on: model, at: models.count, unmatched: unmatched)
      models.append(model)
    }
    try await ModelEvaluation.compare(&models)
    let odd = referenceWarnings(models)
    models[0].warnings? += odd
    return EvaluationRun(
      models: models, tables: read,
      earlier: CommandHistory.before(tables: tables, masks: evidence.predictions))
  }

  /// What is odd, but forbids nothing, a sentence each with its model in front.
  package var warnings: [String] {
    models.flatMap { model in (model.warnings ?? []).map { "\(model.name): \($0)" } }
  }

  /// Reads an evaluation that `write(to:)` has written.
  static func read(from folder: URL) throws -> EvaluationRun {
    let file = folder.appendingPathComponent("evaluation.json")
    guard Folder.isFile(file) else {
      throw WorkflowError(
        "\(folder.path): holds no evaluation.json; write it with: cac evaluate TABLE --out "
          + folder.path)
    }
    let first = try FileBytes.read(file).first { !" \n\r\t".utf8.contains($0) }
    let models: [ModelEvaluation]
    do {
      models =
        first == UInt8(ascii: "[")
        ? try JSONFile.read([ModelEvaluation].self, from: file)
        : [try JSONFile.read(ModelEvaluation.self, from: file)]
    } catch let error as FileError where error.code == .invalid {
      throw WorkflowError(
        "\(error); it is damaged or another version's: run cac evaluate again")
    }
    guard !models.isEmpty else { throw WorkflowError("\(file.path): holds no model") }
    return EvaluationRun(models: models, tables: [], earlier: [])
  }

  /// The evaluation as JSON; one model, or a list.
  package var json: String {
    get throws {
      let data = models.count == 1 ? try JSONFile.data(models[0]) : try JSONFile.data(models)
      return String(decoding: data, as: UTF8.self)
    }
  }

  /// Metrics and held-out subjects for a terminal.
  package var table: String {
    let tables = EvaluationTables(models)
    let metrics = tables.sideBySide
    let details = tables.text
    guard models.count == 1 else { return metrics.text("") + "\n\n" + details }
    var subjects = TextTable(["subject", "reference", "computed", "class (reference → computed)"])
    for row in models[0].heldOut {
      let same = row.referenceClass == row.computedClass
      subjects.add([
        row.subject, decimal(row.reference), decimal(row.computed),
        same
          ? row.referenceClass.rawValue
          : "\(row.referenceClass.rawValue) → \(row.computedClass.rawValue)",
      ])
    }
    return [subjects.text, metrics.text(""), details].joined(separator: "\n\n")
  }

  /// Writes `evaluation.json`, the tables and the figures of each model.
  package func write(to folder: URL, scale: FigureScale = .log1p) throws {
    try Folder.create(folder)
    for (model, table) in zip(models, tables) {
      let place = models.count == 1 ? folder : folder.appendingPathComponent(model.name)
      try table.write(to: place.appendingPathComponent("RESULT.csv"))
      try StagedFile.write(
        model.heldOutCSV, to: place.appendingPathComponent("held-out.csv"))
      for (name, plot) in try model.figures(scale: scale) {
        for ending in ["svg", "png", "pdf"] {
          try plot.write(to: place.appendingPathComponent("\(name).\(ending)"))
        }
      }
    }
    try StagedFile.write(json, to: folder.appendingPathComponent("evaluation.json"))
    try RunRecord(command: "evaluate", earlier: earlier).write(
      beside: folder.appendingPathComponent("evaluation.json"))
  }
}
