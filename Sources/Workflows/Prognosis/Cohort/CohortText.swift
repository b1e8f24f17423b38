// SPDX-License-Identifier: Apache-2.0
import Files
import Foundation
import Statistics
import Survival
import Text
import Workflow

/// What `cac train-risk` writes: a table for a terminal, coefficients and risks as CSV, the model as JSON.
package enum CohortText {
  /// The models and what calcium brings, for a terminal.
  package static func text(_ model: CohortModel) -> String {
    var terms = TextTable([
      "term", "hazard ratio", "95 % interval", "p", "robust p", "without calcium",
    ])
    for term in model.full {
      let other = model.base.first { $0.name == term.name }
      terms.add([
        term.name, ratio(term.estimate.value), interval(term),
        p(term.estimate.value, term.estimate.error, term.estimate.freedom),
        p(term.estimate.value, term.robustError, .infinity),
        other.map { ratio($0.estimate.value) } ?? "–",
      ])
    }
    var parts = [
      "\(counted(model.subjects, "subject")), \(counted(model.events, "event"))"
        + (model.competing > 0 ? ", \(model.competing) competing" : ""), terms.text,
    ]
    if let calcium = model.calcium {
      parts.append(
        "calcium: likelihood ratio χ² \(readable(calcium.statistic, 2)), 1 degree of freedom, p \(short(calcium.p))"
      )
    }
    if !model.subdistribution.isEmpty {
      var table = TextTable(["term", "subdistribution hazard ratio", "95 % interval"])
      for term in model.subdistribution {
        table.add([term.name, ratio(term.estimate.value), interval(term)])
      }
      parts.append(table.text)
    }
    var performance = TextTable(["cross-validation", "without calcium", "with calcium"])
    for (name, base, full) in rows(model) { performance.add([name, base, full]) }
    parts.append(performance.text)
    var gains = TextTable(["gain by calcium", "value", "95 % interval"])
    for gain in model.gains {
      gains.add([gain.name, number(gain.value), interval(gain)])
    }
    parts.append(gains.text)
    if !model.notes.isEmpty {
      parts.append(model.notes.map { "note: \($0)" }.joined(separator: "\n"))
    }
    return parts.joined(separator: "\n\n")
  }

  /// The rows of the performance table.
  static func rows(_ model: CohortModel) -> [(String, String, String)] {
    let (base, full) = (model.performance.base, model.performance.full)
    let years = shortDecimal(model.horizon, decimals: 2)
    return [
      ("Harrell's C", number(base.harrell), number(full.harrell)),
      ("Uno's C to \(years) years", number(base.uno), number(full.uno)),
      ("AUC at \(years) years", number(base.auc), number(full.auc)),
      ("Brier score at \(years) years", number(base.brier), number(full.brier)),
    ]
  }

  static func number(_ value: Double?) -> String { value.map { readable($0, 3) } ?? "–" }

  static func interval(_ gain: CohortModel.Gain) -> String {
    guard let low = gain.low, let high = gain.high else { return "–" }
    return "\(readable(low, 3)) to \(readable(high, 3))"
  }

  static func ratio(_ coefficient: Double) -> String { readable(exp(coefficient), 3) }

  static func interval(_ term: CohortModel.Term) -> String {
    let (value, error) = (term.estimate.value, term.estimate.error)
    let quantile =
      term.estimate.freedom < 1e6
      ? (try? StudentDistribution.quantile(0.975, degrees: term.estimate.freedom)) ?? 1.96
      : 1.959963984540054
    return "\(ratio(value - quantile * error)) to \(ratio(value + quantile * error))"
  }

  static func p(_ value: Double, _ error: Double, _ freedom: Double) -> String {
    guard error > 0 else { return "–" }
    let t = abs(value / error)
    return short(
      freedom < 1e6
        ? StudentDistribution.bothTails(t, degrees: freedom) : erfc(t / 2.0.squareRoot()))
  }

  static func short(_ p: Double) -> String { p < 0.001 ? "< 0.001" : readable(p, 3) }

  /// The coefficients of both models.
  package static func coefficients(_ model: CohortModel) -> String {
    let sets = [
      ("cox", "without calcium", model.base), ("cox", "with calcium", model.full),
      ("fine-gray", "with calcium", model.subdistribution),
    ]
    return CSVTable(
      header: [
        "model", "covariates", "term", "log_ratio", "error", "robust_error", "freedom",
        "missing_share",
      ],
      rows: sets.flatMap { kind, covariates, terms in
        terms.map {
          [
            kind, covariates, $0.name, "\($0.estimate.value)", "\($0.estimate.error)",
            "\($0.robustError)", $0.estimate.freedom.isFinite ? "\($0.estimate.freedom)" : "",
            "\($0.estimate.missing)",
          ]
        }
      }
    ).text
  }

  /// The risks that each subject got from the model that did not see it.
  package static func risks(_ model: CohortModel) -> String {
    CSVTable(
      header: ["id", "time", "event", "risk_without_calcium", "risk_with_calcium"],
      rows: model.ids.indices.map { i in
        [
          model.ids[i], "\(model.data.times[i])", model.data.events[i] ? "1" : "0",
          "\(model.risks.base[i])", "\(model.risks.full[i])",
        ]
      }
    ).text
  }
}
