// SPDX-License-Identifier: Apache-2.0

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
}
