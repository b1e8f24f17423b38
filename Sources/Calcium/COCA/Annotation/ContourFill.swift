// SPDX-License-Identifier: Apache-2.0

/// Which pixels a contour stands for.
///
/// Points are (column, row) and integers are pixel centres.
public enum ContourFill: String, CaseIterable, Codable, Sendable {
  /// The pixel centres inside the contour or on it.
  ///
  /// Contours of COCA run 1/255 of a pixel inside the centres of the surrounding background pixels,
  /// so this gives the annotated pixels, but for holes, which the threshold of 130 HU takes out.
  case exact
  /// The rule of the Erasmus study (see `FiveClassRisk`): each vertex rounded up, then the polygon
  /// with its border.
  ///
  /// A coordinate `x` becomes `int(x + 0.99)`. The rounded contour runs through the background
  /// pixels, so a rim that is no calcium belongs to the result, and no threshold is applied to it.
  case erasmus = "seed"

  /// The word for it on the command line and in sentences; files hold the raw value.
  public var title: String {
    switch self {
    case .exact: "exact"
    case .erasmus: "erasmus"
    }
  }

  /// Whether the pixels still have to reach 130 HU to belong to the mask.
  public var appliesThreshold: Bool { self == .exact }

  /// The pixels of a contour, which is closed from its last point to its first.
  ///
  /// The arithmetic is exact for points with up to six decimals, which is what the files hold: they
  /// are turned into whole millionths of a pixel, and every comparison is one of integers. A pixel
  /// centre therefore counts as on the border only if it is so in the numbers as written. For
  /// contours 1/255 inside the background centres the six decimals cannot matter: no pixel centre
  /// comes nearer to such a contour than 1/255/√2 = 0.0028 pixels, and rounding moves it by less
  /// than 0.000001.
  ///
  /// A contour that crosses itself holds every pixel that it winds around (the non-zero rule), so
  /// that a self-touching union loses nothing; a keyhole cut leaves its hole open.
  ///
  /// Throws if a coordinate is not finite or beyond ±65,536, or if the contour is so tangled that it
  /// crosses pixel rows more than four million times.
  public func pixels(inside points: [SIMD2<Double>]) throws(COCAError) -> PixelRuns {
    if let wrong = points.first(where: { !(abs($0.x) <= 65_536 && abs($0.y) <= 65_536) }) {
      throw COCAError(
        .coordinates, path: "contour",
        detail: "the point (\(wrong.x), \(wrong.y)) is no place in an image")
    }
    var outline = Outline()
    switch self {
    case .exact:
      outline.vertices = points.map {
        Vertex(x: Int(($0.x * 1e6).rounded()), y: Int(($0.y * 1e6).rounded()))
      }
    case .erasmus:
      outline.vertices = points.map {
        Vertex(x: Int($0.x + 0.99) * Outline.unit, y: Int($0.y + 0.99) * Outline.unit)
      }
      try outline.drawBorder()
    }
    try outline.traceEdges()
    return outline.filled()
  }
}

/// A point in millionths of a pixel.
private struct Vertex {
  var x: Int
  var y: Int
}

/// A closed polygon on its way to pixels.
private struct Outline {
  static let unit = 1_000_000
  static let limit = 1 << 22

  var vertices: [Vertex] = []
  /// Pixels on the border.
  private var border: [PixelRun] = []
  /// Crossings of pixel rows: row, first column right of the crossing, direction in the last bit.
  private var crossings: [UInt64] = []
  private static let bias = 1 << 20

  /// Collects where the edges cross the rows of pixel centres, and the centres that they meet.
  mutating func traceEdges() throws(COCAError) {
    guard var from = vertices.last else { return }
    crossings.reserveCapacity(2 * vertices.count)
    for to in vertices {
      if to.x % Self.unit == 0, to.y % Self.unit == 0 { mark(to.x, to.y) }
      if from.y == to.y {
        traceLevel(from, to)
      } else if from.y < to.y {
        try traceRising(from, to, direction: 1)
      } else {
        try traceRising(to, from, direction: 0)
      }
      from = to
    }
  }

  private mutating func traceLevel(_ from: Vertex, _ to: Vertex) {
    guard from.y % Self.unit == 0 else { return }
    let low = ceiling(Swift.min(from.x, to.x))
    let high = floor(Swift.max(from.x, to.x))
    if low <= high {
      border.append(PixelRun(row: from.y / Self.unit, columns: low..<high + 1))
    }
  }

  /// Rows from the lower end, included, to the upper end, excluded: a vertex on a row then counts
  /// once where the contour passes and twice or never where it turns.
  private mutating func traceRising(
    _ low: Vertex, _ high: Vertex, direction: UInt64
  ) throws(COCAError) {
    let first = ceiling(low.y)
    let end = ceiling(high.y)
    guard first < end else { return }
    guard crossings.count + end - first <= Self.limit else { throw Self.tangled }
    let dx = high.x - low.x
    let dy = high.y - low.y
    for row in first..<end {
      let (step, remainder) = Self.scaled(row * Self.unit - low.y, by: dx, over: dy)
      let x = low.x + step
      let column = floor(x)
      if remainder == 0, column * Self.unit == x { mark(x, row * Self.unit) }
      crossings.append(
        UInt64(row + Self.bias) << 32 | UInt64(column + 1 + Self.bias) << 1 | direction)
    }
  }

  /// Floor and remainder of `a · b / c` for 0 ≤ a < c, without overflow.
  private static func scaled(_ a: Int, by b: Int, over c: Int) -> (floor: Int, remainder: Int) {
    let size = b.magnitude
    let (small, overflow) = a.magnitude.multipliedReportingOverflow(by: size)
    let quotient: UInt
    let remainder: UInt
    if overflow {
      (quotient, remainder) = c.magnitude.dividingFullWidth(
        a.magnitude.multipliedFullWidth(by: size))
    } else {
      (quotient, remainder) = small.quotientAndRemainder(dividingBy: c.magnitude)
    }
    if b >= 0 || (quotient == 0 && remainder == 0) { return (Int(quotient), Int(remainder)) }
    return remainder == 0
      ? (-Int(quotient), 0) : (-Int(quotient) - 1, c - Int(remainder))
  }

  /// The pixels that the contour winds around, with those on it.
  mutating func filled() -> PixelRuns {
    crossings.sort()
    var runs = border
    runs.reserveCapacity(border.count + crossings.count / 2)
    var winding = 0
    var start = 0
    for crossing in crossings {
      let column = Int(crossing >> 1 & 0x7FFF_FFFF) - Self.bias
      let before = winding
      winding += crossing & 1 == 1 ? 1 : -1
      if before == 0 {
        start = column
      } else if winding == 0, start < column {
        runs.append(
          PixelRun(row: Int(crossing >> 32) - Self.bias, columns: start..<column))
      }
    }
    return PixelRuns(union: runs)
  }

  /// Marks the pixels of each edge of a polygon with whole vertices, as line drawing does
  /// (Bresenham 1965).
  mutating func drawBorder() throws(COCAError) {
    guard var from = vertices.last else { return }
    var count = 0
    for to in vertices {
      var (x, y) = (from.x / Self.unit, from.y / Self.unit)
      let (endX, endY) = (to.x / Self.unit, to.y / Self.unit)
      let (width, height) = (abs(endX - x), abs(endY - y))
      count += Swift.max(width, height)
      guard count <= Self.limit else { throw Self.tangled }
      var error = width - height
      while true {
        border.append(PixelRun(row: y, columns: x..<x + 1))
        if x == endX, y == endY { break }
        let twice = 2 * error
        if twice >= -height {
          error -= height
          x += endX > x ? 1 : -1
        }
        if twice <= width {
          error += width
          y += endY > y ? 1 : -1
        }
      }
      from = to
    }
  }

  private mutating func mark(_ x: Int, _ y: Int) {
    let column = x / Self.unit
    border.append(PixelRun(row: y / Self.unit, columns: column..<column + 1))
  }

  private func floor(_ value: Int) -> Int {
    let quotient = value / Self.unit
    return value < 0 && quotient * Self.unit != value ? quotient - 1 : quotient
  }

  private func ceiling(_ value: Int) -> Int { -floor(-value) }

  private static var tangled: COCAError {
    COCAError(
      .coordinates, path: "contour",
      detail: "the contour crosses pixel rows more than \(limit) times; it outlines no lesion")
  }
}
