// SPDX-License-Identifier: Apache-2.0

/// Draws a plot: background boxes, grid, marks, axes, then text.
struct PlotDrawing {
  let layout: PlotLayout
  let canvas: Canvas

  private typealias Size = PlotLayout.Size
  private var plot: Plot { layout.plot }
  private var frame: Rectangle { layout.frame }

  init(_ plot: Plot, canvas: Canvas) {
    layout = PlotLayout(plot, canvas: canvas)
    self.canvas = canvas
  }

  func draw() {
    for series in plot.series where series.mark.isBackground { draw(series) }
    drawGrid()
    for series in plot.series where !series.mark.isBackground { draw(series) }
    drawFrame()
    drawLevelLabels()
    drawTitleAndLegend()
    drawNotes()
  }

  private func draw(_ series: Series) {
    // Points may overlap the frame: half a symbol at the edge looks like a mistake.
    let edge = if case .points = series.mark { -Size.overhang } else { 0.0 }
    canvas.clipped(to: frame.inset(by: edge)) {
      MarkDrawing(layout: layout, canvas: canvas, isOnRight: series.isOnRight).draw(series.mark)
    }
  }

  private func drawGrid() {
    for tick in layout.x.ticks where plot.x.hasGrid && !tick.label.isEmpty {
      let p = layout.point([tick.value, 0]).x
      canvas.stroke([[p, frame.y], [p, frame.maxY]], Stroke(.mist, width: 0.6))
    }
    for tick in layout.y.ticks where plot.y.hasGrid && !tick.label.isEmpty {
      let p = layout.point([0, tick.value]).y
      canvas.stroke([[frame.x, p], [frame.maxX, p]], Stroke(.mist, width: 0.6))
    }
  }

  private func drawFrame() {
    let thin = Stroke(.slate, width: 0.8)
    canvas.stroke([[frame.x, frame.y], [frame.x, frame.maxY], [frame.maxX, frame.maxY]], thin)
    for tick in readable(layout.x.ticks, along: frame.width) {
      let p = layout.point([tick.value, 0]).x
      let length = tick.label.isEmpty ? 2.0 : 4.0
      if plot.x.ticks == nil {
        canvas.stroke([[p, frame.maxY], [p, frame.maxY + length]], thin)
      }
      for (i, line) in tick.label.split(separator: "\n").enumerated() {
        let y = frame.maxY + 6 + Size.tick * (0.85 + Double(i) * Size.leading)
        canvas.text(String(line), at: [p, y], size: Size.tick, align: .middle)
      }
    }
    let lines = layout.x.ticks.map { $0.label.split(separator: "\n").count }.max() ?? 0
    canvas.text(
      plot.x.label,
      at: [
        frame.midX,
        frame.maxY + 6 + Double(lines) * Size.tick * Size.leading + Size.label * 1.15,
      ], size: Size.label, align: .middle)
    drawVerticalAxis(layout.y, at: frame.x, outward: -1, labelAt: 8 + Size.label * 0.85)
    if let right = layout.right {
      canvas.stroke([[frame.maxX, frame.y], [frame.maxX, frame.maxY]], thin)
      drawVerticalAxis(
        right, at: frame.maxX, outward: 1, labelAt: plot.width - 8 - Size.label * 0.25)
    }
  }

  private func drawVerticalAxis(
    _ axis: SettledAxis, at x: Double, outward: Double, labelAt labelX: Double
  ) {
    for tick in readable(axis.ticks, along: frame.height) {
      let y = frame.maxY - axis.fraction(tick.value) * frame.height
      let length = tick.label.isEmpty ? 2.0 : 4.0
      if axis.axis.ticks == nil {
        canvas.stroke([[x, y], [x + outward * length, y]], Stroke(.slate, width: 0.8))
      }
      let lines = tick.label.split(separator: "\n")
      for (i, line) in lines.enumerated() {
        let offset = (Double(i) - Double(lines.count - 1) / 2) * Size.tick * Size.leading
        canvas.text(
          String(line), at: [x + outward * 6, y + offset + Size.tick * 0.36], size: Size.tick,
          align: outward < 0 ? .end : .start)
      }
    }
    canvas.text(
      axis.axis.label, at: [labelX, frame.midY], size: Size.label, align: .middle,
      turn: -Double.pi / 2)
  }

  /// Without the small ticks where they would stand too close to be told apart.
  private func readable(_ ticks: [Tick], along length: Double) -> [Tick] {
    length / Double(max(ticks.count, 1)) >= 5 ? ticks : ticks.filter { !$0.label.isEmpty }
  }

  /// Writes the names of horizontal lines into the right margin, apart from each other.
  private func drawLevelLabels() {
    var labels: [(middle: Double, lines: [String])] = plot.series.compactMap { series in
      guard case .level(let value, _, let label) = series.mark, value.isDrawable, !label.isEmpty
      else { return nil }
      let lines = label.split(separator: "\n").map(String.init)
      return (layout.point([0, value], onRight: series.isOnRight).y, lines)
    }
    labels.sort { $0.middle < $1.middle }
    let line = Size.note * 1.25
    var floor = -Double.infinity
    for (middle, lines) in labels {
      let height = line * Double(lines.count)
      let top = max(middle - height / 2, floor)
      floor = top + height + 2
      for (i, text) in lines.enumerated() {
        canvas.text(
          text, at: [frame.maxX + 6, top + line * Double(i) + Size.note * 0.95], size: Size.note)
      }
    }
  }

  private func drawTitleAndLegend() {
    canvas.text(plot.title, at: [frame.x, 8 + Size.title], size: Size.title, bold: true)
    for entry in layout.legend {
      let middle = entry.origin.y + Size.legend * 0.5
      MarkDrawing(layout: layout, canvas: canvas, isOnRight: false).drawSwatch(
        entry.mark, from: [entry.origin.x, middle], width: PlotLayout.swatch - 6)
      canvas.text(
        entry.name,
        at: [entry.origin.x + PlotLayout.swatch, middle + Size.legend * 0.36], size: Size.legend)
    }
  }

  private func drawNotes() {
    guard !plot.notes.isEmpty else { return }
    let box = layout.notesBox(canvas)
    canvas.fill(box, .white, opacity: 0.85)
    let line = Size.note * Size.noteLeading
    for (i, note) in plot.notes.enumerated() {
      canvas.text(
        note, at: [box.x + 4, box.y + 3 + line * Double(i) + Size.note], size: Size.note)
    }
  }
}

extension Mark {
  /// Whether it lies under the grid.
  var isBackground: Bool {
    switch self {
    case .box, .band: true
    default: false
    }
  }
}
