// SPDX-License-Identifier: Apache-2.0
import CCairo
import Foundation

/// Sheets of paper, or of a screen, with a table and pictures of a scan: what goes into an archive of
/// images, where no page of HTML is shown.
///
/// The sheets are A4, upright. The first has the title, the table and the projections, those after it
/// six slices each.
public struct ResultSheet: Sendable {
  /// A picture and what is written below it.
  public struct Picture: Sendable {
    /// The picture with its outlines.
    public var view: ScanView.Picture
    /// A line below it.
    public var caption: String

    /// A picture with a caption.
    public init(view: ScanView.Picture, caption: String) {
      self.view = view
      self.caption = caption
    }
  }

  /// A row of the table.
  public struct Row: Sendable {
    /// The value of the marks that it is about; `nil` for none.
    public var mark: UInt8?
    /// Its cells.
    public var cells: [String]
    /// Whether it is the sum of the others.
    public var isTotal: Bool

    /// A row.
    public init(mark: UInt8? = nil, cells: [String], isTotal: Bool = false) {
      self.mark = mark
      self.cells = cells
      self.isTotal = isTotal
    }
  }

  /// The heading, and the line below it.
  public var title = ""
  /// The most important number, and what it is.
  public var headline: (value: String, meaning: String) = ("", "")
  /// What must be read with it: that nobody looked at it, and why it is to be doubted.
  public var warnings: [String] = []
  /// The names of the columns.
  public var columns: [String] = []
  /// The table.
  public var rows: [Row] = []
  /// How it was made, a line each.
  public var facts: [String] = []
  /// The pictures of the whole.
  public var projections: [Picture] = []
  /// The slices.
  public var slices: [Picture] = []
  /// The names of the marks, for the legend.
  public var marks: [(value: UInt8, name: String)] = []
  /// What is written at the foot of each sheet.
  public var footer = ""

  /// An empty sheet.
  public init() {}

  /// The colour of a mark, seen on grey and on black.
  public static func color(_ mark: UInt8) -> Color {
    switch mark {
    case 1: Color(0xFF86D3)
    case 2: Color(0xFF9F1C)
    case 3: Color(0x4CC9FF)
    case 4: Color(0x45E08A)
    case 5: Color(0xFF9F1C)
    case 6: Color(0xD8D8D8)
    default: .white
    }
  }

  /// How outlines of a mark are drawn: what is in no total is dashed, what is undecided is dotted.
  static func dashes(_ mark: UInt8) -> [Double] { mark == 6 ? [3, 2] : mark == 7 ? [1, 1.2] : [] }

  /// Width and height in points.
  static let size = SIMD2(595.0, 842.0)
  private static let margin = 42.0
  static let slicesOnSheet = 6

  /// How many sheets there are.
  public var sheetCount: Int { 1 + (slices.count + Self.slicesOnSheet - 1) / Self.slicesOnSheet }

  /// All sheets as one PDF, black on white.
  public func pdf() throws(FigureError) -> [UInt8] {
    try Rendering.pdf(title, width: Self.size.x, height: Self.size.y, pages: sheetCount) {
      draw($1, on: $0, Ink.paper)
    }
  }

  /// A sheet as pixels, three bytes each, white on black as screens of radiologists are.
  public func picture(
    _ sheet: Int, scale: Double = 1.6
  ) throws(FigureError) -> (width: Int, height: Int, rgb: [UInt8]) {
    let pixels = try Rendering.pixels(
      title, width: Self.size.x, height: Self.size.y, scale: scale
    ) { draw(sheet, on: $0, Ink.screen) }
    let rgb = pixels.values.flatMap {
      [
        UInt8(truncatingIfNeeded: $0 >> 16), UInt8(truncatingIfNeeded: $0 >> 8),
        UInt8(truncatingIfNeeded: $0),
      ]
    }
    return (pixels.width, pixels.height, rgb)
  }

  /// The colours of paper and of a screen.
  private struct Ink {
    let ground, text, soft, line, alarm: Color
    static let paper = Ink(
      ground: .white, text: .ink, soft: .slate, line: .mist, alarm: Color(0xA33B00))
    static let screen = Ink(
      ground: Color(0x000000), text: Color(0xF2F2F2), soft: Color(0xB4B4B4), line: Color(0x444444),
      alarm: Color(0xFFB36B))
  }

  private func draw(_ sheet: Int, on canvas: Canvas, _ ink: Ink) {
    canvas.fill(
      Rectangle(x: 0, y: 0, width: Self.size.x, height: Self.size.y), ink.ground)
    let width = Self.size.x - 2 * Self.margin
    if sheet == 0 {
      let y = head(canvas, ink, width)
      pictures(
        projections, on: canvas, ink,
        in: Rectangle(
          x: Self.margin, y: y, width: width, height: Self.size.y - Self.margin - 26 - y),
        columns: 2)
    } else {
      canvas.text(
        title, at: [Self.margin, Self.margin + 12], size: 13, bold: true, color: ink.text)
      let first = (sheet - 1) * Self.slicesOnSheet
      let shown = Array(slices[first..<min(first + Self.slicesOnSheet, slices.count)])
      pictures(
        shown, on: canvas, ink,
        in: Rectangle(
          x: Self.margin, y: Self.margin + 44, width: width,
          height: Self.size.y - 2 * Self.margin - 70),
        columns: shown.count <= 2 ? 1 : 2)
      legend(on: canvas, ink, y: Self.margin + 32)
    }
    let foot = Self.size.y - Self.margin + 8
    canvas.text(footer, at: [Self.margin, foot], size: 8, color: ink.soft)
    canvas.text(
      "\(sheet + 1) of \(sheetCount)", at: [Self.size.x - Self.margin, foot], size: 8,
      color: ink.soft, align: .end)
  }

  /// Draws the head of the first sheet; returns where it ends.
  private func head(_ canvas: Canvas, _ ink: Ink, _ width: Double) -> Double {
    let left = Self.margin
    var y = Self.margin + 14
    canvas.text(title, at: [left, y], size: 17, bold: true, color: ink.text)
    y += 44
    canvas.text(headline.value, at: [left, y], size: 34, bold: true, color: ink.text)
    let shift = canvas.width(of: headline.value, size: 34, bold: true) + 14
    for (index, line) in wrapped(headline.meaning, canvas, size: 11, width: width - shift)
      .prefix(2).enumerated()
    {
      canvas.text(
        line, at: [left + shift, y - 12 + 14 * Double(index)], size: 11, color: ink.soft)
    }
    y += 24
    for warning in warnings {
      for line in wrapped(warning, canvas, size: 10, width: width) {
        canvas.text(line, at: [left, y], size: 10, bold: true, color: ink.alarm)
        y += 14
      }
    }
    y += 10
    y = table(canvas, ink, y: y, width: width) + 14
    for fact in facts {
      for line in wrapped(fact, canvas, size: 9, width: width) {
        canvas.text(line, at: [left, y], size: 9, color: ink.soft)
        y += 12.5
      }
    }
    y += 16
    legend(on: canvas, ink, y: y)
    return y + 14
  }

  private func table(_ canvas: Canvas, _ ink: Ink, y top: Double, width: Double) -> Double {
    let left = Self.margin
    let first = 150.0
    let step = (width - first) / Double(max(1, columns.count - 1))
    func row(_ cells: [String], _ y: Double, bold: Bool, color: Color, mark: UInt8? = nil) {
      for (index, cell) in cells.enumerated() {
        if index == 0 {
          if let mark { swatch(mark, on: canvas, ink, at: [left + 5, y - 4]) }
          canvas.text(
            cell, at: [left + (mark == nil ? 0 : 18), y], size: 11, bold: bold, color: color)
        } else {
          canvas.text(
            cell, at: [left + first + step * Double(index), y], size: 11, bold: bold, color: color,
            align: .end)
        }
      }
    }
    var y = top
    row(columns, y, bold: false, color: ink.soft)
    y += 7
    canvas.stroke([[left, y], [left + width, y]], Stroke(ink.soft, width: 1))
    for entry in rows {
      y += 17
      row(
        entry.cells, y, bold: entry.isTotal, color: ink.text, mark: entry.mark)
      y += 6
      canvas.stroke(
        [[left, y], [left + width, y]],
        Stroke(entry.isTotal ? ink.soft : ink.line, width: entry.isTotal ? 1 : 0.5))
    }
    return y + 8
  }

  private func swatch(_ mark: UInt8, on canvas: Canvas, _ ink: Ink, at point: SIMD2<Double>) {
    let box = Rectangle(x: point.x - 5, y: point.y - 5, width: 10, height: 10)
    canvas.fill(box, Color(0x15181B))
    canvas.stroke(
      box.inset(by: 1.5), Stroke(Self.color(mark), width: 2, dashes: Self.dashes(mark)))
  }

  private func legend(on canvas: Canvas, _ ink: Ink, y: Double) {
    var x = Self.margin
    for mark in marks {
      swatch(mark.value, on: canvas, ink, at: [x + 5, y - 4])
      canvas.text(mark.name, at: [x + 15, y], size: 9, color: ink.text)
      x += 15 + canvas.width(of: mark.name, size: 9) + 16
    }
  }

  /// Pictures in columns of one width, as large as all of them fit.
  private func pictures(
    _ pictures: [Picture], on canvas: Canvas, _ ink: Ink, in area: Rectangle, columns: Int
  ) {
    guard !pictures.isEmpty else { return }
    let gap = 12.0, line = 16.0
    let rows = (pictures.count + columns - 1) / columns
    let cell = (area.width - gap * Double(columns - 1)) / Double(columns)
    let room = (area.height - gap * Double(rows - 1)) / Double(rows) - line
    guard room > 20 else { return }
    for (index, picture) in pictures.enumerated() {
      let (row, column) = index.quotientAndRemainder(dividingBy: columns)
      let size = picture.view.size
      let scale = min(cell / size.x, room / size.y)
      let box = Rectangle(
        x: area.x + Double(column) * (cell + gap),
        y: area.y + Double(row) * (room + line + gap), width: size.x * scale,
        height: size.y * scale)
      canvas.image(png: [UInt8](picture.view.png), in: box)
      canvas.clipped(to: box) {
        for (mark, loops) in picture.view.outlines.sorted(by: { $0.key < $1.key }) {
          for loop in loops {
            canvas.stroke(
              loop.map { SIMD2(box.x, box.y) + $0 * scale },
              Stroke(Self.color(mark), width: 0.9, dashes: Self.dashes(mark)), closed: true)
          }
        }
      }
      for (text, point) in [
        (picture.view.leftSide, SIMD2(box.x + 5, box.midY + 3)),
        (picture.view.upperSide, SIMD2(box.midX - 3, box.y + 11)),
      ] {
        canvas.text(text, at: point, size: 9, bold: true, color: .white)
      }
      let caption = wrapped(picture.caption, canvas, size: 8.5, width: cell).first ?? ""
      canvas.text(caption, at: [box.x, box.maxY + 11], size: 8.5, color: ink.soft)
    }
  }

  private func wrapped(
    _ text: String, _ canvas: Canvas, size: Double, width: Double
  ) -> [String] {
    var lines: [String] = []
    var line = ""
    for word in text.split(separator: " ") {
      let longer = line.isEmpty ? String(word) : "\(line) \(word)"
      if !line.isEmpty, canvas.width(of: longer, size: size) > width {
        lines.append(line)
        line = String(word)
      } else {
        line = longer
      }
    }
    return line.isEmpty ? lines : lines + [line]
  }
}
