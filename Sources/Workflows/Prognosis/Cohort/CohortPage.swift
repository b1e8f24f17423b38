// SPDX-License-Identifier: Apache-2.0
import Agatston
import Figures
import Foundation
package import Report
import Survival
import Text
import Workflow

/// A page about models that were learned from a cohort, with what calcium brings.
package enum CohortPage {
  /// The content of the page.
  package static func content(
    _ model: CohortModel, networks: NetworkComparison? = nil, date: String
  ) throws -> ReportContent {
    let years = shortDecimal(model.horizon, decimals: 2)
    var content = ReportContent(
      title: "Risk in a cohort, without and with calcium",
      introduction:
        "Cox models of the time from the scan to the event, learned from \(counted(model.subjects, "subject")) with "
        + "\(counted(model.events, "event")), and what they foretold of subjects that they had not seen.",
      date: date)
    let (base, full) = (model.performance.base, model.performance.full)
    func before(_ value: Double?) -> String {
      value.map { "without calcium \(readable($0, 3))" } ?? ""
    }
    content.cards = [
      .init(
        label: "AUC at \(years) years", value: full.auc.map { readable($0, 3) } ?? "–",
        detail: before(base.auc)),
      .init(
        label: "Harrell's C", value: full.harrell.map { readable($0, 3) } ?? "–",
        detail: before(base.harrell)),
      .init(
        label: "Brier score", value: full.brier.map { readable($0, 3) } ?? "–",
        detail: before(base.brier)),
    ]
    if let calcium = model.full.last {
      content.cards.append(
        .init(
          label: "Hazard ratio of calcium", value: CohortText.ratio(calcium.estimate.value),
          detail: "for each unit of \(calcium.name), \(CohortText.interval(calcium))"))
    }
    content.warnings = model.notes.map { $0.prefix(1).uppercased() + $0.dropFirst() + "." }
    content.figures = try figures(model)
    content.parts = [terms(model), performance(model)]
    if let networks {
      content.parts.append(NetworkText.part(networks))
      content.exclusions = networks.study.leftOut.map {
        .init(subject: $0.subject, reason: $0.reason)
      }
    }
    content.methods = methods(model)
    if networks != nil { content.methods.append(NetworkText.method) }
    return content
  }

  /// The sections about risk for the page of an evaluation: figures, models, reclassification.
  package static func parts(_ model: CohortModel) throws -> [ReportContent.Part] {
    let years = shortDecimal(model.horizon, decimals: 2)
    let risk = ReportContent.Part(
      title: "Risk, without and with calcium",
      introduction:
        "Cox models of the time from the scan to the event: \(counted(model.subjects, "subject")), "
        + "\(counted(model.events, "event")), risks by \(years) years. "
        + model.notes.map { $0.prefix(1).uppercased() + $0.dropFirst() + "." }.joined(
          separator: " "),
      figures: try figures(model))
    return [risk, terms(model), performance(model)]
  }

  private static func figures(_ model: CohortModel) throws -> [ReportContent.Figure] {
    [try curves(model), try calibration(model), try decision(model)]
  }

  /// What the models and measures are, with their sources.
  package static func methods(_ model: CohortModel) -> [ReportContent.Fact] {
    var methods: [ReportContent.Fact] = [
      .init(
        "Models",
        "Cox's proportional hazards with Efron's ties; robust errors by Lin and Wei; calcium as ln(Agatston "
          + "score + 1)."),
      .init(
        "Performance",
        "Cross-validation that keeps each subject in one part; what is censored before the horizon counts by "
          + "the inverse of its chance of being watched (Uno 2007, Graf 1999)."),
      .init(
        "Reclassification",
        "Pencina 2008 and 2011; classes at 5, 7.5 and 20 %. Intervals by 200 resamples of subjects with their "
          + "held-out risks."),
    ]
    if !model.subdistribution.isEmpty {
      methods.append(
        .init("Competing events", "Fine and Gray 1999; in Cox models they count as censored."))
    }
    return methods
  }

  /// The share with the event over time, by class of calcium.
  private static func curves(_ model: CohortModel) throws -> ReportContent.Figure {
    let colors: [Color] = [.skyBlue, .blue, .green, .orange, .vermilion]
    var series: [Series] = []
    var groups: [Int] = []
    var rows: [Int] = []
    for (place, category) in StandardClass.allCases.enumerated() {
      let own = model.agatston.indices.filter { i in
        model.agatston[i].flatMap { RiskCategories(agatston: $0, calcifiedArteries: nil)?.standard }
          == category
      }
      guard !own.isEmpty else { continue }
      rows += own
      groups += own.map { _ in place }
      let points = try KaplanMeier(part(model.data, own)).points.filter { $0.events > 0 }
      var line: [SIMD2<Double>] = [[0, 0]]
      for point in points {
        line.append([point.time, line[line.count - 1].y])
        line.append([point.time, 100 * (1 - point.survival)])
      }
      line.append([own.map { model.data.times[$0] }.max() ?? 0, line[line.count - 1].y])
      series.append(
        Series(
          .line(line, Stroke(colors[place % colors.count], width: 1.6)),
          name: "\(category.rawValue) (\(own.count))"))
    }
    let test = try? LogRank(part(model.data, rows), groups: groups)
    let note = test.map {
      "Log-rank test of the classes: χ² \(readable($0.statistic, 1)), \($0.degrees) degrees of freedom, p "
        + "\(CohortText.short(ChiSquare.upperTail($0.statistic, degrees: $0.degrees)))."
    }
    let plot = Plot(
      summary: "Share with the event over the years, by class of the Agatston score.",
      x: Axis("Years since the scan"), y: Axis("With the event, %"), series: series)
    return try figure("By calcium", plot, caption: "Kaplan and Meier. \(note ?? "")")
  }

  private static func part(_ data: SurvivalData, _ rows: [Int]) throws -> SurvivalData {
    try SurvivalData(
      times: rows.map { data.times[$0] }, events: rows.map { data.events[$0] },
      weights: rows.map { data.weights[$0] })
  }

  /// Foretold and observed risk by tenths.
  private static func calibration(_ model: CohortModel) throws -> ReportContent.Figure {
    var series: [Series] = [Series(.identity(Stroke(.slate, width: 0.8, dashes: [3, 3])))]
    let groups = min(10, max(3, model.events / 10))
    for (name, risks, color, shape) in [
      ("without calcium", model.risks.base, Color.slate, PointStyle.Shape.square),
      ("with calcium", model.risks.full, .blue, .circle),
    ] {
      let prediction = try RiskPrediction(model.data, risks: risks, by: model.horizon)
      let points = prediction.calibration(model.data, groups: groups)
      for point in points {
        series.append(
          Series(
            .line(
              [[100 * point.risk, 100 * point.low], [100 * point.risk, 100 * point.high]],
              Stroke(color, width: 0.8))))
      }
      series.append(
        Series(
          .points(
            points.map { [100 * $0.risk, 100 * $0.observed] },
            PointStyle(color, shape: shape, radius: 3.2)), name: name))
    }
    let plot = Plot(
      summary: "Foretold against observed risk in \(groups) groups.", x: Axis("Foretold risk, %"),
      y: Axis("Observed (Kaplan and Meier), %"), series: series)
    return try figure(
      "Calibration", plot,
      caption:
        "Subjects in \(groups) groups by the risk from the model that did not see them; bars are 95 % "
        + "intervals.")
  }

  /// The net benefit of treating from a risk on.
  private static func decision(_ model: CohortModel) throws -> ReportContent.Figure {
    let thresholds = stride(from: 0.01, through: 0.5, by: 0.01)
    func line(_ risks: [Double]) throws -> [SIMD2<Double>] {
      let prediction = try RiskPrediction(model.data, risks: risks, by: model.horizon)
      return thresholds.map { [100 * $0, 100 * prediction.netBenefit(from: $0)] }
    }
    let all = try line(Array(repeating: 1, count: model.subjects))
    let plot = Plot(
      summary: "Net benefit of treating by risk, against treating all or nobody.",
      x: Axis("Treated from a risk of, %"), y: Axis("Net benefit for 100 people"),
      series: [
        Series(.level(0, Stroke(.slate, width: 0.8), label: "")),
        Series(
          .line(all.filter { $0.y > -2 }, Stroke(.slate, width: 1, dashes: [4, 3])), name: "all"),
        Series(
          .line(try line(model.risks.base), Stroke(.orange, width: 1.5)), name: "without calcium"),
        Series(.line(try line(model.risks.full), Stroke(.blue, width: 1.8)), name: "with calcium"),
      ])
    return try figure(
      "Decision curve", plot,
      caption:
        "True positives less false ones weighed by the odds of the threshold (Vickers and Elkin 2006)."
    )
  }

  private static func figure(_ title: String, _ plot: Plot, caption: String) throws
    -> ReportContent.Figure
  {
    ReportContent.Figure(title: title, caption: caption, summary: plot.summary, svg: try plot.svg())
  }

  private static func terms(_ model: CohortModel) -> ReportContent.Part {
    func table(_ title: String, _ terms: [CohortModel.Term]) -> ReportContent.Table {
      ReportContent.Table(
        title: title, caption: "Hazard ratios for each unit",
        headings: [
          .init("Term"), .init("Ratio", isNumber: true), .init("95 % interval", isNumber: true),
          .init("p", isNumber: true), .init("Robust p", isNumber: true),
        ],
        rows: terms.map {
          [
            $0.name, CohortText.ratio($0.estimate.value), CohortText.interval($0),
            CohortText.p($0.estimate.value, $0.estimate.error, $0.estimate.freedom),
            CohortText.p($0.estimate.value, $0.robustError, .infinity),
          ]
        })
    }
    var tables = [table("With calcium", model.full)]
    if !model.base.isEmpty { tables.append(table("Without calcium", model.base)) }
    if !model.subdistribution.isEmpty {
      tables.append(table("Subdistribution hazards (Fine and Gray)", model.subdistribution))
    }
    return ReportContent.Part(
      title: "Models",
      introduction: model.calcium.map {
        "Calcium adds to the other factors: likelihood ratio χ² \(readable($0.statistic, 1)), p "
          + "\(CohortText.short($0.p))."
      } ?? "", tables: tables)
  }

  private static func performance(_ model: CohortModel) -> ReportContent.Part {
    ReportContent.Part(
      title: "What calcium brings", introduction: "All on subjects that the models had not seen.",
      tables: [
        .init(
          title: "Order and error", caption: "In cross-validation",
          headings: [
            .init("Measure"), .init("Without calcium", isNumber: true),
            .init("With calcium", isNumber: true),
          ], rows: CohortText.rows(model).map { [$0.0, $0.1, $0.2] }),
        .init(
          title: "Gains", caption: "With 95 % intervals",
          headings: [
            .init("Measure"), .init("Gain", isNumber: true), .init("Interval", isNumber: true),
          ],
          rows: model.gains.map {
            [$0.name, CohortText.number($0.value), CohortText.interval($0)]
          }),
      ])
  }
}
