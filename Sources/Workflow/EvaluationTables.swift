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
      let title = models.count > 1 ? "\(model.name): " : ""
      parts += [
        lines(model, title), cutoffs(model, title), classes(model, title), arteries(model, title),
        subgroups(model, title), comparisons(model),
      ]
    }
    return parts.filter { !$0.isEmpty }.joined(separator: "\n\n")
  }

  /// What the intervals are, and why some are missing.
  private var caption: String {
    guard let options = models.first?.options.bootstrap else {
      return "95 % intervals by formula; no bootstrap"
    }
    var lines = [options.caption + "; shares of subjects: 95 % Wilson intervals"]
    for model in models {
      for metric in Metric.allCases {
        if case .undefined(let reason) = model.resampled?[metric.rawValue] {
          lines.append("\(model.name), no interval: \(reason)")
        }
      }
    }
    return lines.joined(separator: "\n")
  }

  /// The lines that allow for errors on both sides, beside the least-squares one.
  private func lines(_ model: ModelEvaluation, _ title: String) -> String {
    let scores = model.agatston
    func cell(_ estimate: Estimate?, _ decimals: Int = 3) -> String {
      estimate.map { ranged($0.value, $0.interval, decimals) } ?? "–"
    }
    var table = TextTable(["\(title)computed over reference", "slope", "intercept"])
    let line = scores.line.value
    table.add([
      "least squares", line.map { ranged($0.slope, $0.slopeInterval) } ?? "–",
      line.map { ranged($0.intercept, $0.interceptInterval, 1) } ?? "–",
    ])
    for (name, line) in [
      ("Deming", scores.deming.value), ("Passing-Bablok", scores.passingBablok.value),
    ] {
      table.add([name, cell(line?.slope), cell(line?.intercept, 1)])
    }
    var text =
      table.text + "\nLin's concordance \(cell(scores.concordance.value)), "
      + "ICC(2,1) \(cell(scores.intraclass.value))"
    if let bland = scores.blandAltman.value {
      text +=
        "\nlower limit of agreement \(ranged(bland.limits.lower, bland.lowerLimitInterval, 1)), "
        + "upper \(ranged(bland.limits.upper, bland.upperLimitInterval, 1))"
    }
    return text + "\n95 % intervals by formula"
  }

  private func cutoffs(_ model: ModelEvaluation, _ title: String) -> String {
    var table = TextTable(["\(title)cut-off", "sensitivity", "specificity", "PPV", "NPV", "F1"])
    for row in model.cutoffs {
      table.add([
        row.cutoff.rawValue, share(row.sensitivity), share(row.specificity),
        share(row.positivePredictiveValue), share(row.negativePredictiveValue),
        row.f1.value.map { ranged($0.value, $0.interval) } ?? "–",
      ])
    }
    return table.text
  }

  private func classes(_ model: ModelEvaluation, _ title: String) -> String {
    let names = model.classes.classes.map(\.rawValue)
    var table = TextTable(["\(title)reference class ↓ computed →"] + names)
    for (name, row) in zip(names, model.classes.confusion.counts) {
      table.add([name] + row.map { "\($0)" })
    }
    let far = model.farApart.map {
      "  \($0.subject): \($0.referenceClass.rawValue) → \($0.computedClass.rawValue)"
    }
    return
      ([table.text]
      + (far.isEmpty ? ["no subject two or more classes apart"] : ["two or more classes apart:"])
      + far).joined(separator: "\n")
  }

  private func arteries(_ model: ModelEvaluation, _ title: String) -> String {
    guard !model.arteries.isEmpty else { return "" }
    var table = TextTable(["\(title)artery", "subjects", "Pearson r", "Spearman ρ", "bias"])
    for artery in Artery.allCases {
      guard let row = model.arteries[artery.abbreviation] else { continue }
      table.add([
        artery.abbreviation, "\(row.count)",
        row.pearson.value.map { ranged($0.coefficient, $0.interval) } ?? "–",
        row.spearman.value.map { ranged($0.coefficient, $0.interval) } ?? "–",
        row.blandAltman.value.map { ranged($0.bias, $0.biasInterval, 1) } ?? "–",
      ])
    }
    guard let vessels = model.vesselCount else { return table.text }
    let kappa = vessels.linearKappa.value.map { ranged($0.coefficient, $0.interval) } ?? "–"
    return table.text + "\ncalcified arteries: same number in "
      + "\(vessels.accuracy.map { decimal(100 * $0) } ?? "–") % of \(vessels.count), "
      + "linear κ \(kappa), bias \(decimal(vessels.bias, 2))"
  }

  private func subgroups(_ model: ModelEvaluation, _ title: String) -> String {
    guard let groups = model.subgroups else { return "" }
    let columns: [(String, Metric, Int)] = [
      ("Pearson r", .pearson, 3), ("Spearman ρ", .spearman, 3), ("slope", .slope, 3),
      ("linear κ", .linearKappa, 3), ("bias", .bias, 1),
    ]
    var table = TextTable(["\(title)\(groups.column)", "subjects"] + columns.map(\.0))
    for group in groups.groups {
      table.add(
        [group.value.isEmpty ? "(empty)" : group.value, "\(group.count)"]
          + columns.map { _, metric, decimals in
            group.metrics[metric.rawValue]?.value.map {
              ranged($0.estimate, $0.interval, decimals)
            } ?? "–"
          })
    }
    return table.text
  }

  private func comparisons(_ model: ModelEvaluation) -> String {
    model.comparisons.map { comparison in
      var table = TextTable([
        "\(model.name) less \(comparison.other)", "difference", "p", "p by Holm",
      ])
      for metric in Metric.compared {
        guard let row = comparison.metrics[metric.rawValue] else { continue }
        let isScore = [.bias, .meanAbsoluteError].contains(metric)
        let difference =
          row.difference.value.map { ranged($0.estimate, $0.interval, isScore ? 1 : 3) }
          ?? row.test.value.map { decimal($0.difference, isScore ? 1 : 3) } ?? "–"
        table.add([
          metric.rawValue.split(separator: "_").joined(separator: " "), difference,
          row.test.value.map { decimal($0.pValue, 4) } ?? "–",
          row.holm.map { decimal($0, 4) } ?? "–",
        ])
      }
      return table.text
    }.joined(separator: "\n\n")
  }

  private func share(_ share: Statistic<Proportion>) -> String {
    share.value.map {
      "\(decimal(100 * $0.share)) % [\(MetricRow.range($0.interval.percent, 1))]"
    } ?? "–"
  }

  private func ranged(_ value: Double, _ interval: Interval?, _ decimals: Int = 3) -> String {
    decimal(value, decimals) + (interval.map { " [\(MetricRow.range($0, decimals))]" } ?? "")
  }
}
