// SPDX-License-Identifier: Apache-2.0
import Agatston
import Evaluation
import Figures
import Statistics
import Text
import Workflow

/// How the axes of scores are laid out.
package enum FigureScale: String, CaseIterable, Sendable {
  /// sign(v) · ln(1 + |v|), which has a place for zero.
  case log1p
  /// Equal steps for equal differences.
  case linear

  var scale: Scale { self == .log1p ? .log1p : .linear }
}

extension ModelEvaluation {
  /// The figures by file name, in the order of a page.
  func figures(scale: FigureScale = .log1p) throws -> [(name: String, plot: Plot)] {
    let scores = try Figures.Agreement(
      quantity: "Agatston score", reference: heldOut.map(\.reference),
      computed: heldOut.map(\.computed))
    var figures = [
      ("scatter", scatter(scores, agatston, bounds: [1, 10, 100, 400], scale.scale)),
      (
        "confusion",
        try Plot.confusionMatrix(
          classes.confusion.counts, classes: classes.classes.map(\.rawValue),
          title: "Risk classes",
          notes: classes.linearKappa.value.map { ["linear κ = \(decimal($0.coefficient, 3))"] }
            ?? [])
      ),
      ("bland-altman", blandAltman(scores, agatston, scale.scale)),
    ]
    let volumes = heldOut.compactMap { row in
      row.referenceVolume.flatMap { a in row.computedVolume.map { (a, $0) } }
    }
    if let volume, !volumes.isEmpty {
      let pairs = try Figures.Agreement(
        quantity: "volume (mm³)", reference: volumes.map(\.0), computed: volumes.map(\.1))
      figures += [
        ("scatter-volume", scatter(pairs, volume, bounds: [], scale.scale)),
        ("bland-altman-volume", blandAltman(pairs, volume, scale.scale)),
      ]
    }
    for artery in Artery.allCases.map(\.abbreviation) {
      guard let agreement = arteries[artery] else { continue }
      let pairs = heldOut.compactMap { $0.arteries?[artery] }
      guard !pairs.isEmpty else { continue }
      let scores = try Figures.Agreement(
        quantity: "Agatston score, \(artery)", reference: pairs.map(\.reference),
        computed: pairs.map(\.computed))
      figures.append(
        (
          "scatter-\(artery.lowercased())", scatter(scores, agreement, bounds: [], scale.scale)
        ))
    }
    if let lesions, lesions.all.reference > 0 {
      figures += [
        ("lesions-by-size", lesions.bySizePlot),
        ("free-response", lesions.freeResponsePlot(named: name)),
      ]
    }
    return figures + subgroupFigures
  }

  private func scatter(
    _ pairs: Figures.Agreement, _ agreement: Evaluation.Agreement, bounds: [Double],
    _ scale: Scale
  ) -> Plot {
    var notes: [String] = []
    if let r = agreement.pearson.value { notes.append("r = \(decimal(r.coefficient, 3))") }
    if let rho = agreement.spearman.value { notes.append("ρ = \(decimal(rho.coefficient, 3))") }
    if let line = agreement.line.value {
      let sign = line.intercept < 0 ? "−" : "+"
      notes.append(
        "y = \(decimal(line.slope, 3)) x \(sign) \(decimal(abs(line.intercept)))")
    }
    return Plot.scatter(
      pairs, title: pairs.title, scale: scale,
      regression: agreement.line.value.map {
        Plot.Regression(slope: $0.slope, intercept: $0.intercept)
      }, classBounds: bounds, notes: notes)
  }

  private func blandAltman(
    _ pairs: Figures.Agreement, _ agreement: Evaluation.Agreement, _ scale: Scale
  ) -> Plot {
    func range(_ interval: Interval) -> ClosedRange<Double> {
      min(interval.lower, interval.upper)...max(interval.lower, interval.upper)
    }
    return Plot.blandAltman(
      pairs, title: "Bland–Altman, \(pairs.quantity)", scale: scale,
      limits: agreement.blandAltman.value.map {
        Plot.Limits(
          bias: $0.bias, lower: $0.limits.lower, upper: $0.limits.upper,
          intervals: [$0.biasInterval, $0.lowerLimitInterval, $0.upperLimitInterval].map(range))
      })
  }
}

extension Figures.Agreement {
  /// The quantity with a capital at its front.
  fileprivate var title: String { quantity.prefix(1).uppercased() + quantity.dropFirst() }
}

extension LesionRanking {
  /// What a figure says of it.
  var sentence: String {
    switch self {
    case .probability: "ranked by highest probability"
    case .volume: "ranked by volume"
    }
  }
}

extension LesionDetection {
  /// The points of the free-response curve.
  var curve: [SIMD2<Double>] {
    freeResponse.map { SIMD2($0.falsePositivesPerScan, $0.sensitivity) }
  }

  /// The curve of one model.
  func freeResponsePlot(named name: String) -> Plot {
    Plot.freeResponse([(name, curve)], title: "Free response", ranking: ranking.sentence)
  }

  /// Sensitivity and precision by size.
  var bySizePlot: Plot {
    func value(_ row: LesionCounts, _ name: String, _ share: Double?) -> (
      value: Double, interval: ClosedRange<Double>?
    )? {
      share.map { share in
        let interval = row.metrics[name]?.value?.interval
        return (share, interval.map { min($0.lower, $0.upper)...max($0.lower, $0.upper) })
      }
    }
    let words = bySize.map { row in
      "\(row.size) mm³: \(row.found) of \(row.reference) found, "
        + "\(row.falsePositives) of \(row.predicted) predicted ones wrong"
    }
    return Plot.shares(
      bySize.map { row in
        Plot.Share(
          label: "\(row.size)\n\(row.reference) | \(row.predicted)",
          values: [
            value(row, "sensitivity", row.sensitivity), value(row, "precision", row.precision),
          ])
      }, names: ["found (sensitivity)", "right (precision)"], title: "Lesions by size",
      x: "Volume of the lesion (mm³); below: reference | predicted lesions", y: "Share of lesions",
      summary: "Shares of lesions by size: \(words.joined(separator: "; ")).")
  }
}
