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
  /// Series differ by shape, dashes and place, so that the figure reads in grey.
  public static func shares(
    _ shares: [Share], names: [String], title: String = "", x: String, y: String, summary: String
  ) -> Plot {
    let styles: [(Color, PointStyle.Shape, [Double])] = [
      (.blue, .circle, []), (.vermilion, .square, [4, 2]), (.green, .triangle, [1.5, 1.5]),
      (.purple, .diamond, [6, 2, 1.5, 2]),
    ]
    var series: [Series] = []
    for (s, name) in names.enumerated() {
      let (color, shape, dashes) = styles[s % styles.count]
      // 0.6 of a category's width for all series together.
      let shift = names.count > 1 ? 0.6 * (Double(s) / Double(names.count - 1) - 0.5) * 0.6 : 0
      var bars: [SIMD2<Double>] = []
      var points: [SIMD2<Double>] = []
      for (i, share) in shares.enumerated() where s < share.values.count {
        guard let value = share.values[s] else { continue }
        let place = Double(i) + shift
        points.append([place, value.value])
        if let interval = value.interval {
          bars += [[place, interval.lowerBound], [place, interval.upperBound], [place, .nan]]
        }
      }
      series.append(Series(.line(bars, Stroke(color, width: 1.4, dashes: dashes))))
      series.append(
        Series(.points(points, PointStyle(color, shape: shape, radius: 3.5)), name: name))
    }
    return Plot(
      title: title, summary: summary, width: 440, height: 300,
      x: Axis(
        x, range: -0.5...(Double(max(shares.count, 1)) - 0.5), padding: 0,
        ticks: shares.enumerated().map { Tick(Double($0), $1.label) }, hasGrid: false),
      y: Axis(y, range: 0...1, padding: 0.03), series: series)
  }

  /// A free-response curve: the share of lesions found over false ones per scan, by model.
  ///
  /// Points are (false positives per scan, sensitivity) in rising order. The curve is a staircase:
  /// between two points nothing was measured. `ranking` says what lesions are let in by.
  public static func freeResponse(
    _ curves: [(name: String, points: [SIMD2<Double>])], title: String = "", ranking: String = ""
  ) -> Plot {
    let styles: [(Color, [Double])] = [
      (.blue, []), (.vermilion, [6, 3]), (.green, [2, 2]), (.purple, [8, 3, 2, 3]),
    ]
    var series: [Series] = []
    var words: [String] = []
    for (i, curve) in curves.enumerated() {
      var stairs: [SIMD2<Double>] = [[0, 0]]
      for point in curve.points {
        stairs.append([point.x, stairs[stairs.count - 1].y])
        stairs.append(point)
      }
      let (color, dashes) = styles[i % styles.count]
      series.append(
        Series(.line(stairs, Stroke(color, width: 1.6, dashes: dashes)), name: curve.name))
      if let last = curve.points.last {
        let shape = PointStyle.Shape.allCases[i % PointStyle.Shape.allCases.count]
        series.append(Series(.points([last], PointStyle(color, shape: shape, radius: 3.5))))
        words.append(
          "\(curve.name) ends at \(Numeral.text(last.x, decimals: 2)) false ones per scan and "
            + "\(Numeral.text(100 * last.y)) % found")
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
