// SPDX-License-Identifier: Apache-2.0
import Evaluation
import Figures
import Report
import Statistics
import Text

/// What a report shows of an evaluation: cards, metrics, figures, tables.
struct ReportEvaluation: Sendable {
  private let models: [ModelEvaluation]
  private let scale: Scale

  init(_ models: [ModelEvaluation], scale: Scale) {
    self.models = models
    self.scale = scale
  }

  /// Fills a page: one model's metrics with all their intervals, or several side by side.
  func fill(_ content: inout ReportContent) throws {
    guard let first = models.first else { return }
    let tables = EvaluationTables(models)
    if models.count == 1 {
      content.cards = cards(first)
      content.figures = try figures(first)
      content.metrics = metrics(first)
      content.intervalName = first.options.resampledName
      content.parts = [
        ReportContent.Part(
          title: "Agreement and detection", introduction: tables.caption,
          tables: first.tables.map(\.reported))
      ]
    } else {
      content.cards = models.flatMap { model in
        cards(model).dropFirst().prefix(2).map { card in
          .init(label: "\(card.label), \(model.name)", value: card.value, detail: card.detail)
        }
      }
      content.parts = [
        ReportContent.Part(
          title: "Comparison", introduction: tables.caption, figures: try freeResponse(),
          tables: ([tables.metrics] + tables.comparisons).map(\.reported))
      ]
      for model in models {
        content.parts.append(
          ReportContent.Part(
            title: "Model \(model.name)", figures: try figures(model),
            tables: [metricTable(model)] + model.tables.map(\.reported)))
      }
    }
  }

  /// What was counted, and how.
  var methods: [ReportContent.Fact] {
    guard let options = models.first?.options else { return [] }
    return [
      .init(
        "Subjects without calcium",
        options.excludesZero ? "left out, as the Erasmus study did" : "counted"),
      .init("Intervals", options.bootstrap?.caption ?? "by formula"),
    ]
  }

  /// The numbers at the top of the page: the subjects, then four metrics.
  private func cards(_ model: ModelEvaluation) -> [ReportContent.Card] {
    [.init(label: "Subjects", value: "\(model.heldOut.count)", detail: "held out")]
      + [
        (.spearman, "Spearman ρ"), (.linearKappa, "Linear κ"), (.pearson, "Pearson r"),
        (.sameClass, "Same risk class"),
      ].map { (metric: Metric, label: String) in
        let row = MetricRow(model.value(of: metric))
        return .init(
          label: label, value: row.value,
          detail: row.interval.isEmpty
            ? row.note : "\(model.options.intervalName) \(row.interval)")
      } + (model.ranges.map { [Self.card($0)] } ?? [])
  }

  /// How many references the scores' ranges hold.
  private static func card(_ ranges: RangeCoverage) -> ReportContent.Card {
    let (held, interval) = (ranges.held, ranges.held.interval)
    return .init(
      label: "Within the 90 % range", value: "\(held.successes) of \(held.count)",
      detail: "95 % CI \(readable(100 * interval.lower, 0)) to "
        + "\(readable(100 * interval.upper, 0)) %; median width \(readable(ranges.medianWidth))")
  }

  private func metrics(_ model: ModelEvaluation) -> [ReportContent.Metric] {
    return MetricRow.all(of: model).map {
      .init(
        name: $0.name, value: EvaluationTable.withTrueSigns($0.value),
        interval: EvaluationTable.withTrueSigns($0.byResampling),
        formula: EvaluationTable.withTrueSigns($0.byFormula), pValue: $0.pValue, note: $0.note)
    }
  }

  /// The metrics of one model among several.
  private func metricTable(_ model: ModelEvaluation) -> ReportContent.Table {
    EvaluationTable(
      title: "Metrics", caption: "Agreement of computed with reference scores",
      headings: [
        "metric", "value", "p", "95 % interval by formula", model.options.resampledName, "note",
      ],
      rows: MetricRow.all(of: model).map {
        [$0.name, $0.value, $0.pValue, $0.byFormula, $0.byResampling, $0.note]
      }, words: [5]
    ).reported
  }

  private func figures(_ model: ModelEvaluation) throws -> [ReportContent.Figure] {
    try model.figures(scale: scale).map { figure in
      var untitled = figure.plot
      untitled.title = ""
      return ReportContent.Figure(
        title: figure.plot.title, caption: caption(figure.kind), summary: figure.plot.summary,
        svg: try untitled.svg())
    }
  }

  /// The free-response curves of all models in one figure.
  private func freeResponse() throws -> [ReportContent.Figure] {
    let curves = models.compactMap { model in
      model.lesions.map { (name: model.name, points: $0.curve) }
    }
    guard curves.count == models.count else { return [] }
    // Options rank the lesions of all models alike, unless a model has none.
    let rankings = Set(models.compactMap { $0.lesions?.ranking.sentence }).sorted()
    let plot = Plot.freeResponse(curves, ranking: rankings.joined(separator: " | "))
    return [
      .init(
        title: "Free response", caption: caption(.freeResponse), summary: plot.summary,
        svg: try plot.svg())
    ]
  }

  private func caption(_ kind: EvaluationFigure.Kind) -> String {
    let axes =
      scale == .log1p
      ? "both axes are log(1 + x), on which a straight line is a curve" : "both axes are linear"
    let differences = scale == .log1p ? " Both axes are logarithmic to either side of 0." : ""
    return switch kind {
    case .scatter:
      "Each point is a subject; \(axes). The solid line is the regression, the dashed one "
        + "identity; grey squares are the risk classes."
    case .arteryScatter:
      "Scores of this artery alone; points, axes and lines as above."
    case .volumeScatter:
      "Each point is a subject; \(axes). The solid line is the regression, the dashed one identity."
    case .confusion: "Subjects by reference class (rows) and computed class (columns)."
    case .blandAltman:
      "Difference against mean, with bias and limits of agreement and their intervals."
        + differences
    case .lesionsBySize:
      "Shares of reference lesions found and of predicted lesions that are right, with bootstrap "
        + "intervals."
    case .subgroups:
      "Each subgroup's value with its bootstrap interval (no mark: all resamples agree, or "
        + "too many lack a value); the dotted upright line is everyone."
    case .freeResponse:
      "Lesions found against false ones per scan, as predicted lesions are let in: from left to "
        + "right from those ranked highest to all. The rank is the highest probability of calcium in "
        + "a lesion where probabilities were given, its volume otherwise; the figure says which."
    }
  }
}
