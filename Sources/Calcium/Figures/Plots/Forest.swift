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
    let count = Double(max(groups.count, 1))
    var series: [Series] = []
    for (s, name) in names.enumerated() {
      if reference.indices.contains(s), let all = reference[s] {
        series.append(
          Series(
            .line(
              [[all, -0.5], [all, count - 0.5]],
              Stroke(style(ofSeries: s).0, width: 0.8, dashes: [1.5, 2])),
            name: names.count == 1 ? "everyone" : nil))
      }
      series += valuesWithBars(groups, series: s, name: name, of: names.count, isUpright: false)
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
