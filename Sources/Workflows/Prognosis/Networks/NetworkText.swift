// SPDX-License-Identifier: Apache-2.0
import Files
import Foundation
import Report
import RiskNetworks
import Survival
import Text
import Workflow

/// What `cac train-risk --images` writes: a table for a terminal, one as CSV, the scores, a part of the page.
package enum NetworkText {
  /// The comparison for a terminal.
  package static func text(_ comparison: NetworkComparison) -> String {
    let study = comparison.study
    var table = TextTable([
      "network", comparison.measure, "95 % interval", "seeds", "above table", "above image",
    ])
    for row in rows(comparison) { table.add(row) }
    var parts = [summary(comparison), table.text]
    if !study.notes.isEmpty {
      parts.append(study.notes.map { "note: \($0)" }.joined(separator: "\n"))
    }
    return parts.joined(separator: "\n\n")
  }

  private static func summary(_ comparison: NetworkComparison) -> String {
    let study = comparison.study
    let seeds = study.networks.first?.scores.count ?? 0
    return "networks: \(counted(study.cohort.ids.count, "subject")) with scan and mask, "
      + "\(counted(study.cohort.data.events.count { $0 }, "event")); \(study.cohort.folds) parts × "
      + "\(counted(seeds, "seed")), "
      + (study.loss == .cox
        ? "Cox's partial likelihood"
        : "the event by \(shortDecimal(study.horizon, decimals: 2)) years")
  }

  private static func rows(_ comparison: NetworkComparison) -> [[String]] {
    func interval(_ estimate: NetworkComparison.Estimate) -> String {
      "\(readable(estimate.low, 3)) to \(readable(estimate.high, 3))"
    }
    func difference(_ estimate: NetworkComparison.Estimate?) -> String {
      guard let estimate else { return "–" }
      return "\(readable(estimate.value, 3)) (\(interval(estimate)))"
    }
    return comparison.rows.map { row in
      let seeds =
        row.seeds.count > 1
        ? "\(readable(row.seeds.min() ?? .nan, 3)) to \(readable(row.seeds.max() ?? .nan, 3))" : "–"
      return [
        row.name, readable(row.mean.value, 3), interval(row.mean), seeds, difference(row.overTable),
        difference(row.overImage),
      ]
    }
  }

  /// The comparison as CSV.
  package static func csv(_ comparison: NetworkComparison) -> String {
    func cells(_ estimate: NetworkComparison.Estimate?) -> [String] {
      guard let estimate else { return ["", "", ""] }
      return [estimate.value, estimate.low, estimate.high].map { $0.isFinite ? "\($0)" : "" }
    }
    return CSVTable(
      header: [
        "network", "measure", "value", "low", "high", "seeds", "above_table", "above_table_low",
        "above_table_high", "above_image", "above_image_low", "above_image_high",
      ],
      rows: comparison.rows.map { row in
        [row.name, comparison.measure] + cells(row.mean)
          + [row.seeds.map { "\($0)" }.joined(separator: " ")] + cells(row.overTable)
          + cells(row.overImage)
      }
    ).text
  }

  /// The score that each network gave each subject that it did not see, seed by seed.
  package static func scores(_ comparison: NetworkComparison) -> String {
    let study = comparison.study
    let columns = study.networks.flatMap { network in
      network.scores.indices.map { ("\(network.name)_\($0)", network.scores[$0]) }
    }
    return CSVTable(
      header: ["id", "part", "time", "event"] + columns.map(\.0),
      rows: study.cohort.ids.indices.map { i in
        [
          study.cohort.ids[i], "\(study.cohort.parts[i])", "\(study.cohort.data.times[i])",
          study.cohort.data.events[i] ? "1" : "0",
        ] + columns.map { "\($0.1[i])" }
      }
    ).text
  }

  /// How the networks work, for the page.
  static let method = ReportContent.Fact(
    "Networks",
    "Pölsterl 2021 (doi:10.1007/978-3-030-87240-3_66): a residual network over the heart's crop, the CT and "
      + "the share of calcium as channels; the last block's input scaled and shifted by table and image (DAFT) "
      + "or by the table alone (FiLM); AdamW. Scores of one part come from networks that did not see it."
  )

  /// The part of the page.
  static func part(_ comparison: NetworkComparison) -> ReportContent.Part {
    ReportContent.Part(
      title: "Networks of image and table",
      introduction: summary(comparison).prefix(1).uppercased() + summary(comparison).dropFirst()
        + ". Subjects are compared within their part of the cross-validation; intervals by "
        + "\(NetworkComparison.resamples) resamples of subjects, the mean over seeds in each.",
      tables: [
        .init(
          title: comparison.measure, caption: "Of subjects that the networks did not see",
          headings: [
            .init("Network"), .init(comparison.measure, isNumber: true),
            .init("95 % interval", isNumber: true), .init("Seeds", isNumber: true),
            .init("Above table", isNumber: true), .init("Above image", isNumber: true),
          ],
          rows: rows(comparison))
      ])
  }
}
