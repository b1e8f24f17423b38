// SPDX-License-Identifier: Apache-2.0
import Agatston
import Evaluation
import Figures
import Files
package import Foundation
import Statistics

/// Compares computed scores with references: one model, or several side by side.
package struct EvaluationRun: Sendable {
  let models: [ModelEvaluation]
  private let tables: [ResultTable]

  /// Reads and evaluates the tables.
  package static func run(tables: [URL], excludeZero: Bool) throws -> EvaluationRun {
    let read = try tables.map { try ResultTable(contentsOf: $0) }
    let models = try zip(tables, read).map { url, table in
      try ModelEvaluation(
        name: url.deletingPathExtension().lastPathComponent, table: table,
        options: .init(excludesZero: excludeZero))
    }
    if let first = models.first {
      for other in models.dropFirst() {
        let (a, b) = (Set(first.heldOut.map(\.subject)), Set(other.heldOut.map(\.subject)))
        guard a == b else {
          let odd = a.symmetricDifference(b).sorted()
          throw WorkflowError(
            "\(first.name) and \(other.name) hold different subjects: "
              + odd.prefix(10).joined(separator: ", ") + (odd.count > 10 ? ", …" : ""))
        }
      }
    }
    return EvaluationRun(models: models, tables: read)
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
    guard models.count == 1 else { return metrics.text }
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
    return subjects.text + "\n\n" + metrics.text
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

/// One line of the table of metrics.
struct MetricRow: Sendable {
  let name: String
  let value: String
  var interval = ""
  var note = ""

  /// Value and interval in one cell.
  var text: String { interval.isEmpty ? value : "\(value) [\(interval)]" }

  /// The metrics of a model in the order of the report.
  static func all(of model: ModelEvaluation) -> [MetricRow] {
    let agatston = model.agatston
    var rows = [
      MetricRow(name: "subjects", value: "\(agatston.count)"),
      correlation("Pearson r", agatston.pearson),
      correlation("Spearman ρ", agatston.spearman),
    ]
    switch model.classes.linearKappa {
    case .value(let kappa):
      rows.append(
        MetricRow(
          name: "linear κ, five classes", value: decimal(kappa.coefficient, 3),
          interval: range(kappa.interval)))
    case .undefined(let reason):
      rows.append(MetricRow(name: "linear κ, five classes", value: "–", note: reason))
    }
    rows.append(
      MetricRow(
        name: "same class", value: model.classes.accuracy.map { decimal(100 * $0) + " %" } ?? "–"))
    switch agatston.line {
    case .value(let line):
      rows.append(
        MetricRow(
          name: "slope", value: decimal(line.slope, 3),
          interval: line.slopeInterval.map { range($0) } ?? ""))
      rows.append(
        MetricRow(
          name: "intercept", value: decimal(line.intercept),
          interval: line.interceptInterval.map { range($0, 1) } ?? ""))
    case .undefined(let reason):
      rows.append(MetricRow(name: "slope", value: "–", note: reason))
      rows.append(MetricRow(name: "intercept", value: "–", note: reason))
    }
    switch agatston.blandAltman {
    case .value(let bland):
      rows.append(
        MetricRow(name: "bias", value: decimal(bland.bias), interval: range(bland.biasInterval, 1)))
      rows.append(MetricRow(name: "limits of agreement", value: range(bland.limits, 1)))
    case .undefined(let reason):
      rows.append(MetricRow(name: "bias", value: "–", note: reason))
      rows.append(MetricRow(name: "limits of agreement", value: "–", note: reason))
    }
    rows.append(MetricRow(name: "mean absolute error", value: decimal(agatston.meanAbsoluteError)))
    rows.append(
      MetricRow(
        name: "calcium found where there is some",
        value: model.calciumSensitivity.map { decimal(100 * $0) + " %" } ?? "–"))
    rows.append(
      MetricRow(
        name: "no calcium where there is none",
        value: model.calciumSpecificity.map { decimal(100 * $0) + " %" } ?? "–"))
    rows.append(
      MetricRow(
        name: "mean Dice", value: model.meanDice.map { decimal($0, 3) } ?? "–",
        note: "over subjects where either mask has calcium"))
    return rows
  }

  private static func correlation(_ name: String, _ statistic: Statistic<Correlation>) -> MetricRow
  {
    switch statistic {
    case .value(let r):
      MetricRow(
        name: name, value: decimal(r.coefficient, 3), interval: r.interval.map { range($0) } ?? "")
    case .undefined(let reason): MetricRow(name: name, value: "–", note: reason)
    }
  }

  private static func range(_ interval: Interval, _ decimals: Int = 3) -> String {
    "\(decimal(interval.lower, decimals)) to \(decimal(interval.upper, decimals))"
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
