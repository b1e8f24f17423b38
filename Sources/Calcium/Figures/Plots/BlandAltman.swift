// SPDX-License-Identifier: Apache-2.0

extension Plot {
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
