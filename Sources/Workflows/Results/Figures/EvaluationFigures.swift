// SPDX-License-Identifier: Apache-2.0
import Agatston
import Evaluation
import Figures
import Statistics
import Text
import Workflow

/// A figure of an evaluation: what it shows, its file's name without ending, and the plot.
struct EvaluationFigure: Sendable {
  /// What a figure shows; a page has a caption for each.
  enum Kind: Sendable {
    /// Computed over reference scores, with the regression and the risk classes.
    case scatter
    /// Computed over reference volumes.
    case volumeScatter
    /// Computed over reference scores of one artery.
    case arteryScatter
    /// The risk classes of reference and computed scores.
    case confusion
    /// Differences over means.
    case blandAltman
    /// Sensitivity and precision of lesions by size.
    case lesionsBySize
    /// The free-response curve.
    case freeResponse
    /// Metrics of subgroups.
    case subgroups
  }

  let kind: Kind
  let name: String
  let plot: Plot

  init(_ kind: Kind, _ name: String, _ plot: Plot) {
    (self.kind, self.name, self.plot) = (kind, name, plot)
  }
}

extension ModelEvaluation {
  /// The figures in the order of a page.
  func figures(scale: Scale = .log1p) throws -> [EvaluationFigure] {
    let scores = try PairedValues(
      quantity: "Agatston score", reference: heldOut.map(\.reference),
      computed: heldOut.map(\.computed))
    var figures = [
      EvaluationFigure(
        .scatter, "scatter", scatter(scores, agatston, bounds: [1, 10, 100, 400], scale)),
      EvaluationFigure(
        .confusion, "confusion",
        try Plot.confusionMatrix(
          classes.confusion.counts, classes: classes.classes.map(\.rawValue),
          title: "Risk classes",
          notes: classes.linearKappa.value.map { ["linear κ = \(readable($0.coefficient, 3))"] }
            ?? [])
      ),
      EvaluationFigure(.blandAltman, "bland-altman", blandAltman(scores, agatston, scale)),
    ]
    let volumes = heldOut.compactMap { row in
      row.referenceVolume.flatMap { a in row.computedVolume.map { (a, $0) } }
    }
    if let volume, !volumes.isEmpty {
      let pairs = try PairedValues(
        quantity: "volume (mm³)", reference: volumes.map(\.0), computed: volumes.map(\.1))
      figures += [
        EvaluationFigure(
          .volumeScatter, "scatter-volume", scatter(pairs, volume, bounds: [], scale)),
        EvaluationFigure(
          .blandAltman, "bland-altman-volume", blandAltman(pairs, volume, scale)),
      ]
    }
    for artery in Artery.allCases.map(\.abbreviation) {
      guard let agreement = arteries[artery] else { continue }
      let pairs = heldOut.compactMap { $0.arteries?[artery] }
      guard !pairs.isEmpty else { continue }
      let scores = try PairedValues(
        quantity: "Agatston score, \(artery)", reference: pairs.map(\.reference),
        computed: pairs.map(\.computed))
      figures.append(
        EvaluationFigure(
          .arteryScatter, "scatter-\(artery.lowercased())",
          scatter(scores, agreement, bounds: [], scale)))
    }
    if let lesions, lesions.all.reference > 0 {
      figures += [
        EvaluationFigure(.lesionsBySize, "lesions-by-size", lesions.bySizePlot),
        EvaluationFigure(.freeResponse, "free-response", lesions.freeResponsePlot(named: name)),
      ]
    }
    return figures + subgroupFigures
  }

  private func scatter(
    _ pairs: PairedValues, _ agreement: QuantityAgreement, bounds: [Double],
    _ scale: Scale
  ) -> Plot {
    var notes: [String] = []
    if let r = agreement.pearson.value { notes.append("r = \(readable(r.coefficient, 3))") }
    if let rho = agreement.spearman.value { notes.append("ρ = \(readable(rho.coefficient, 3))") }
    if let line = agreement.line.value {
      let sign = line.intercept < 0 ? "−" : "+"
      notes.append(
        "y = \(readable(line.slope, 3)) x \(sign) \(readable(abs(line.intercept)))")
    }
    return Plot.scatter(
      pairs, title: pairs.title, scale: scale,
      regression: agreement.line.value.map {
        Plot.Regression(slope: $0.slope, intercept: $0.intercept)
      }, classBounds: bounds, notes: notes)
  }

  private func blandAltman(
    _ pairs: PairedValues, _ agreement: QuantityAgreement, _ scale: Scale
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

extension PairedValues {
  /// The quantity with a capital at its front.
  fileprivate var title: String { quantity.prefix(1).uppercased() + quantity.dropFirst() }
}

extension LesionRanking {
  /// The words for it in a figure.
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
    func value(_ row: LesionCounts, _ metric: LesionMetric, _ share: Double?) -> (
      value: Double, interval: ClosedRange<Double>?
    )? {
      share.map { share in
        let interval = row.metrics[metric]?.value?.interval
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
            value(row, .sensitivity, row.sensitivity), value(row, .precision, row.precision),
          ])
      }, names: ["found (sensitivity)", "right (precision)"], title: "Lesions by size",
      x: "Volume of the lesion (mm³); below: reference | predicted lesions", y: "Share of lesions",
      summary: "Shares of lesions by size: \(words.joined(separator: "; ")).")
  }
}
