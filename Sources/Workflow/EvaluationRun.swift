// SPDX-License-Identifier: Apache-2.0
import Agatston
package import Evaluation
import Figures
import Files
package import Foundation
import Statistics

/// Compares computed scores with references: one model, or several side by side.
package struct EvaluationRun: Sendable {
  let models: [ModelEvaluation]
  private let tables: [ResultTable]

  /// What is odd, but forbids nothing, a sentence each.
  package let warnings: [String]

  /// Reads and evaluates the tables.
  ///
  /// Subgroups come from the column `by` of `subjects`, or of each table itself.
  package static func run(
    tables: [URL], options: EvaluationOptions, by column: String? = nil, subjects: URL? = nil
  ) async throws -> EvaluationRun {
    let read = try tables.map { try ResultTable(contentsOf: $0) }
    let shared = try subjects.map { try SubjectTable(contentsOf: $0) }
    var models: [ModelEvaluation] = []
    for ((url, name), table) in try zip(zip(tables, modelNames(tables)), read) {
      var model = try ModelEvaluation(name: name, table: table, options: options)
      let values = try column.map { column in
        try (shared ?? SubjectTable(contentsOf: url)).groups(by: column)
      }
      await model.resample(by: column, values: values ?? [:])
      models.append(model)
    }
    try await ModelEvaluation.compare(&models)
    return EvaluationRun(models: models, tables: read, warnings: warnings(about: models))
  }

  /// The options that made an evaluation; those of before it had a bootstrap otherwise.
  package static func options(of evaluation: URL) -> EvaluationOptions? {
    struct Options: Decodable { let options: EvaluationOptions }
    return try? JSONFile.read(Options.self, from: evaluation).options
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
    var metrics = TextTable(["metric"] + models.map(\.name))
    let rows = models.map(MetricRow.all(of:))
    for i in rows[0].indices {
      metrics.add([rows[0][i].name] + rows.map { $0[i].text })
    }
    let details = EvaluationTables(models).text
    guard models.count == 1 else { return metrics.text + "\n\n" + details }
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
    return [subjects.text, metrics.text, details].joined(separator: "\n\n")
  }

  /// Writes `evaluation.json`, the tables and the figures of each model.
  package func write(to folder: URL) throws {
    try Folder.create(folder)
    for (model, table) in zip(models, tables) {
      let place = models.count == 1 ? folder : folder.appendingPathComponent(model.name)
      try table.write(to: place.appendingPathComponent("RESULT.csv"))
      try StagedFile.write(
        model.heldOutCSV, to: place.appendingPathComponent("held-out.csv"))
      for (name, plot) in try model.figures() {
        for ending in ["svg", "png", "pdf"] {
          try plot.write(to: place.appendingPathComponent("\(name).\(ending)"))
        }
      }
    }
    try StagedFile.write(json, to: folder.appendingPathComponent("evaluation.json"))
    try RunRecord(command: "evaluate").write(
      beside: folder.appendingPathComponent("evaluation.json"))
  }
}

extension ModelEvaluation {
  /// The figures by file name.
  func figures() throws -> [(name: String, plot: Plot)] {
    let agreement = try Figures.Agreement(
      quantity: "Agatston score", reference: heldOut.map(\.reference),
      computed: heldOut.map(\.computed))
    let line = agatston.line.value.map {
      Plot.Regression(slope: $0.slope, intercept: $0.intercept)
    }
    let limits = agatston.blandAltman.value.map {
      Plot.Limits(bias: $0.bias, lower: $0.limits.lower, upper: $0.limits.upper)
    }
    var notes: [String] = []
    if let r = agatston.pearson.value { notes.append("r = \(decimal(r.coefficient, 3))") }
    if let rho = agatston.spearman.value { notes.append("ρ = \(decimal(rho.coefficient, 3))") }
    return [
      (
        "scatter",
        Plot.scatter(
          agreement, title: "Agatston score", scale: .log1p, regression: line,
          classBounds: [1, 10, 100, 400], notes: notes)
      ),
      (
        "confusion",
        try Plot.confusionMatrix(
          classes.confusion.counts, classes: classes.classes.map(\.rawValue),
          title: "Risk classes",
          notes: classes.linearKappa.value.map { ["linear κ = \(decimal($0.coefficient, 3))"] }
            ?? [])
      ),
      (
        "bland-altman",
        Plot.blandAltman(agreement, title: "Bland–Altman", scale: .log1p, limits: limits)
      ),
    ]
  }
}
