// SPDX-License-Identifier: Apache-2.0

/// Draws the marks of a plot and their swatches in the legend.
struct MarkDrawing {
  let layout: PlotLayout
  let canvas: Canvas
  let isOnRight: Bool

  private var frame: Rectangle { layout.frame }

  func draw(_ mark: Mark) {
    switch mark {
    case .points(let values, let style):
      for value in values where value.x.isDrawable && value.y.isDrawable {
        canvas.symbol(at: point(value), style)
      }
    case .line(let values, let stroke):
      for run in values.split(whereSeparator: { !($0.x.isDrawable && $0.y.isDrawable) }) {
        if run.count == 1 {
          // A single epoch must not vanish.
          run.first.map { canvas.symbol(at: point($0), PointStyle(stroke.color, radius: 2)) }
        }
        canvas.stroke(run.map(point), stroke)
      }
    case .band(let x, let lower, let upper, let color): drawBand(x, lower, upper, color)
    case .identity(let stroke):
      // Over axes of different scales y = x is no straight line.
      let (low, high) = (layout.x.low, layout.x.high)
      canvas.stroke(
        (0...128).map { i in
          let v = layout.x.axis.scale.value(at: low + (high - low) * Double(i) / 128)
          return point([v, v])
        }, stroke)
    case .level(let value, let stroke, _):
      guard value.isDrawable else { return }
      let y = point([0, value]).y
      canvas.stroke([[frame.x, y], [frame.maxX, y]], stroke)
    case .bars(let values, let width, let color):
      for value in values where value.x.isDrawable && value.y.isDrawable && width.isDrawable {
        fill(from: [value.x - width / 2, 0], to: [value.x + width / 2, value.y], color)
      }
    case .box(let x, let y, let color):
      guard [x.lowerBound, x.upperBound, y.lowerBound, y.upperBound].allSatisfy(\.isDrawable)
      else { return }
      fill(from: [x.lowerBound, y.lowerBound], to: [x.upperBound, y.upperBound], color)
    case .cells(let rows): draw(rows)
    }
  }

  func drawSwatch(_ mark: Mark, from start: SIMD2<Double>, width: Double) {
    let end = SIMD2(start.x + width, start.y)
    switch mark {
    case .points(_, let style): canvas.symbol(at: [start.x + width / 2, start.y], style)
    case .line(_, let stroke), .identity(let stroke), .level(_, let stroke, _):
      canvas.stroke([start, end], stroke)
    case .band(_, _, _, let color), .bars(_, _, let color), .box(_, _, let color):
      let box = Rectangle(x: start.x, y: start.y - 4, width: width, height: 8)
      canvas.fill(box, color)
      canvas.stroke(box, Stroke(.slate, width: 0.5))
    case .cells: break
    }
  }

  private func point(_ value: SIMD2<Double>) -> SIMD2<Double> {
    layout.point(value, onRight: isOnRight)
  }

  private func fill(from a: SIMD2<Double>, to b: SIMD2<Double>, _ color: Color) {
    let (p, q) = (point(a), point(b))
    canvas.fill(
      Rectangle(
        x: min(p.x, q.x), y: min(p.y, q.y), width: abs(q.x - p.x), height: abs(q.y - p.y)), color)
  }

  private func drawBand(_ x: [Double], _ lower: [Double], _ upper: [Double], _ color: Color) {
    let count = min(x.count, lower.count, upper.count)
    let drawable = (0..<count).filter {
      x[$0].isDrawable && lower[$0].isDrawable && upper[$0].isDrawable
    }
    canvas.fill(
      drawable.map { point([x[$0], upper[$0]]) }
        + drawable.reversed().map { point([x[$0], lower[$0]]) }, color, opacity: 0.25)
  }

  private func draw(_ rows: [[Cell]]) {
    for (i, row) in rows.enumerated() {
      for (j, cell) in row.enumerated() {
        let (x, y) = (Double(j), Double(i))
        let (p, q) = (point([x - 0.5, y - 0.5]), point([x + 0.5, y + 0.5]))
        let box = Rectangle(
          x: min(p.x, q.x), y: min(p.y, q.y), width: abs(q.x - p.x), height: abs(q.y - p.y))
        let color = Color.white.mixed(with: Color(0x08306B), cell.shade)
        canvas.fill(box, color)
        canvas.stroke(box, Stroke(.mist, width: 0.8))
        let ink = cell.shade > 0 || !cell.detail.isEmpty ? color.readableInk : .slate
        let large = min(12, box.height * 0.3)
        let lift = cell.detail.isEmpty ? 0.36 * large : -0.1 * large
        canvas.text(
          cell.text, at: [box.midX, box.midY + lift], size: large, bold: ink != .slate, color: ink,
          align: .middle)
        canvas.text(
          cell.detail, at: [box.midX, box.midY + large * 1.05], size: large * 0.7, color: ink,
          align: .middle)
      }
    }
  }
}
