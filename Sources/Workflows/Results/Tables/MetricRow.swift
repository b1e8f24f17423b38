// SPDX-License-Identifier: Apache-2.0
import Evaluation
import Statistics
import Text
import Workflow

/// One line of the table of metrics: a metric's value in words.
struct MetricRow: Sendable {
  /// The metric, by which a row is found.
  let metric: Metric
  /// What the row is called.
  var name: String
  /// The value; a dash where there is none.
  let value: String
  /// The interval that is shown: the bootstrap's where there was one, else that by formula.
  let interval: String
  /// The interval by formula.
  let byFormula: String
  /// The interval by resampling.
  let byResampling: String
  /// The p value of a correlation.
  let pValue: String
  /// Why something is missing, or what the value is about.
  let note: String

  /// Value and interval in one cell.
  var text: String { interval.isEmpty ? value : "\(value) [\(interval)]" }

  /// The metrics of a model in the order of the report.
  static func all(of model: ModelEvaluation) -> [MetricRow] {
    model.metrics.map(MetricRow.init)
  }

  /// Puts a value into words.
  init(_ value: MetricValue) {
    let metric = value.metric
    let decimals = metric.decimals
    var note = metric.note
    var isShare = false
    switch value.value {
    case .count(let count): self.value = "\(count)"
    case .number(let number): self.value = decimal(number, decimals)
    case .share(let share):
      isShare = true
      self.value = decimal(100 * share, decimals) + " %"
    case .limits(let limits): self.value = Self.range(limits, decimals)
    case .pair(let reference, let computed):
      self.value = "\(decimal(reference, decimals)) | \(decimal(computed, decimals))"
    case .undefined(let reason):
      self.value = EvaluationCell.missing
      if let reason { note = reason }
    }
    func text(_ interval: Interval) -> String {
      Self.range(isShare ? interval.percent : interval, decimals)
    }
    byFormula = value.interval.map(text) ?? ""
    switch value.resampled {
    case .value(let bootstrap):
      byResampling = text(bootstrap.interval)
      interval = byResampling
    case .undefined(let reason):
      byResampling = ""
      interval = ""
      note = reason
    case nil:
      byResampling = ""
      interval = byFormula
    }
    self.metric = metric
    self.note = note
    name = metric.title
    pValue = value.pValue.map { EvaluationCell.p($0) } ?? ""
  }

  /// An interval as "0.123 to 0.456".
  static func range(_ interval: Interval, _ decimals: Int = 3) -> String {
    "\(decimal(interval.lower, decimals)) to \(decimal(interval.upper, decimals))"
  }
}

extension Interval {
  /// The interval of a share in percent.
  var percent: Interval { Interval(lower: 100 * lower, upper: 100 * upper) }
}
