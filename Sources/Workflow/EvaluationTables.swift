// SPDX-License-Identifier: Apache-2.0
import Agatston
import Evaluation
import Statistics

/// What an evaluation shows below its metrics.
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
      for metric in Metric.allCases {
        if case .undefined(let reason) = model.resampled?[metric.rawValue] {
          lines.append("\(model.name), no interval: \(reason)")
        }
      }
    }
    return lines.joined(separator: ".\n") + "."
  }

  /// The metrics of all models, a column each.
  var sideBySide: EvaluationTable {
    let rows = models.map(MetricRow.all(of:))
    return EvaluationTable(
      title: "Models side by side",
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
            guard let row = comparison.metrics[metric.rawValue] else { return nil }
            let decimals = [.bias, .meanAbsoluteError].contains(metric) ? 1 : 3
            return [
              MetricRow.title(of: metric),
              row.difference.value == nil
                ? EvaluationCell.number(row.test.value?.difference, decimals)
                : EvaluationCell.bootstrap(row.difference, decimals),
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

  /// Agreement of score and volume, all by formula.
  private var agreementTable: EvaluationTable {
    let columns = [("Agatston score", agatston)] + (volume.map { [("volume in mm³", $0)] } ?? [])
    func row(_ name: String, _ cell: (Evaluation.Agreement) -> String) -> [String] {
      [name] + columns.map { cell($0.1) }
    }
    typealias Cell = EvaluationCell
    return EvaluationTable(
      title: "Agreement", caption: "Computed over reference, with 95 % intervals by formula",
      headings: ["statistic"] + columns.map(\.0),
      rows: [
        row("subjects") { "\($0.count)" },
        row("Pearson r") { Cell.correlation($0.pearson) },
        row("Pearson r, p") { Cell.p($0.pearson.value?.pValue) },
        row("Spearman ρ") { Cell.correlation($0.spearman) },
        row("Spearman ρ, p") { Cell.p($0.spearman.value?.pValue) },
        row("Lin's concordance") { Cell.estimate($0.concordance.value) },
        row("ICC(2,1)") { Cell.estimate($0.intraclass.value) },
        row("least squares, slope") {
          $0.line.value.map { Cell.ranged($0.slope, $0.slopeInterval) } ?? Cell.missing
        },
        row("least squares, intercept") {
          $0.line.value.map { Cell.ranged($0.intercept, $0.interceptInterval, 1) } ?? Cell.missing
        },
        row("Deming, slope") { Cell.estimate($0.deming.value?.slope) },
        row("Deming, intercept") { Cell.estimate($0.deming.value?.intercept, 1) },
        row("Passing-Bablok, slope") { Cell.estimate($0.passingBablok.value?.slope) },
        row("Passing-Bablok, intercept") { Cell.estimate($0.passingBablok.value?.intercept, 1) },
        row("bias") {
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
        row("mean absolute error") { decimal($0.meanAbsoluteError) },
        row("median absolute error") { decimal($0.medianAbsoluteError) },
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
        "linear κ \(EvaluationCell.kappa(classes.linearKappa)), "
          + "quadratic κ \(EvaluationCell.kappa(classes.quadraticKappa))"
      ], isCounts: true)
  }

  private var farApartTable: EvaluationTable {
    EvaluationTable(
      title: "Two or more classes apart",
      caption: "Every subject whose class is two or more away from the reference's",
      headings: ["subject", "reference", "computed", "reference class", "computed class"],
      rows: farApart.map {
        [
          $0.subject, decimal($0.reference), decimal($0.computed), $0.referenceClass.rawValue,
          $0.computedClass.rawValue,
        ]
      },
      notes: farApart.isEmpty ? ["No subject is two or more classes apart."] : [], words: [3, 4])
  }

  private var arteryTable: EvaluationTable? {
    guard !arteries.isEmpty else { return nil }
    return EvaluationTable(
      title: "Arteries", caption: "Agatston scores of the arteries, 95 % intervals by formula",
      headings: ["artery", "subjects", "Pearson r", "Spearman ρ", "Lin's concordance", "bias"],
      rows: Artery.allCases.compactMap { artery in
        guard let row = arteries[artery.abbreviation] else { return nil }
        return [
          artery.abbreviation, "\(row.count)", EvaluationCell.correlation(row.pearson),
          EvaluationCell.correlation(row.spearman), EvaluationCell.estimate(row.concordance.value),
          row.blandAltman.value.map { EvaluationCell.ranged($0.bias, $0.biasInterval, 1) }
            ?? EvaluationCell.missing,
        ]
      })
  }

  private var arteryDetectionTable: EvaluationTable? {
    guard let detection = arteryDetection else { return nil }
    return EvaluationTable(
      title: "Arteries with calcium",
      caption: "Whether an artery has any, with 95 % Wilson intervals",
      headings: ["artery", "with | without", "sensitivity", "specificity", "PPV", "NPV", "F1"],
      rows: Artery.allCases.compactMap { artery in
        detection[artery.abbreviation].map { [artery.abbreviation] + $0.cells }
      })
  }

  private func table(of arteries: LesionArteries) -> EvaluationTable {
    let names = Artery.allCases.map(\.abbreviation)
    let share = arteries.accuracy.map { "\(decimal(100 * $0)) %" } ?? EvaluationCell.missing
    return EvaluationTable(
      title: "Arteries of the lesions",
      caption: "Lesions by artery: reference (rows) and predicted",
      headings: ["reference artery"] + names + ["not found"],
      rows: names.indices.map { i in
        [names[i]] + arteries.counts[i].map { "\($0)" } + ["\(arteries.missed[i])"]
      },
      notes: [LesionArteries.rule + " The artery of \(share) of the found lesions is right."],
      isCounts: true)
  }

  private var vesselTable: EvaluationTable? {
    guard let vessels = vesselCount else { return nil }
    let indices = vessels.confusion.counts.indices
    return EvaluationTable(
      title: "Calcified arteries",
      caption: "Subjects by the number of calcified arteries: reference (rows) and computed",
      headings: ["reference number"] + indices.map { "\($0)" },
      rows: indices.map { i in ["\(i)"] + vessels.confusion.counts[i].map { "\($0)" } },
      notes: [
        "Same number in \(EvaluationCell.number(vessels.accuracy.map { 100 * $0 }, 1)) % of "
          + "\(vessels.count), linear κ \(EvaluationCell.kappa(vessels.linearKappa)), "
          + "bias \(decimal(vessels.bias, 2))"
      ], isCounts: true)
  }

  private func table(of groups: Subgroups) -> EvaluationTable {
    let columns: [(String, Metric, Int)] = [
      ("Pearson r", .pearson, 3), ("Spearman ρ", .spearman, 3), ("slope", .slope, 3),
      ("linear κ", .linearKappa, 3), ("bias", .bias, 1),
    ]
    return EvaluationTable(
      title: "Subgroups by \(groups.column)",
      caption: options.bootstrap?.caption ?? "",
      headings: [groups.column, "subjects"] + columns.map(\.0),
      rows: groups.groups.map { group in
        [group.value.isEmpty ? "(empty)" : group.value, "\(group.count)"]
          + columns.map { EvaluationCell.bootstrap(group.metrics[$1.rawValue], $2) }
      }, notes: groups.groups.contains { $0.count < 3 } ? [Self.fewNote] : [])
  }

  private static let fewNote = "A group of fewer than three subjects cannot be resampled."
  private static let noInterval =
    " A value has none where all resamples agree, or too many lack it."

  private var lesionTables: [EvaluationTable] {
    guard let lesions else { return [] }
    let dice = [
      ["scans", "\(lesions.scans)"],
      [
        "mean Dice",
        lesions.diceInterval?.value.map { EvaluationCell.ranged($0.estimate, $0.interval) }
          ?? EvaluationCell.number(lesions.meanDice),
      ],
      ["Dice of all voxels together", EvaluationCell.number(lesions.pooledDice)],
      ["scans without calcium in either mask", "\(lesions.emptyScans)"],
      ["scans with predicted calcium only", "\(lesions.falseScans)"],
      ["slices with reference calcium", "\(lesions.slicesWithReference) of \(lesions.slices)"],
    ]
    return [
      EvaluationTable(
        title: "Lesions by size", caption: options.bootstrap?.caption ?? "Lesions by size",
        headings: [
          "volume in mm³", "reference", "found", "predicted", "wrong", "sensitivity", "precision",
          "F1", "wrong per scan",
        ],
        rows: (lesions.bySize + [lesions.all]).map { row in
          [
            row.size, "\(row.reference)", "\(row.found)", "\(row.predicted)",
            "\(row.falsePositives)",
            EvaluationCell.share(row.sensitivity, row.metrics["sensitivity"]),
            EvaluationCell.share(row.precision, row.metrics["precision"]),
            row.metrics["f1"]?.value == nil
              ? EvaluationCell.number(row.f1) : EvaluationCell.bootstrap(row.metrics["f1"]),
            row.metrics["false_positives_per_scan"]?.value == nil
              ? decimal(Double(row.falsePositives) / Double(max(lesions.scans, 1)), 2)
              : EvaluationCell.bootstrap(row.metrics["false_positives_per_scan"], 2),
          ]
        }, notes: [LesionDetection.rule + (options.bootstrap == nil ? "" : Self.noInterval)])
    ] + (lesions.arteries.map { [table(of: $0)] } ?? []) + [
      EvaluationTable(
        title: "Overlap of voxels", caption: "Dice's coefficient of reference and predicted masks",
        headings: ["overlap", "value"], rows: dice, notes: [LesionDetection.diceRule])
    ]
  }
}

extension CutoffAgreement {
  /// With and without, sensitivity, specificity, predictive values, F1.
  fileprivate var cells: [String] {
    [
      "\(counts.truePositives + counts.falseNegatives) | "
        + "\(counts.trueNegatives + counts.falsePositives)",
      EvaluationCell.share(sensitivity), EvaluationCell.share(specificity),
      EvaluationCell.share(positivePredictiveValue),
      EvaluationCell.share(negativePredictiveValue), EvaluationCell.estimate(f1.value),
    ]
  }
}
