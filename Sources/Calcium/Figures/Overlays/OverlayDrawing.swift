// SPDX-License-Identifier: Apache-2.0
import CCairo
import Foundation
import Volume

/// Draws one slice: the CT above, below it a strip with locator, legend and scale bar.
struct OverlayDrawing {
  let overlay: Overlay
  let slice: Int
  let box: SliceBox
  let scale: Int
  let reference: [UInt8]?
  let prediction: [UInt8]?

  /// The outlines; on a CT the lighter blue of the palette stands out where the darker one sinks.
  static let referenceStroke = Stroke(.skyBlue, width: 2)
  static let predictionStroke = Stroke(.orange, width: 2, dashes: [6, 4])

  private static let strip = 112.0
  private static let locator = 96.0
  private static let narrowest = 440

  private var extent: Extent { overlay.ct.extent }
  private var spacing: SIMD3<Double> { overlay.ct.geometry.spacing }
  private var imageWidth: Int { box.columns.count * scale }
  private var imageHeight: Int { box.rows.count * scale }
  private var width: Int { max(imageWidth, OverlayDrawing.narrowest) }
  /// Where the CT begins: narrow pictures stand in the middle.
  private var left: Int { (width - imageWidth) / 2 }

  func pixels() throws(FigureError) -> Rendering.Pixels {
    var pixels = try Rendering.pixels(
      "slice \(slice)", width: Double(width), height: Double(imageHeight) + OverlayDrawing.strip,
      scale: 1, draw: draw)
    // 128 greys leave room for the outlines in a palette of 256 colours; three HU a step in the
    // window for calcium are a tenth of the noise.
    for i in pixels.values.indices {
      let value = pixels.values[i]
      let grey = value & 0xFF
      if value == grey * 0x010101 { pixels.values[i] = ((grey >> 1) * 255 / 127) * 0x010101 }
    }
    return pixels
  }

  var summary: String {
    func sentence(_ name: String, _ mask: [UInt8]?) -> String {
      guard let mask else { return "no \(name)" }
      let count = mask.count { $0 != 0 }
      let area = NumberFormat.text(Double(count) * overlay.ct.geometry.pixelArea, decimals: 1)
      return count == 0 ? "\(name) without calcium" : "\(name) \(area) mm² of calcium"
    }
    let names = overlay.options.names
    return "CT slice \(slice + 1) of \(extent.slices): "
      + sentence(names.reference, reference) + ", " + sentence(names.prediction, prediction) + "."
  }

  private func draw(_ canvas: Canvas) {
    canvas.fill(
      Rectangle(
        x: 0, y: 0, width: Double(width), height: Double(imageHeight) + OverlayDrawing.strip),
      Color(grey: 0))
    let image = Rectangle(
      x: Double(left), y: 0, width: Double(imageWidth), height: Double(imageHeight))
    paint(canvas, image, rows: Array(box.rows), columns: Array(box.columns), pixel: scale)
    canvas.clipped(to: image) {
      // Borders of pixels need no smoothing, and without it the palette stays small.
      cairo_set_antialias(canvas.context, CAIRO_ANTIALIAS_NONE)
      outline(canvas, reference, OverlayDrawing.referenceStroke)
      outline(canvas, prediction, OverlayDrawing.predictionStroke)
    }
    drawSides(canvas, image)
    drawStrip(canvas, top: Double(imageHeight))
  }

  /// Paints pixels of the slice as squares of `pixel` points, or its nearest pixels for a locator.
  private func paint(
    _ canvas: Canvas, _ frame: Rectangle, rows: [Int], columns: [Int], pixel: Int
  ) {
    let (w, h) = (columns.count * pixel, rows.count * pixel)
    guard let surface = cairo_image_surface_create(CAIRO_FORMAT_RGB24, Int32(w), Int32(h)),
      let data = cairo_image_surface_get_data(surface)
    else { return }
    defer { cairo_surface_destroy(surface) }
    let stride = Int(cairo_image_surface_get_stride(surface))
    let hu = overlay.ct.slice(slice)
    let start = hu.startIndex
    let window = overlay.options.window
    cairo_surface_flush(surface)
    // Each pixel of the slice is mapped to its grey once, however many of the picture show it.
    var line = [UInt32](repeating: 0, count: w)
    for (y, row) in rows.enumerated() {
      for (x, column) in columns.enumerated() {
        let grey = UInt32(window.grey(hu[start + row * extent.columns + column])) * 0x010101
        for i in x * pixel..<(x + 1) * pixel { line[i] = grey }
      }
      line.withUnsafeBytes { line in
        for i in y * pixel..<(y + 1) * pixel {
          UnsafeMutableRawBufferPointer(start: data + i * stride, count: line.count)
            .copyMemory(from: line)
        }
      }
    }
    cairo_surface_mark_dirty(surface)
    cairo_set_source_surface(canvas.context, surface, frame.x, frame.y)
    cairo_paint(canvas.context)
  }

  private func outline(_ canvas: Canvas, _ mask: [UInt8]?, _ stroke: Stroke) {
    guard let mask else { return }
    for loop in Outline(of: mask, rows: extent.rows, columns: extent.columns).loops {
      canvas.stroke(
        loop.map { corner in
          SIMD2(
            Double(left + (corner.x - box.columns.lowerBound) * scale),
            Double((corner.y - box.rows.lowerBound) * scale))
        }, stroke, closed: true)
    }
  }

  /// The sides of the patient at the left and upper edge, as the directions say.
  private func drawSides(_ canvas: Canvas, _ image: Rectangle) {
    let direction = overlay.ct.geometry.direction
    canvas.text(
      OverlayDrawing.side(-direction.x), at: [image.x + 6, image.midY + 6], size: 17, bold: true,
      color: .white)
    canvas.text(
      OverlayDrawing.side(-direction.y), at: [image.midX, 20], size: 17, bold: true, color: .white,
      align: .middle)
  }

  /// The letter of the side of the patient that a direction in LPS points to.
  static func side(_ v: SIMD3<Double>) -> String {
    let sizes = [abs(v.x), abs(v.y), abs(v.z)]
    guard let largest = sizes.max(), largest > 0, let axis = sizes.firstIndex(of: largest) else {
      return ""
    }
    return v[axis] > 0 ? ["L", "P", "S"][axis] : ["R", "A", "I"][axis]
  }

  private func drawStrip(_ canvas: Canvas, top: Double) {
    let size = 18.0
    var x = 14.0
    if box != SliceBox(wholeOf: extent) {
      drawLocator(canvas, top: top + 8)
      x = 8 + OverlayDrawing.locator + 16
    }
    var y = top + 28
    canvas.text(
      "Slice \(slice + 1) of \(extent.slices)", at: [x, y], size: size, bold: true, color: .white)
    let entries = [
      (overlay.options.names.reference, reference, OverlayDrawing.referenceStroke),
      (overlay.options.names.prediction, prediction, OverlayDrawing.predictionStroke),
    ]
    for (name, mask, stroke) in entries {
      guard let mask else { continue }
      y += 31
      cairo_set_antialias(canvas.context, CAIRO_ANTIALIAS_NONE)
      canvas.stroke([[x, y - 6], [x + 34, y - 6]], stroke)
      cairo_set_antialias(canvas.context, CAIRO_ANTIALIAS_DEFAULT)
      let area = Double(mask.count { $0 != 0 }) * overlay.ct.geometry.pixelArea
      canvas.text(
        "\(name)  \(NumberFormat.text(area, decimals: 1)) mm²", at: [x + 44, y], size: size,
        color: .white)
    }
    drawScaleBar(canvas, right: Double(width) - 14, y: top + 28, size: size)
  }

  /// The whole slice, small, with a frame round the part that is shown.
  private func drawLocator(_ canvas: Canvas, top: Double) {
    let locator = min(
      OverlayDrawing.locator / Double(extent.columns), OverlayDrawing.locator / Double(extent.rows))
    let (w, h) = (
      max(1, Int(Double(extent.columns) * locator)), max(1, Int(Double(extent.rows) * locator))
    )
    paint(
      canvas, Rectangle(x: 8, y: top, width: Double(w), height: Double(h)),
      rows: (0..<h).map { min($0 * extent.rows / h, extent.rows - 1) },
      columns: (0..<w).map { min($0 * extent.columns / w, extent.columns - 1) }, pixel: 1)
    canvas.clipped(to: Rectangle(x: 8, y: top, width: Double(w), height: Double(h))) {
      cairo_set_antialias(canvas.context, CAIRO_ANTIALIAS_NONE)
      canvas.stroke(
        Rectangle(
          x: 8 + Double(box.columns.lowerBound) * locator,
          y: top + Double(box.rows.lowerBound) * locator,
          width: Double(box.columns.count) * locator, height: Double(box.rows.count) * locator),
        Stroke(.white, width: 1))
    }
  }

  private func drawScaleBar(_ canvas: Canvas, right: Double, y: Double, size: Double) {
    let pixelsPerMillimetre = Double(scale) / spacing.x
    guard pixelsPerMillimetre.isFinite, pixelsPerMillimetre > 0 else { return }
    // The longest round length that leaves room for the text beside it.
    let lengths = [100.0, 50, 20, 10, 5, 2, 1, 0.5, 0.2, 0.1]
    guard let length = lengths.first(where: { $0 * pixelsPerMillimetre <= 130 }) else { return }
    let bar = (length * pixelsPerMillimetre).rounded()
    canvas.text(
      "\(NumberFormat.text(length, decimals: length < 1 ? 1 : 0)) mm", at: [right, y], size: size,
      color: .white, align: .end)
    cairo_set_antialias(canvas.context, CAIRO_ANTIALIAS_NONE)
    canvas.fill(
      Rectangle(x: (right - bar).rounded(), y: y + 9, width: bar, height: 3), .white)
    canvas.fill(Rectangle(x: (right - bar).rounded(), y: y + 5, width: 1, height: 11), .white)
    canvas.fill(Rectangle(x: right.rounded() - 1, y: y + 5, width: 1, height: 11), .white)
    cairo_set_antialias(canvas.context, CAIRO_ANTIALIAS_DEFAULT)
  }
}
