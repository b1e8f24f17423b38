// SPDX-License-Identifier: Apache-2.0
import Evaluation
import Figures
import Statistics
import Text
import Workflow

/// One line of the table of metrics.
struct MetricRow: Sendable {
  let name: String
  let value: String
  var interval = ""
  var note = ""
  /// The interval by formula, where `interval` is the bootstrap's.
  var formula = ""
  /// The p value of a correlation.
  var pValue = ""

  /// Whether `interval` is the bootstrap's.
  var isResampled = false

  /// The interval by formula.
  var byFormula: String { isResampled ? formula : interval }
  /// The interval by resampling.
  var byResampling: String { isResampled ? interval : "" }

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
    for (name, statistic) in [
      ("linear κ, five classes", model.classes.linearKappa),
      ("quadratic κ", model.classes.quadraticKappa),
    ] {
      switch statistic {
      case .value(let kappa):
        rows.append(
          MetricRow(
            name: name, value: decimal(kappa.coefficient, 3), interval: range(kappa.interval)))
      case .undefined(let reason):
        rows.append(MetricRow(name: name, value: "–", note: reason))
      }
    }
    rows.append(share("same class", model.classes.sameClass))
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
        name: "maximum, reference | computed",
        value: "\(decimal(model.heldOut.map(\.reference).max() ?? .nan)) | "
          + decimal(model.heldOut.map(\.computed).max() ?? .nan)))
    let detection = model.cutoffs.first { $0.cutoff == .any }
    rows.append(share("calcium found where there is some", detection?.sensitivity))
    rows.append(share("no calcium where there is none", detection?.specificity))
    rows.append(
      MetricRow(
        name: "mean Dice", value: model.meanDice.map { decimal($0, 3) } ?? "–",
        note: "over subjects where either mask has calcium"))
    return rows.map { $0.resampled(in: model) }
  }

  /// The row with the bootstrap interval in place of the formula's, where there was a bootstrap.
  private func resampled(in model: ModelEvaluation) -> MetricRow {
    // What the formula refuses gets no interval either.
    guard value != "–", let metric = Self.metrics[name], let all = model.resampled,
      let result = all[metric.rawValue]
    else { return self }
    var row = self
    row.formula = interval
    row.isResampled = true
    switch result {
    case .value(let bootstrap):
      let isScore = [.bias, .intercept, .meanAbsoluteError].contains(metric)
      row.interval = Self.range(bootstrap.interval, isScore ? 1 : 3)
    case .undefined(let reason):
      row.interval = ""
      row.note = reason
    }
    return row
  }

  /// The rows that resampling gives intervals to.
  private static let metrics: [String: Metric] = [
    "Pearson r": .pearson, "Spearman ρ": .spearman, "linear κ, five classes": .linearKappa,
    "quadratic κ": .quadraticKappa,
    "slope": .slope, "intercept": .intercept, "bias": .bias,
    "mean absolute error": .meanAbsoluteError,
  ]

  /// What a metric is called in tables.
  static func title(of metric: Metric) -> String {
    metrics.first { $0.value == metric }?.key ?? metric.rawValue
  }

  private static func correlation(_ name: String, _ statistic: Statistic<Correlation>) -> MetricRow
  {
    switch statistic {
    case .value(let r):
      MetricRow(
        name: name, value: decimal(r.coefficient, 3), interval: r.interval.map { range($0) } ?? "",
        pValue: EvaluationCell.p(r.pValue))
    case .undefined(let reason): MetricRow(name: name, value: "–", note: reason)
    }
  }

  private static func share(_ name: String, _ share: Statistic<Proportion>?) -> MetricRow {
    switch share {
    case .value(let share):
      MetricRow(
        name: name, value: decimal(100 * share.share) + " %",
        interval: range(share.interval.percent, 1))
    case .undefined(let reason): MetricRow(name: name, value: "–", note: reason)
    case nil: MetricRow(name: name, value: "–")
    }
  }

  static func range(_ interval: Interval, _ decimals: Int = 3) -> String {
    "\(decimal(interval.lower, decimals)) to \(decimal(interval.upper, decimals))"
  }
}

extension Interval {
  /// The interval of a share in percent.
  var percent: Interval { Interval(lower: 100 * lower, upper: 100 * upper) }
}

extension BootstrapOptions {
  /// What the intervals are, for a table.
  package var caption: String {
    let percent = decimal(100 * level, level * 100 == (level * 100).rounded() ? 0 : 1)
    let source = "of \(Numeral.text(Double(resamples))) bootstrap resamples, seed \(seed)"
    return switch method {
    case .bca: "\(percent) % BCa intervals \(source)"
    case .percentile: "\(percent) % percentile intervals \(source)"
    case .deviation: "intervals of ± one standard deviation \(source)"
    }
  }
}

extension EvaluationOptions {
  /// What an interval is, in front of its numbers.
  var intervalName: String {
    bootstrap?.method == .deviation ? "± 1 bootstrap standard deviation" : "95 % interval"
  }

  /// The heading over intervals by resampling.
  var resampledName: String {
    bootstrap?.method == .deviation ? intervalName : "95 % bootstrap interval"
  }
}
