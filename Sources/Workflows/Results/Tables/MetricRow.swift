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
  /// The interval by formula; empty where the metric was resampled, so that it has one interval.
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
    case .number(let number): self.value = readable(number, decimals)
    case .share(let share):
      isShare = true
      self.value = readable(100 * share, decimals) + " %"
    case .limits(let limits): self.value = Self.range(limits, decimals)
    case .pair(let reference, let computed):
      self.value = "\(readable(reference, decimals)) | \(readable(computed, decimals))"
    case .undefined(let reason):
      self.value = EvaluationCell.missing
      if let reason { note = reason }
    }
    func text(_ interval: Interval) -> String {
      Self.range(isShare ? interval.percent : interval, decimals)
    }
    switch value.resampled {
    case .value(let bootstrap):
      (byFormula, byResampling) = ("", text(bootstrap.interval))
      interval = byResampling
    case .undefined(let reason):
      (byFormula, byResampling) = ("", "")
      interval = ""
      note = reason
    case nil:
      (byFormula, byResampling) = (value.interval.map(text) ?? "", "")
      interval = byFormula
    }
    self.metric = metric
    self.note = note
    name = metric.title
    pValue = value.pValue.map { EvaluationCell.p($0) } ?? ""
  }

  /// An interval as "0.123 to 0.456".
  static func range(_ interval: Interval, _ decimals: Int = 3) -> String {
    "\(readable(interval.lower, decimals)) to \(readable(interval.upper, decimals))"
  }
}

extension Interval {
  /// The interval of a share in percent.
  var percent: Interval { Interval(lower: 100 * lower, upper: 100 * upper) }
}
