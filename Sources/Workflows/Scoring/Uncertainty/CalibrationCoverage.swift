// SPDX-License-Identifier: Apache-2.0
import Agatston
import Evaluation
import Files
package import Foundation
import Segmentation
import Statistics
import Text
import Workflow

/// What ranges and classes of a calibrated model hold of scans with a reference.
package struct CalibrationCoverage: Sendable {
  private struct Row {
    let name: String
    let truth: Double
    let score: Double
    let uncertainty: ScoreUncertainty
    let plain: ScoreRange

    var isWithin: Bool { Self.holds(uncertainty.range, truth) }
    var isWithinPlain: Bool { Self.holds(plain, truth) }
    /// The probability of the true class.
    var trueClass: Double {
      StandardClass(agatston: truth).flatMap { uncertainty.classes[$0] } ?? 0
    }
    /// The squared distance of the classes' probabilities from what is true (Brier 1950).
    var brier: Double {
      let name = StandardClass(agatston: truth)
      return StandardClass.allCases.reduce(0) { sum, each in
        let miss = (uncertainty.classes[each] ?? 0) - (each == name ? 1 : 0)
        return sum + miss * miss
      }
    }

    /// References and scores are sums of the same pixels, so a rounding is no miss.
    private static func holds(_ range: ScoreRange, _ truth: Double) -> Bool {
      range.low <= truth + 1e-6 * (1 + truth) && truth <= range.high + 1e-6 * (1 + truth)
    }
  }

  private let rows: [Row]
  private let isCalibrated: Bool

  init(_ cases: [CalibrationRun.Case]) throws {
    isCalibrated = cases.first?.calibration?.margin != nil
    rows = cases.map { study in
      Row(
        name: study.name, truth: study.truth, score: study.score.agatston,
        uncertainty: ScoreUncertainty(
          study.parts, score: study.score, calibration: study.calibration,
          sliceCount: study.sliceCount),
        plain: ScoreRange(
          ScoreUncertainty.sum(study.parts, nil), score: study.score.agatston))
    }
  }

  /// The table for a terminal.
  package var table: String {
    get throws {
      var table = TextTable([
        "scans", "n", "in the range", "95 % interval", "by the model alone", "median width",
        "p of the true class", "Brier",
      ])
      let groups: [(String, (Row) -> Bool)] = [
        ("all", { _ in true }), ("reference 0", { $0.truth == 0 }),
        ("1 to 100", { $0.truth > 0 && $0.truth <= 100 }), ("above 100", { $0.truth > 100 }),
      ]
      for (name, holds) in groups {
        let some = rows.filter(holds)
        guard !some.isEmpty else { continue }
        let share = try Proportion(some.count(where: \.isWithin), of: some.count)
        let widths = some.map { $0.uncertainty.range.high - $0.uncertainty.range.low }
        table.add([
          name, "\(some.count)", "\(share.successes) (\(readable(share.share * 100, 0)) %)",
          "\(readable(share.interval.lower * 100, 0)) to \(readable(share.interval.upper * 100, 0)) %",
          "\(some.count(where: \.isWithinPlain))", readable(try quantile(widths, 0.5)),
          readable(try mean(some.map(\.trueClass)), 2), readable(try mean(some.map(\.brier)), 2),
        ])
      }
      return table.text + "\n"
        + (isCalibrated
          ? "ranges of \(readable(ScoreRange.level * 100, 0)) % by the model's calibration"
          : "the model has no calibration with a margin")
    }
  }

  /// Writes a row for each scan.
  package func write(to url: URL) throws {
    let header =
      [
        "study", "given_agatston", "computed_agatston", "low", "high", "within", "model_low",
        "model_high",
      ] + StandardClass.allCases.map { "p_\($0.rawValue)" }
    let table = CSVTable(
      header: header,
      rows: rows.map { row in
        [
          row.name, "\(row.truth)", "\(row.score)", "\(row.uncertainty.range.low)",
          "\(row.uncertainty.range.high)", "\(row.isWithin)", "\(row.plain.low)",
          "\(row.plain.high)",
        ] + StandardClass.allCases.map { "\(row.uncertainty.classes[$0] ?? 0)" }
      })
    try StagedFile.write(table.text, to: url)
    try RunRecord(command: "model").write(beside: url)
  }
}
