// SPDX-License-Identifier: Apache-2.0
import Agatston
import Foundation
import Statistics

extension ModelEvaluation {
  /// The evaluation as a table for a terminal.
  public var text: String {
    var lines = [ModelEvaluation.comparison([self])]
    if !missing.isEmpty {
      lines.append("\(missing.count) left out without a score: \(missing.joined(separator: ", "))")
    }
    let width = SeedClass.allCases.map(\.rawValue.count).max() ?? 0
    lines.append("Risk classes, reference down, computed across:")
    for (i, row) in classes.confusion.counts.enumerated() {
      let cells = row.map { padded("\($0)", to: 5) }.joined()
      let found = classes.sensitivities[i].map { "   found \(percent($0))" } ?? ""
      let name = classes.classes[i].rawValue
      lines.append(
        "  \(name)\(String(repeating: " ", count: width - name.count))\(cells)\(found)")
    }
    return lines.joined(separator: "\n") + "\n"
  }

  /// Several evaluations side by side, a column each.
  public static func comparison(_ evaluations: [ModelEvaluation]) -> String {
    let rows: [(String, (ModelEvaluation) -> String)] = [
      ("", { $0.name }),
      ("subjects", { "\($0.agatston.count)" }),
      ("left out, reference 0", { "\($0.excludedZero.count)" }),
      ("left out, no score", { "\($0.missing.count)" }),
      ("Pearson r", { correlation($0.agatston.pearson) }),
      ("Spearman rho", { correlation($0.agatston.spearman) }),
      ("slope", { $0.agatston.line.value.map { ranged($0.slope, $0.slopeInterval) } ?? "-" }),
      (
        "intercept",
        { $0.agatston.line.value.map { ranged($0.intercept, $0.interceptInterval) } ?? "-" }
      ),
      ("bias", { $0.agatston.blandAltman.value.map { ranged($0.bias, $0.biasInterval) } ?? "-" }),
      (
        "limits of agreement",
        {
          $0.agatston.blandAltman.value.map {
            "\(fixed($0.limits.lower, 1)) to \(fixed($0.limits.upper, 1))"
          } ?? "-"
        }
      ),
      ("mean absolute error", { fixed($0.agatston.meanAbsoluteError, 1) }),
      ("median absolute error", { fixed($0.agatston.medianAbsoluteError, 1) }),
      (
        "linear kappa",
        { $0.classes.linearKappa.value.map { ranged($0.coefficient, $0.interval) } ?? "-" }
      ),
      ("class accuracy", { $0.classes.accuracy.map(percent) ?? "-" }),
      ("calcium found", { $0.calciumSensitivity.map(percent) ?? "-" }),
      ("zero confirmed", { $0.calciumSpecificity.map(percent) ?? "-" }),
      ("volume Pearson r", { $0.volume.map { correlation($0.pearson) } ?? "-" }),
      ("mean Dice", { $0.meanDice.map { fixed($0, 3) } ?? "-" }),
    ]
    let labels = rows.map(\.0)
    let columns = evaluations.map { evaluation in rows.map { $0.1(evaluation) } }
    let labelWidth = labels.map(\.count).max() ?? 0
    let widths = columns.map { $0.map(\.count).max() ?? 0 }
    return labels.indices.map { i in
      let label = labels[i] + String(repeating: " ", count: labelWidth - labels[i].count)
      let cells = zip(columns, widths).map { "  " + padded($0[i], to: $1) }
      return label + cells.joined()
    }.joined(separator: "\n")
  }
}

private func correlation(_ statistic: Statistic<Correlation>) -> String {
  statistic.value.map { ranged($0.coefficient, $0.interval) } ?? "-"
}

/// A value with its interval, for example "0.950 [0.924, 0.968]".
private func ranged(_ value: Double, _ interval: Interval?) -> String {
  let digits = abs(value) < 10 ? 3 : 1
  guard let interval else { return fixed(value, digits) }
  return "\(fixed(value, digits)) [\(fixed(interval.lower, digits)), "
    + "\(fixed(interval.upper, digits))]"
}

private func percent(_ share: Double) -> String { fixed(100 * share, 1) + " %" }

private func padded(_ text: String, to width: Int) -> String {
  String(repeating: " ", count: max(0, width - text.count)) + text
}

private func fixed(_ value: Double, _ digits: Int) -> String {
  String(format: "%.\(digits)f", value)
}
