// SPDX-License-Identifier: Apache-2.0
import Evaluation
import Report
import Statistics
import Text
import Workflow

/// A table of an evaluation, for a terminal and for the page.
struct EvaluationTable: Sendable {
  /// The heading above it.
  let title: String
  /// A sentence about its numbers.
  var caption = ""
  /// The headings of the columns.
  var headings: [String]
  /// The cells, row by row; the first of a row names it.
  var rows: [[String]] = []
  /// Sentences below.
  var notes: [String] = []
  /// The indices of columns that hold words, besides the first.
  var words: Set<Int> = []
  /// Whether it is a square of counts, whose columns are alike.
  var isCounts = false

  /// The table for a terminal, with a model's name in front.
  func text(_ lead: String) -> String {
    var table = TextTable(headings)
    for row in rows { table.add(row.map(Self.withTrueSigns)) }
    let head = [lead, title].filter { !$0.isEmpty }.joined(separator: ": ")
    return ([head] + (rows.isEmpty ? [] : [table.text]) + notes.map(Self.withTrueSigns))
      .joined(separator: "\n")
  }

  /// The table for the page.
  var reported: ReportContent.Table {
    ReportContent.Table(
      title: title, caption: caption.isEmpty ? title : caption,
      headings: headings.enumerated().map { i, text in
        .init(text, isNumber: i > 0 && !words.contains(i))
      }, rows: rows.map { $0.map(Self.withTrueSigns) }, notes: notes.map(Self.withTrueSigns),
      isCounts: isCounts)
  }

  /// A minus sign in place of the hyphen of numbers, and ≥ in front of cut-offs.
  static func withTrueSigns(_ text: String) -> String {
    text.replacing(/(^|[\s\[(])-(?=[0-9])/) { "\($0.1)\u{2212}" }
      .replacing(/^(>=?)(?=[0-9])/) { $0.1 == ">" ? "> " : "≥ " }
  }
}

/// Cells of tables.
enum EvaluationCell {
  static let missing = "–"

  static func number(_ value: Double?, _ decimals: Int = 3) -> String {
    value.map { readable($0, decimals) } ?? missing
  }

  static func ranged(_ value: Double, _ interval: Interval?, _ decimals: Int = 3) -> String {
    readable(value, decimals) + (interval.map { " [\(MetricRow.range($0, decimals))]" } ?? "")
  }

  static func estimate(_ estimate: Estimate?, _ decimals: Int = 3) -> String {
    estimate.map { ranged($0.value, $0.interval, decimals) } ?? missing
  }

  static func bootstrap(_ result: Statistic<Bootstrap>?, _ decimals: Int = 3) -> String {
    result?.value.map { ranged($0.estimate, $0.interval, decimals) } ?? missing
  }

  static func correlation(_ correlation: Statistic<Correlation>) -> String {
    correlation.value.map { ranged($0.coefficient, $0.interval) } ?? missing
  }

  static func kappa(_ kappa: Statistic<Kappa>) -> String {
    kappa.value.map { ranged($0.coefficient, $0.interval) } ?? missing
  }

  /// A share in percent with its interval, and what was counted.
  static func share(_ share: Statistic<Proportion>) -> String {
    share.value.map {
      "\(readable(100 * $0.share)) % [\(MetricRow.range($0.interval.percent, 1))]"
    } ?? missing
  }

  /// A share in percent with a bootstrap interval.
  static func share(_ value: Double?, _ result: Statistic<Bootstrap>?) -> String {
    guard let value else { return missing }
    let interval = result?.value.map { " [\(MetricRow.range($0.interval.percent, 1))]" } ?? ""
    return "\(readable(100 * value)) %\(interval)"
  }

  /// A p value with four decimals; smaller ones are "< 0.0001".
  static func p(_ value: Double?) -> String {
    guard let value else { return missing }
    return value < 0.0001 ? "< 0.0001" : readable(value, 4)
  }
}
