// SPDX-License-Identifier: Apache-2.0

/// The description of a figure: what is drawn, in data units, before anything is drawn.
///
/// One description gives PNG, SVG and PDF. Values that are NaN or infinite are never drawn.
///
/// ```swift
/// let scores = try PairedValues(
///   quantity: "Agatston score", reference: [0, 12, 240], computed: [0, 15, 228])
/// let plot = Plot.scatter(scores, title: "Agatston score", classBounds: [1, 10, 100, 400])
/// try plot.write(to: URL(filePath: "scatter.svg"))
/// ```
public struct Plot: Sendable {
  /// A corner of the plot area.
  public enum Corner: Sendable {
    /// The upper left corner.
    case topLeft
    /// The upper right corner.
    case topRight
    /// The lower right corner.
    case bottomRight
    /// The lower left corner.
    case bottomLeft
  }

  /// The heading above the plot; empty leaves it out.
  public var title: String
  /// One sentence for readers who cannot see the figure.
  public var summary: String
  /// The width of the figure in points.
  public var width: Double
  /// The height of the figure in points.
  public var height: Double
  /// The horizontal axis.
  public var x: Axis
  /// The vertical axis on the left.
  public var y: Axis
  /// A second vertical axis on the right, for the series that ask for it.
  public var right: Axis?
  /// What is drawn, from back to front.
  public var series: [Series]
  /// Lines of text inside the plot.
  public var notes: [String]
  /// Where the notes stand, unless they would hide more points there than in another corner.
  public var corner: Corner
  /// Whether the plot area is a square, as it should be where both axes show the same quantity.
  public var isSquare: Bool

  /// A figure of 420 by 300 points unless told otherwise.
  public init(
    title: String = "", summary: String, width: Double = 420, height: Double = 300, x: Axis,
    y: Axis, right: Axis? = nil, series: [Series], notes: [String] = [], corner: Corner = .topLeft,
    isSquare: Bool = false
  ) {
    self.title = title
    self.summary = summary
    self.width = width
    self.height = height
    self.x = x
    self.y = y
    self.right = right
    self.series = series
    self.notes = notes
    self.corner = corner
    self.isSquare = isSquare
  }
}

/// One thing that is drawn in a plot.
public struct Series: Sendable {
  /// What stands in the legend; `nil` keeps it out.
  public var name: String?
  /// What is drawn.
  public var mark: Mark
  /// Whether its vertical values belong to the right axis.
  public var isOnRight: Bool

  /// A series, in the legend if it has a name.
  public init(_ mark: Mark, name: String? = nil, isOnRight: Bool = false) {
    self.name = name
    self.mark = mark
    self.isOnRight = isOnRight
  }
}

/// The kinds of marks; values are (x, y) in data units.
public enum Mark: Sendable {
  /// One symbol for each value.
  case points([SIMD2<Double>], PointStyle)
  /// A line through the values; it breaks where one is NaN.
  case line([SIMD2<Double>], Stroke)
  /// The area between a lower and an upper line over the same x.
  case band(x: [Double], lower: [Double], upper: [Double], Color)
  /// The line y = x across the whole plot.
  case identity(Stroke)
  /// A horizontal line across the whole plot, with a label of one or more lines to the right of it.
  case level(Double, Stroke, label: String)
  /// Upright bars from zero, centred on x, `width` wide.
  case bars([SIMD2<Double>], width: Double, Color)
  /// A filled rectangle.
  case box(x: ClosedRange<Double>, y: ClosedRange<Double>, Color)
  /// Cells of size 1 × 1 round the whole numbers: row i, column j stands at y = i, x = j.
  case cells([[Cell]])
}

/// One cell of a matrix.
public struct Cell: Sendable {
  /// The shade, from 0 (white) to 1 (dark).
  public var shade: Double
  /// The large text.
  public var text: String
  /// The small text below.
  public var detail: String

  /// A cell with its shade and texts.
  public init(shade: Double, text: String, detail: String = "") {
    self.shade = shade
    self.text = text
    self.detail = detail
  }
}

/// How a line is drawn.
public struct Stroke: Sendable {
  /// The colour.
  public var color: Color
  /// The width in points.
  public var width: Double
  /// The lengths of dashes and gaps in points; empty is a solid line.
  public var dashes: [Double]

  /// A stroke, solid unless dashes are given.
  public init(_ color: Color, width: Double = 1.25, dashes: [Double] = []) {
    self.color = color
    self.width = width
    self.dashes = dashes
  }
}

/// How points are drawn.
public struct PointStyle: Sendable {
  /// The shape of a point, so that series differ without colour too.
  public enum Shape: CaseIterable, Sendable {
    /// A disc.
    case circle
    /// A square.
    case square
    /// An upright triangle.
    case triangle
    /// A square on its corner.
    case diamond
  }

  /// The colour of border and, lighter, inside.
  public var color: Color
  /// The shape.
  public var shape: Shape
  /// Half the width, in points.
  public var radius: Double

  /// A style, by default discs of 5 points across.
  public init(_ color: Color = .blue, shape: Shape = .circle, radius: Double = 2.5) {
    self.color = color
    self.shape = shape
    self.radius = radius
  }
}
