// SPDX-License-Identifier: Apache-2.0
import Agatston
import Evaluation
import Statistics
import Text
import Workflow

/// The tables that an evaluation shows below its metrics.
struct EvaluationTables: Sendable {
  private let models: [ModelEvaluation]

  init(_ models: [ModelEvaluation]) { self.models = models }

  /// All tables that have content, with a line between them.
  var text: String {
    var parts = [caption]
    for model in models {
      let lead = models.count > 1 ? model.name : ""
      parts += model.tables.map { $0.text(lead) }
    }
    parts += comparisons.map { $0.text("") }
    return parts.joined(separator: "\n\n")
  }

  /// What the intervals are, and why some are missing.
  var caption: String {
    guard let options = models.first?.options.bootstrap else {
      return "95 % intervals by formula; no bootstrap."
    }
    var lines = [options.caption + "; shares of subjects: 95 % Wilson intervals"]
    for model in models {
      for metric in Metric.resampled {
        if case .undefined(let reason) = model.resampled?[metric] {
          lines.append("\(model.name), no interval: \(reason)")
        }
      }
    }
    return lines.joined(separator: ".\n") + "."
  }

  /// The metrics of the models, a column each.
  var metrics: EvaluationTable {
    let rows = models.map(MetricRow.all(of:))
    return EvaluationTable(
      title: models.count == 1 ? "Metrics" : "Models side by side",
      caption: models.first?.options.bootstrap.map { "Values with \($0.caption)" }
        ?? "Values with 95 % intervals by formula",
      headings: ["metric"] + models.map(\.name),
      rows: rows[0].indices.map { i in [rows[0][i].name] + rows.map { $0[i].text } })
  }

  /// How each pair of models differs.
  var comparisons: [EvaluationTable] {
    models.flatMap { model in
      model.comparisons.map { comparison in
        EvaluationTable(
          title: "\(model.name) less \(comparison.other)",
          caption: "Differences on the same subjects, paired bootstrap; p of a permutation test",
          headings: ["metric", "difference", "p", "p by Holm"],
          rows: Metric.compared.compactMap { metric in
            guard let row = comparison.metrics[metric] else { return nil }
            return [
              metric.title,
              row.difference.value == nil
                ? EvaluationCell.number(row.test.value?.difference, metric.decimals)
                : EvaluationCell.bootstrap(row.difference, metric.decimals),
              EvaluationCell.p(row.test.value?.pValue), EvaluationCell.p(row.holm),
            ]
          })
      }
    }
  }
}

extension ModelEvaluation {
  /// The tables of one model, in the order of the page.
  var tables: [EvaluationTable] {
    [agreementTable, cutoffTable, classTable, farApartTable]
      + [arteryTable, arteryDetectionTable, vesselTable].compactMap(\.self) + lesionTables
      + subgroups.map(table(of:))
  }

  /// What the intervals of the agreement are.
  private var agreementCaption: String {
    resampled == nil
      ? "Computed over reference, with 95 % intervals by formula"
      : "Computed over reference, with 95 % intervals by formula; those of the metrics that are "
        + "resampled are \(options.intervalOfResamples)"
  }

  /// Agreement of score and volume.
  private var agreementTable: EvaluationTable {
    let columns = [("Agatston score", agatston)] + (volume.map { [("volume in mm³", $0)] } ?? [])
    // A metric that is resampled has the same interval here as in the table of metrics.
    func row(
      _ name: String, _ metric: Metric? = nil, _ cell: (QuantityAgreement) -> String
    ) -> [String] {
      let cells = columns.map { cell($0.1) }
      guard let metric, resampled?[metric] != nil else { return [name] + cells }
      return [name, MetricRow(value(of: metric)).text] + cells.dropFirst()
    }
    typealias Cell = EvaluationCell
    return EvaluationTable(
      title: "Agreement", caption: agreementCaption,
      headings: ["statistic"] + columns.map(\.0),
      rows: [
        row("subjects") { "\($0.count)" },
        row("Pearson r", .pearson) { Cell.correlation($0.pearson) },
        row("Pearson r, p") { Cell.p($0.pearson.value?.pValue) },
        row("Spearman ρ", .spearman) { Cell.correlation($0.spearman) },
        row("Spearman ρ, p") { Cell.p($0.spearman.value?.pValue) },
        row("Lin's concordance") { Cell.estimate($0.concordance.value) },
        row("ICC(2,1)") { Cell.estimate($0.intraclass.value) },
        row("least squares, slope", .slope) {
          $0.line.value.map { Cell.ranged($0.slope, $0.slopeInterval) } ?? Cell.missing
        },
        row("least squares, intercept", .intercept) {
          $0.line.value.map { Cell.ranged($0.intercept, $0.interceptInterval, 1) } ?? Cell.missing
        },
        row("Deming, slope") { Cell.estimate($0.deming.value?.slope) },
        row("Deming, intercept") { Cell.estimate($0.deming.value?.intercept, 1) },
        row("Passing-Bablok, slope") { Cell.estimate($0.passingBablok.value?.slope) },
        row("Passing-Bablok, intercept") { Cell.estimate($0.passingBablok.value?.intercept, 1) },
        row("bias", .bias) {
          $0.blandAltman.value.map { Cell.ranged($0.bias, $0.biasInterval, 1) } ?? Cell.missing
        },
        row("lower limit of agreement") {
          $0.blandAltman.value.map { Cell.ranged($0.limits.lower, $0.lowerLimitInterval, 1) }
            ?? Cell.missing
        },
        row("upper limit of agreement") {
          $0.blandAltman.value.map { Cell.ranged($0.limits.upper, $0.upperLimitInterval, 1) }
            ?? Cell.missing
        },
        row("mean absolute error", .meanAbsoluteError) { readable($0.meanAbsoluteError) },
        row("median absolute error") { readable($0.medianAbsoluteError) },
      ],
      notes: ["Intervals of the limits are exact for normal differences (Carkeet 2015)."])
  }

  private var cutoffTable: EvaluationTable {
    EvaluationTable(
      title: "Cut-offs of the Agatston score", caption: "With 95 % Wilson intervals",
      headings: [
        "cut-off", "with | without", "sensitivity", "specificity", "PPV", "NPV", "F1",
      ],
      rows: cutoffs.map { row in
        [row.cutoff.rawValue] + row.cells
      })
  }

  private var classTable: EvaluationTable {
    let names = classes.classes.map(\.rawValue)
    return EvaluationTable(
      title: "Class migration", caption: "Subjects by reference class (rows) and computed class",
      headings: ["reference class"] + names + ["same class"],
      rows: zip(names, classes.confusion.counts).enumerated().map { i, row in
        let total = row.1.reduce(0, +)
        return [row.0] + row.1.map { "\($0)" }
          + [total > 0 ? "\(row.1[i]) of \(total)" : EvaluationCell.missing]
      },
      notes: [
        "linear κ \(MetricRow(value(of: .linearKappa)).text), "
          + "quadratic κ \(MetricRow(value(of: .quadraticKappa)).text)"
      ], isCounts: true)
  }

  private var farApartTable: EvaluationTable {
    EvaluationTable(
      title: "Two or more classes apart",
      caption: "Every subject whose class is two or more away from the reference's",
      headings: ["subject", "reference", "computed", "reference class", "computed class"],
      rows: farApart.map {
        [
          $0.subject, readable($0.reference), readable($0.computed), $0.referenceClass.rawValue,
          $0.computedClass.rawValue,
        ]
      },
      notes: farApart.isEmpty ? ["No subject is two or more classes apart."] : [], words: [3, 4])
  }

  private func table(of groups: Subgroups) -> EvaluationTable {
    let metrics: [Metric] = [.pearson, .spearman, .slope, .linearKappa, .bias]
    return EvaluationTable(
      title: "Subgroups by \(groups.column)",
      caption: options.bootstrap?.caption ?? "",
      headings: [groups.column, "subjects"] + metrics.map(\.shortTitle),
      rows: groups.groups.map { group in
        [group.value.isEmpty ? "(empty)" : group.value, "\(group.count)"]
          + metrics.map { EvaluationCell.bootstrap(group.metrics[$0], $0.decimals) }
      }, notes: groups.groups.contains { $0.count < 3 } ? [Self.fewNote] : [])
  }

  private static let fewNote = "A group of fewer than three subjects cannot be resampled."
}

extension CutoffAccuracy {
  /// With and without, sensitivity, specificity, predictive values, F1.
  var cells: [String] {
    [
      "\(counts.truePositives + counts.falseNegatives) | "
        + "\(counts.trueNegatives + counts.falsePositives)",
      EvaluationCell.share(sensitivity), EvaluationCell.share(specificity),
      EvaluationCell.share(positivePredictiveValue),
      EvaluationCell.share(negativePredictiveValue), EvaluationCell.estimate(f1.value),
    ]
  }
}
