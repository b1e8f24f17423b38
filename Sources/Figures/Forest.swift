// SPDX-License-Identifier: Apache-2.0

extension Plot {
  /// A value with its interval in each of several groups, one below the other (a forest plot).
  ///
  /// Groups run from top to bottom. Series differ by shape and by whether their bar is dashed, so
  /// that the figure reads in grey; `reference` holds the values of everyone, an upright line for
  /// each series. A group without a value keeps its row.
  public static func forest(
    _ groups: [Share], names: [String], reference: [Double?] = [], title: String = "", x: String,
    summary: String
  ) -> Plot {
    let styles: [(Color, PointStyle.Shape, [Double])] = [
      (.blue, .circle, []), (.vermilion, .square, [4, 2]),
    ]
    let count = Double(max(groups.count, 1))
    var series: [Series] = []
    for (s, name) in names.enumerated() {
      let (color, shape, dashes) = styles[s % styles.count]
      if reference.indices.contains(s), let all = reference[s] {
        series.append(
          Series(
            .line(
              [[all, -0.5], [all, count - 0.5]], Stroke(color, width: 0.8, dashes: [1.5, 2])),
            name: names.count == 1 ? "everyone" : nil))
      }
      let shift = names.count > 1 ? 0.36 * (Double(s) / Double(names.count - 1) - 0.5) : 0
      var bars: [SIMD2<Double>] = []
      var points: [SIMD2<Double>] = []
      for (i, group) in groups.enumerated() where s < group.values.count {
        guard let value = group.values[s] else { continue }
        let place = Double(i) + shift
        points.append([value.value, place])
        if let interval = value.interval {
          bars += [[interval.lowerBound, place], [interval.upperBound, place], [.nan, place]]
        }
      }
      series.append(Series(.line(bars, Stroke(color, width: 1.4, dashes: dashes))))
      series.append(
        Series(.points(points, PointStyle(color, shape: shape, radius: 3.5)), name: name))
    }
    return Plot(
      title: title, summary: summary, width: 440, height: 110 + 34 * count,
      x: Axis(x),
      y: Axis(
        "", range: -0.5...(count - 0.5), padding: 0,
        ticks: groups.enumerated().map { Tick(Double($0), $1.label) }, isReversed: true,
        hasGrid: false), series: series)
  }
}
