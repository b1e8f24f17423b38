// SPDX-License-Identifier: Apache-2.0

extension Plot {
  /// A share with its interval, for one category.
  public struct Share: Sendable {
    /// The category, with its count on a second line for example.
    public var label: String
    /// The shares by series, in the order of their names; `nil` where there is none.
    public var values: [(value: Double, interval: ClosedRange<Double>?)?]

    /// A category with its shares.
    public init(label: String, values: [(value: Double, interval: ClosedRange<Double>?)?]) {
      self.label = label
      self.values = values
    }
  }

  /// Shares from 0 to 1 by category, side by side, each with its interval as a bar.
  ///
  /// Series differ by shape, dashes and position, so that the figure reads in grey.
  public static func shares(
    _ shares: [Share], names: [String], title: String = "", x: String, y: String, summary: String
  ) -> Plot {
    let series = names.enumerated().flatMap { s, name in
      valuesWithBars(shares, series: s, name: name, of: names.count)
    }
    return Plot(
      title: title, summary: summary, width: 440, height: 300,
      x: Axis(
        x, range: -0.5...(Double(max(shares.count, 1)) - 0.5), padding: 0,
        ticks: shares.enumerated().map { Tick(Double($0), $1.label) }, hasGrid: false),
      y: Axis(y, range: 0...1, padding: 0.03), series: series)
  }

  /// The values of one series, a symbol in each category with its interval as a bar.
  ///
  /// Series differ by colour, shape, dashes and position. Categories stand along the horizontal axis,
  /// or along the vertical one where `isUpright` is false.
  static func valuesWithBars(
    _ categories: [Share], series: Int, name: String, of count: Int, isUpright: Bool = true
  ) -> [Series] {
    let (color, shape, dashes) = style(ofSeries: series)
    // All series together take a third of the room of a category.
    let shift = count > 1 ? 0.36 * (Double(series) / Double(count - 1) - 0.5) : 0
    func point(_ category: Double, _ value: Double) -> SIMD2<Double> {
      isUpright ? [category, value] : [value, category]
    }
    var bars: [SIMD2<Double>] = []
    var points: [SIMD2<Double>] = []
    for (i, category) in categories.enumerated() where series < category.values.count {
      guard let value = category.values[series] else { continue }
      let category = Double(i) + shift
      points.append(point(category, value.value))
      if let interval = value.interval {
        bars += [interval.lowerBound, interval.upperBound, .nan].map { point(category, $0) }
      }
    }
    return [
      Series(.line(bars, Stroke(color, width: 1.4, dashes: dashes))),
      Series(.points(points, PointStyle(color, shape: shape, radius: 3.5)), name: name),
    ]
  }

  /// How a series looks among others, so that it is told apart in grey, too.
  static func style(ofSeries series: Int) -> (Color, PointStyle.Shape, dashes: [Double]) {
    let styles: [(Color, PointStyle.Shape, [Double])] = [
      (.blue, .circle, []), (.vermilion, .square, [4, 2]), (.green, .triangle, [1.5, 1.5]),
      (.purple, .diamond, [6, 2, 1.5, 2]),
    ]
    return styles[series % styles.count]
  }

  /// A free-response curve: the share of lesions found over false ones per scan, by model.
  ///
  /// Points are (false positives per scan, sensitivity) in rising order. The curve is a staircase:
  /// between two points nothing was measured. `ranking` names the value that lesions are ranked by.
  public static func freeResponse(
    _ curves: [(name: String, points: [SIMD2<Double>])], title: String = "", ranking: String = ""
  ) -> Plot {
    var series: [Series] = []
    var words: [String] = []
    for (i, curve) in curves.enumerated() {
      var stairs: [SIMD2<Double>] = [[0, 0]]
      for point in curve.points {
        stairs.append([point.x, stairs[stairs.count - 1].y])
        stairs.append(point)
      }
      let (color, shape, dashes) = style(ofSeries: i)
      series.append(
        Series(.line(stairs, Stroke(color, width: 1.6, dashes: dashes)), name: curve.name))
      if let last = curve.points.last {
        series.append(Series(.points([last], PointStyle(color, shape: shape, radius: 3.5))))
        words.append(
          "\(curve.name) ends at \(NumberFormat.text(last.x, decimals: 2)) false ones per scan and "
            + "\(NumberFormat.text(100 * last.y)) % found")
      }
    }
    return Plot(
      title: title,
      summary: "Free-response curve of lesions: \(words.joined(separator: "; "))"
        + (ranking.isEmpty ? "." : "; lesions are \(ranking)."),
      width: 440, height: 300, x: Axis("False-positive lesions per scan"),
      y: Axis("Lesions found", range: 0...1, padding: 0.03), series: series,
      notes: ranking.isEmpty ? [] : [ranking], corner: .bottomRight)
  }
}
