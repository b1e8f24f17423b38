// SPDX-License-Identifier: Apache-2.0

/// Where the parts of a figure lie, in points.
struct PlotLayout {
  enum Size {
    static let title = 11.0
    static let label = 9.5
    static let tick = 8.5
    static let note = 8.5
    static let legend = 8.5
    /// The distance between lines of text, as a multiple of their size.
    static let leading = 1.3
    /// The same for the notes.
    static let noteLeading = 1.4
    /// How far the points at the edge may reach over the frame.
    static let overhang = 4.0
  }

  /// One entry of the legend, placed.
  struct LegendEntry {
    let name: String
    let mark: Mark
    let origin: SIMD2<Double>
  }

  /// The room that the swatch of a legend entry takes.
  static let swatch = 22.0

  let plot: Plot
  let x: SettledAxis
  let y: SettledAxis
  let right: SettledAxis?
  let frame: Rectangle
  let legend: [LegendEntry]

  init(_ plot: Plot, canvas: Canvas) {
    self.plot = plot
    x = SettledAxis(plot.x, over: plot.series.flatMap(\.mark.xs))
    y = SettledAxis(plot.y, over: plot.series.filter { !$0.isOnRight }.flatMap(\.mark.ys))
    right = plot.right.map {
      SettledAxis($0, over: plot.series.filter(\.isOnRight).flatMap(\.mark.ys))
    }

    let margin = 8.0
    let line = Size.tick * Size.leading
    func labelWidth(_ axis: SettledAxis) -> Double {
      axis.ticks.flatMap { $0.label.split(separator: "\n") }
        .map { canvas.width(of: String($0), size: Size.tick) }.max() ?? 0
    }
    func side(_ axis: SettledAxis) -> Double {
      labelWidth(axis) + 7 + (axis.axis.label.isEmpty ? 0 : Size.label * 1.6)
    }
    let left = margin + side(y)
    let labels = plot.series.flatMap { $0.mark.levelLabel?.split(separator: "\n") ?? [] }
      .map { canvas.width(of: String($0), size: Size.note) }.max()
    let rightMargin = margin + max(right.map(side) ?? 6, labels.map { $0 + 6 } ?? 0)
    let lines = x.ticks.map { $0.label.split(separator: "\n").count }.max() ?? 0
    let bottom =
      margin + 6 + Double(lines) * line + (plot.x.label.isEmpty ? 0 : Size.label * 1.5)
    var top = margin + (plot.title.isEmpty ? 0 : Size.title * 1.7)

    var frameWidth = max(plot.width - left - rightMargin, 20)
    var entries: [LegendEntry] = []
    var cursor = SIMD2(left, top)
    for series in plot.series {
      guard let name = series.name, !name.isEmpty else { continue }
      let width = PlotLayout.swatch + canvas.width(of: name, size: Size.legend) + 14
      if cursor.x > left, cursor.x + width > plot.width - margin {
        cursor = SIMD2(left, cursor.y + Size.legend * 1.5)
      }
      entries.append(LegendEntry(name: name, mark: series.mark, origin: cursor))
      cursor.x += width
    }
    if !entries.isEmpty { top = cursor.y + Size.legend * 1.9 }
    legend = entries

    var frameHeight = max(plot.height - top - bottom, 20)
    if plot.isSquare {
      frameWidth = min(frameWidth, frameHeight)
      frameHeight = frameWidth
    }
    frame = Rectangle(x: left, y: top, width: frameWidth, height: frameHeight)
  }

  /// The point of the figure where a pair of values stands.
  func point(_ value: SIMD2<Double>, onRight: Bool = false) -> SIMD2<Double> {
    let vertical = onRight ? right ?? y : y
    return SIMD2(
      frame.x + x.fraction(value.x) * frame.width,
      frame.maxY - vertical.fraction(value.y) * frame.height)
  }
}

extension Mark {
  /// What stands beside a horizontal line.
  var levelLabel: String? {
    if case .level(_, _, let label) = self, !label.isEmpty { label } else { nil }
  }

  /// The values that the horizontal axis must cover.
  var xs: [Double] {
    switch self {
    case .points(let points, _), .line(let points, _):
      // A point shows only if both its values can be drawn.
      points.filter { $0.y.isDrawable }.map(\.x)
    case .bars(let points, let width, _): points.flatMap { [$0.x - width / 2, $0.x + width / 2] }
    case .band(let x, _, _, _): x
    case .identity, .level: []
    case .box(let x, _, _): [x.lowerBound, x.upperBound]
    case .cells(let rows): rows.isEmpty ? [] : [-0.5, Double(rows.map(\.count).max() ?? 0) - 0.5]
    }
  }

  /// The values that the vertical axis must cover.
  var ys: [Double] {
    switch self {
    case .points(let points, _), .line(let points, _):
      points.filter { $0.x.isDrawable }.map(\.y)
    case .bars(let points, _, _): [0] + points.map(\.y)
    case .band(_, let lower, let upper, _): lower + upper
    case .level(let value, _, _): [value]
    case .identity: []
    case .box(_, let y, _): [y.lowerBound, y.upperBound]
    case .cells(let rows): rows.isEmpty ? [] : [-0.5, Double(rows.count) - 0.5]
    }
  }
}
