// SPDX-License-Identifier: Apache-2.0

/// Pairs of a reference and a computed value, for figures that compare them.
public struct PairedValues: Sendable {
  /// What both values measure, with its unit, for example "Agatston score".
  public var quantity: String
  /// The reference values.
  public var reference: [Double]
  /// The computed values, in the same order.
  public var computed: [Double]

  /// Pairs of values; a pair with NaN or infinity is counted as missing and never drawn.
  public init(quantity: String, reference: [Double], computed: [Double]) throws(FigureError) {
    guard reference.count == computed.count else {
      throw FigureError(
        .input, subject: quantity,
        detail: "\(reference.count) reference and \(computed.count) computed values; "
          + "give one of each for every subject")
    }
    self.quantity = quantity
    self.reference = reference
    self.computed = computed
  }

  /// The pairs that can be drawn, as (reference, computed).
  var pairs: [SIMD2<Double>] {
    zip(reference, computed).filter { $0.isDrawable && $1.isDrawable }.map { SIMD2($0, $1) }
  }

  /// The number of pairs, and of those left out, as a note.
  var counts: [String] {
    let n = pairs.count
    let missing = reference.count - n
    return ["n = \(NumberFormat.text(Double(n)))"]
      + (missing > 0 ? ["\(missing) with a missing value not drawn"] : [])
  }
}

extension Plot {
  /// A straight line y = intercept + slope · x.
  public struct Regression: Sendable {
    /// The rise of y for each unit of x.
    public var slope: Double
    /// The value of y at x = 0.
    public var intercept: Double

    /// A line from its slope and intercept.
    public init(slope: Double, intercept: Double) {
      self.slope = slope
      self.intercept = intercept
    }
  }

  /// Computed against reference values, with the line of identity.
  ///
  /// Shaded squares along the diagonal mark where both values fall into the same class; their
  /// bounds are `classBounds`. On log1p axes the regression line, fitted to the values themselves,
  /// is a curve. `notes` are written below the number of pairs, for example "Spearman ρ = 0.95".
  public static func scatter(
    _ values: PairedValues, title: String = "", scale: Scale = .log1p,
    regression: Regression? = nil, classBounds: [Double] = [], notes: [String] = []
  ) -> Plot {
    let pairs = values.pairs
    // Both axes cover the same values, zero among them.
    let covered: [Double] = pairs.map(\.x) + pairs.map(\.y) + [0]
    let high = max(covered.max() ?? 0, 1)
    let range = min(covered.min() ?? 0, 0)...high
    var series: [Series] = []
    let padding = 0.04
    let span = scale.position(range.upperBound) - scale.position(range.lowerBound)
    let edge = padding * span
    let ends =
      (
        scale.value(at: scale.position(range.lowerBound) - edge),
        scale.value(at: scale.position(range.upperBound) + edge)
      )
    let inner = classBounds.filter { $0.isDrawable && $0 > ends.0 && $0 < ends.1 }.sorted()
    if !inner.isEmpty {
      let bounds = [ends.0] + inner + [ends.1]
      for (i, (low, high)) in zip(bounds, bounds.dropFirst()).enumerated() {
        series.append(
          Series(
            .box(x: low...high, y: low...high, Color(0xF0F0F0)), name: i == 0 ? "same class" : nil))
      }
    }
    series.append(
      Series(.identity(Stroke(.slate, width: 1, dashes: [4, 3])), name: "identity"))
    if let regression, regression.slope.isDrawable, regression.intercept.isDrawable {
      let (low, top) = (scale.position(range.lowerBound), scale.position(range.upperBound))
      let curve = (0...256).map { i in
        let x = scale.value(at: low + (top - low) * Double(i) / 256)
        return SIMD2(x, regression.intercept + regression.slope * x)
      }
      series.append(Series(.line(curve, Stroke(.vermilion, width: 1.5)), name: "linear fit"))
    }
    series.append(Series(.points(pairs, PointStyle()), name: "subject"))
    return Plot(
      title: title,
      summary: "Scatter of computed against reference \(values.quantity) with the line of "
        + "identity: " + (values.counts + notes).joined(separator: ", ") + ".",
      width: 380, height: title.isEmpty ? 375 : 394,
      x: Axis("Reference \(values.quantity)", scale: scale, range: range, padding: padding),
      y: Axis("Computed \(values.quantity)", scale: scale, range: range, padding: padding),
      series: series, notes: values.counts + notes, isSquare: true)
  }

  /// The bias of a comparison and its limits of agreement.
  public struct Limits: Sendable {
    /// The mean difference.
    public var bias: Double
    /// The lower limit of agreement.
    public var lower: Double
    /// The upper limit of agreement.
    public var upper: Double
    /// The confidence intervals of bias, lower and upper limit, drawn as bands; empty for none.
    public var intervals: [ClosedRange<Double>]

    /// Bias and limits, in the unit of the values.
    public init(
      bias: Double, lower: Double, upper: Double, intervals: [ClosedRange<Double>] = []
    ) {
      self.bias = bias
      self.lower = lower
      self.upper = upper
      self.intervals = intervals
    }
  }

  /// Differences, computed − reference, against the means of both (Bland & Altman 1986).
  ///
  /// Bland & Altman, Lancet 1986;327:307–310, doi:10.1016/S0140-6736(86)90837-8. The lines are drawn
  /// where `limits` says, so that figure and table cannot differ. With the scale log1p both axes
  /// are logarithmic, to either side of zero for the differences.
  public static func blandAltman(
    _ values: PairedValues, title: String = "", scale: Scale = .log1p, limits: Limits? = nil,
    notes: [String] = []
  ) -> Plot {
    let points = values.pairs.map { SIMD2(($0.x + $0.y) / 2, $0.y - $0.x) }
    var series = [Series(.level(0, Stroke(.slate, width: 0.8), label: ""))]
    var words: [String] = []
    if let limits {
      let ends = points.map(\.x)
      if let low = ends.min(), let high = ends.max(), low < high {
        // The bias between the limits has a darker tint, and a line of its own.
        let tints = [Color.biasTint, .limitTint, .limitTint]
        for (i, interval) in limits.intervals.prefix(3).enumerated() {
          series.append(
            Series(
              .box(x: low...high, y: interval, tints[i]),
              name: i == 0 ? "95 % interval of the bias" : i == 1 ? "of the limits" : nil))
        }
      }
      func add(_ value: Double, _ name: String, _ stroke: Stroke) {
        guard value.isDrawable else { return }
        let text = NumberFormat.text(value, decimals: 1)
        series.append(Series(.level(value, stroke, label: "\(name)\n\(text)")))
        words.append("\(name) \(text)")
      }
      add(limits.upper, "upper limit", Stroke(.vermilion, dashes: [5, 3]))
      add(limits.bias, "bias", Stroke(.blue, width: 1.5))
      add(limits.lower, "lower limit", Stroke(.vermilion, dashes: [5, 3]))
    }
    series.append(Series(.points(points, PointStyle(.ink))))
    return Plot(
      title: title,
      summary: "Bland–Altman plot of \(values.quantity): "
        + (words + values.counts + notes).joined(separator: ", ") + ".",
      width: 440, height: 300,
      x: Axis("Mean of reference and computed \(values.quantity)", scale: scale),
      y: Axis("Computed − reference", scale: scale, padding: 0.1),
      series: series, notes: values.counts + notes)
  }
}
