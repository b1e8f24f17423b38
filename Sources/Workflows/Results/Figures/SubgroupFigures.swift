// SPDX-License-Identifier: Apache-2.0
import Evaluation
import Figures
import Statistics

extension ModelEvaluation {
  /// The metrics of subgroups beside those of everyone, with their intervals, column by column.
  var subgroupFigures: [EvaluationFigure] {
    subgroups.enumerated().flatMap { i, groups -> [EvaluationFigure] in
      guard !groups.groups.isEmpty else { return [] }
      let name = i == 0 ? "subgroups" : "subgroups-\(i + 1)"
      return [
        EvaluationFigure(
          .subgroups, name,
          forest(
            [.spearman, .linearKappa], of: groups, title: "Subgroups by \(groups.column)",
            x: "Value, with the interval of resampling")
        ),
        EvaluationFigure(
          .subgroups, "\(name)-bias",
          forest(
            [.bias], of: groups, title: "Bias by \(groups.column)",
            x: "Computed − reference Agatston score, mean")
        ),
      ]
    }
  }

  private func forest(
    _ metrics: [Metric], of subgroups: Subgroups, title: String, x: String
  ) -> Plot {
    let names = metrics.map(\.shortTitle)
    func share(_ label: String, _ count: Int, _ values: ResampledMetrics) -> Plot.Share {
      .init(
        label: "\(label.isEmpty ? "(empty)" : label)\nn = \(count)",
        values: metrics.map { metric in
          values[metric]?.value.map {
            (
              $0.estimate,
              min(
                $0.interval.lower, $0.interval.upper)...max(
                  $0.interval.lower, $0.interval.upper)
            )
          }
        })
    }
    let all = resampled ?? [:]
    let words = subgroups.groups.map { group in
      let values = zip(names, metrics).map { name, metric in
        "\(name) \(EvaluationCell.bootstrap(group.metrics[metric], metric.decimals))"
      }
      return "\(group.value.isEmpty ? "(empty)" : group.value): \(values.joined(separator: ", "))"
    }
    return Plot.forest(
      subgroups.groups.map { share($0.value, $0.count, $0.metrics) }
        + [share("everyone", heldOut.count, all)],
      names: names, reference: metrics.map { all[$0]?.value?.estimate }, title: title,
      x: x, summary: "\(title). \(words.joined(separator: "; ")).")
  }
}
