// SPDX-License-Identifier: Apache-2.0
import CCairo

/// Turning drawing into the bytes of a file.
///
/// The same drawing gives the same bytes: no dates, no counters of the process.
enum Rendering {
  /// Pixels in rows from the top, 0x00RRGGBB each.
  struct Pixels: Sendable {
    var width: Int
    var height: Int
    var values: [UInt32]
  }

  /// The largest side of a picture in pixels.
  static let largestSide = 8_192

  /// Draws on white and gives a PNG with `scale` pixels a point.
  static func png(
    _ subject: String, width: Double, height: Double, scale: Double, draw: (Canvas) -> Void
  ) throws(FigureError) -> [UInt8] {
    let picture = try pixels(subject, width: width, height: height, scale: scale, draw: draw)
    return try PNGFile.encode(picture, subject: subject)
  }

  /// Draws on white and gives the pixels.
  static func pixels(
    _ subject: String, width: Double, height: Double, scale: Double, draw: (Canvas) -> Void
  ) throws(FigureError) -> Pixels {
    try check(subject, width: width * scale, height: height * scale)
    let columns = Int((width * scale).rounded())
    let rows = Int((height * scale).rounded())
    let surface = cairo_image_surface_create(CAIRO_FORMAT_RGB24, Int32(columns), Int32(rows))
    defer { cairo_surface_destroy(surface) }
    try paint(subject, on: surface, scale: scale, draw: draw)
    cairo_surface_flush(surface)
    guard let data = cairo_image_surface_get_data(surface) else {
      throw FigureError(.drawing, subject: subject, detail: "the picture holds no pixels")
    }
    let stride = Int(cairo_image_surface_get_stride(surface))
    var values: [UInt32] = []
    values.reserveCapacity(rows * columns)
    for row in 0..<rows {
      (data + row * stride).withMemoryRebound(to: UInt32.self, capacity: columns) { line in
        for column in 0..<columns { values.append(line[column] & 0xFF_FFFF) }
      }
    }
    return Pixels(width: columns, height: rows, values: values)
  }

  /// Draws to SVG; text becomes outlines, so that it looks the same everywhere.
  static func svg(
    _ subject: String, width: Double, height: Double, draw: (Canvas) -> Void
  ) throws(FigureError) -> String {
    try check(subject, width: width, height: height)
    let bytes = try stream(
      subject, draw: draw,
      create: { cairo_svg_surface_create_for_stream(append, $0, width, height) })
    var text = String(decoding: bytes, as: UTF8.self)
    // Cairo numbers the surfaces of a process, which would make each run differ.
    if let number = text.firstRange(of: /id="surface[0-9]+"/) {
      text.replaceSubrange(number, with: "id=\"figure\"")
    }
    return text
  }

  /// Draws to PDF without a creation date.
  static func pdf(
    _ subject: String, width: Double, height: Double, draw: (Canvas) -> Void
  ) throws(FigureError) -> [UInt8] {
    try check(subject, width: width, height: height)
    return try stream(
      subject, draw: draw,
      create: {
        let surface = cairo_pdf_surface_create_for_stream(append, $0, width, height)
        cairo_pdf_surface_set_metadata(surface, CAIRO_PDF_METADATA_CREATE_DATE, nil)
        cairo_pdf_surface_set_metadata(surface, CAIRO_PDF_METADATA_TITLE, subject)
        return surface
      })
  }

  /// Draws several pages of one size to PDF without a creation date; the drawing is told the page from 0.
  static func pdf(
    _ subject: String, width: Double, height: Double, pages: Int, draw: (Canvas, Int) -> Void
  ) throws(FigureError) -> [UInt8] {
    try pdf(subject, width: width, height: height) { canvas in
      for page in 0..<pages {
        if page > 0 { cairo_show_page(canvas.context) }
        draw(canvas, page)
      }
    }
  }

  private final class Sink {
    var bytes: [UInt8] = []
  }

  private static func stream(
    _ subject: String, draw: (Canvas) -> Void,
    create: (UnsafeMutableRawPointer) -> OpaquePointer?
  ) throws(FigureError) -> [UInt8] {
    let sink = Sink()
    // The last bytes are written as the surface is finished, so the sink must outlive it.
    defer { withExtendedLifetime(sink) {} }
    let surface = create(Unmanaged.passUnretained(sink).toOpaque())
    defer { cairo_surface_destroy(surface) }
    try paint(subject, on: surface, scale: 1, draw: draw)
    cairo_surface_finish(surface)
    try check(subject, cairo_surface_status(surface))
    return sink.bytes
  }

  private static let append: cairo_write_func_t = { closure, data, count in
    guard let closure, let data else { return CAIRO_STATUS_WRITE_ERROR }
    Unmanaged<Sink>.fromOpaque(closure).takeUnretainedValue().bytes.append(
      contentsOf: UnsafeBufferPointer(start: data, count: Int(count)))
    return CAIRO_STATUS_SUCCESS
  }

  private static func paint(
    _ subject: String, on surface: OpaquePointer?, scale: Double, draw: (Canvas) -> Void
  ) throws(FigureError) {
    try check(subject, cairo_surface_status(surface))
    guard let context = cairo_create(surface) else {
      throw FigureError(.drawing, subject: subject, detail: "no drawing context")
    }
    defer { cairo_destroy(context) }
    cairo_set_source_rgb(context, 1, 1, 1)
    cairo_paint(context)
    cairo_scale(context, scale, scale)
    draw(Canvas(context: context))
    try check(subject, cairo_status(context))
  }

  private static func check(
    _ subject: String, width: Double, height: Double
  ) throws(FigureError) {
    let sides = 1.0...Double(largestSide)
    guard sides.contains(width), sides.contains(height) else {
      throw FigureError(
        .size, subject: subject,
        detail: "a picture of \(width) × \(height) is asked for; sides must lie between 1 and "
          + "\(largestSide)")
    }
  }

  private static func check(_ subject: String, _ status: cairo_status_t) throws(FigureError) {
    guard status != CAIRO_STATUS_SUCCESS else { return }
    throw FigureError(
      .drawing, subject: subject,
      detail: "drawing failed: \(String(cString: cairo_status_to_string(status)))")
  }
}
