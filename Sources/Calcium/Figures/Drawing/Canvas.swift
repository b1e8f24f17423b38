// SPDX-License-Identifier: Apache-2.0
import CCairo

/// A rectangle in points, y downwards.
struct Rectangle: Equatable, Sendable {
  var x: Double
  var y: Double
  var width: Double
  var height: Double

  var maxX: Double { x + width }
  var maxY: Double { y + height }
  var midX: Double { x + width / 2 }
  var midY: Double { y + height / 2 }

  func inset(by d: Double) -> Rectangle {
    Rectangle(x: x + d, y: y + d, width: width - 2 * d, height: height - 2 * d)
  }
}

/// How a text stands to its point, along the line of text.
enum Alignment: Sendable {
  case start
  case middle
  case end
}

/// The few drawing operations that figures are made of, over one Cairo context.
///
/// A value made by ``Rendering`` and valid only inside its closure. Points are (x, y), y downwards.
struct Canvas {
  /// The family of all text; where it is missing fontconfig gives the nearest sans.
  static let family = "DejaVu Sans"

  let context: OpaquePointer

  init(context: OpaquePointer) {
    self.context = context
    // Without hinting text has the same extent at every scale and in every format.
    let options = cairo_font_options_create()
    cairo_font_options_set_antialias(options, CAIRO_ANTIALIAS_GRAY)
    cairo_font_options_set_hint_style(options, CAIRO_HINT_STYLE_NONE)
    cairo_font_options_set_hint_metrics(options, CAIRO_HINT_METRICS_OFF)
    cairo_set_font_options(context, options)
    cairo_font_options_destroy(options)
    cairo_set_line_join(context, CAIRO_LINE_JOIN_ROUND)
  }

  /// Draws lines through points; fewer than two draw nothing.
  func stroke(_ points: [SIMD2<Double>], _ stroke: Stroke, closed: Bool = false) {
    guard points.count > 1 else { return }
    trace(points, closed: closed)
    setColor(stroke.color)
    cairo_set_line_width(context, stroke.width)
    cairo_set_dash(context, stroke.dashes, Int32(stroke.dashes.count), 0)
    cairo_set_line_cap(context, stroke.dashes.isEmpty ? CAIRO_LINE_CAP_ROUND : CAIRO_LINE_CAP_BUTT)
    cairo_stroke(context)
  }

  /// Fills the polygon through points.
  func fill(_ points: [SIMD2<Double>], _ color: Color, opacity: Double = 1) {
    guard points.count > 2 else { return }
    trace(points, closed: true)
    setColor(color, opacity: opacity)
    cairo_fill(context)
  }

  /// Fills a rectangle.
  func fill(_ r: Rectangle, _ color: Color, opacity: Double = 1) {
    cairo_rectangle(context, r.x, r.y, r.width, r.height)
    setColor(color, opacity: opacity)
    cairo_fill(context)
  }

  /// Draws the border of a rectangle.
  func stroke(_ r: Rectangle, _ stroke: Stroke) {
    self.stroke(
      [[r.x, r.y], [r.maxX, r.y], [r.maxX, r.maxY], [r.x, r.maxY]], stroke, closed: true)
  }

  /// Draws one symbol: a light inside and a full border, so that overlapping points stay countable.
  func symbol(at p: SIMD2<Double>, _ style: PointStyle) {
    let r = style.radius
    switch style.shape {
    case .circle:
      cairo_new_path(context)
      cairo_arc(context, p.x, p.y, r, 0, 2 * Double.pi)
    case .square:
      cairo_rectangle(context, p.x - r * 0.9, p.y - r * 0.9, r * 1.8, r * 1.8)
    case .triangle:
      trace(
        [[p.x, p.y - r * 1.2], [p.x + r * 1.1, p.y + r * 0.8], [p.x - r * 1.1, p.y + r * 0.8]],
        closed: true)
    case .diamond:
      let d = r * 1.25
      trace([[p.x, p.y - d], [p.x + d, p.y], [p.x, p.y + d], [p.x - d, p.y]], closed: true)
    }
    setColor(style.color, opacity: 0.35)
    cairo_fill_preserve(context)
    setColor(style.color)
    cairo_set_line_width(context, 0.8)
    cairo_set_dash(context, nil, 0, 0)
    cairo_stroke(context)
  }

  /// Writes one line of text whose capitals stand `size` × 0.73 above the baseline at `point`.
  ///
  /// `turn` is in radians, clockwise.
  func text(
    _ text: String, at point: SIMD2<Double>, size: Double, bold: Bool = false,
    color: Color = .ink, align: Alignment = .start, turn: Double = 0
  ) {
    let line = printable(text)
    guard !line.isEmpty else { return }
    let shift =
      switch align {
      case .start: 0.0
      case .middle: -width(of: line, size: size, bold: bold) / 2
      case .end: -width(of: line, size: size, bold: bold)
      }
    select(size: size, bold: bold)
    setColor(color)
    cairo_save(context)
    cairo_translate(context, point.x, point.y)
    cairo_rotate(context, turn)
    cairo_move_to(context, shift, 0)
    cairo_show_text(context, line)
    cairo_restore(context)
  }

  /// The advance of one line of text.
  func width(of text: String, size: Double, bold: Bool = false) -> Double {
    select(size: size, bold: bold)
    var extents = cairo_text_extents_t()
    cairo_text_extents(context, printable(text), &extents)
    return extents.x_advance
  }

  /// Draws inside a rectangle only.
  func clipped<Failure: Error>(
    to r: Rectangle, _ body: () throws(Failure) -> Void
  ) throws(Failure) {
    cairo_save(context)
    defer { cairo_restore(context) }
    cairo_rectangle(context, r.x, r.y, r.width, r.height)
    cairo_clip(context)
    try body()
  }

  /// Draws a picture into a rectangle; one that is no PNG leaves it as it was.
  func image(png bytes: [UInt8], in r: Rectangle) {
    var rest = bytes[...]
    let surface = withUnsafeMutablePointer(to: &rest) { rest in
      cairo_image_surface_create_from_png_stream(
        { closure, out, count in
          guard let rest = closure?.assumingMemoryBound(to: ArraySlice<UInt8>.self), let out,
            rest.pointee.count >= Int(count)
          else { return CAIRO_STATUS_READ_ERROR }
          for i in 0..<Int(count) { out[i] = rest.pointee[rest.pointee.startIndex + i] }
          rest.pointee = rest.pointee.dropFirst(Int(count))
          return CAIRO_STATUS_SUCCESS
        }, rest)
    }
    defer { cairo_surface_destroy(surface) }
    let (width, height) = (
      Double(cairo_image_surface_get_width(surface)),
      Double(cairo_image_surface_get_height(surface))
    )
    guard width > 0, height > 0 else { return }
    cairo_save(context)
    cairo_translate(context, r.x, r.y)
    cairo_scale(context, r.width / width, r.height / height)
    cairo_set_source_surface(context, surface, 0, 0)
    cairo_pattern_set_extend(cairo_get_source(context), CAIRO_EXTEND_PAD)
    cairo_rectangle(context, 0, 0, width, height)
    cairo_fill(context)
    cairo_restore(context)
  }

  private func trace(_ points: [SIMD2<Double>], closed: Bool) {
    cairo_new_path(context)
    for p in points { cairo_line_to(context, p.x, p.y) }
    if closed { cairo_close_path(context) }
  }

  private func setColor(_ color: Color, opacity: Double = 1) {
    cairo_set_source_rgba(
      context, Double(color.red) / 255, Double(color.green) / 255, Double(color.blue) / 255,
      opacity)
  }

  private func select(size: Double, bold: Bool) {
    cairo_select_font_face(
      context, Canvas.family, CAIRO_FONT_SLANT_NORMAL,
      bold ? CAIRO_FONT_WEIGHT_BOLD : CAIRO_FONT_WEIGHT_NORMAL)
    cairo_set_font_size(context, size)
  }

  /// Without control characters: a NUL would end the text, a line feed would draw a box.
  private func printable(_ text: String) -> String {
    text.unicodeScalars.contains { $0.value < 0x20 }
      ? String(text.map { $0.unicodeScalars.allSatisfy { $0.value >= 0x20 } ? $0 : " " }) : text
  }
}
