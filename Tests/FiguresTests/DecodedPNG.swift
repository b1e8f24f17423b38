// SPDX-License-Identifier: Apache-2.0
import CCairo
import Foundation

/// A PNG read back by Cairo, an independent reader for those that libpng's simple writer made.
struct DecodedPNG: CustomStringConvertible {
  struct Unreadable: Error {}

  let width: Int
  let height: Int
  /// 0xRRGGBB, row by row.
  let pixels: [UInt32]

  /// Short, because a failed expectation prints its operands.
  var description: String { "PNG of \(width) × \(height)" }

  private final class Source {
    var rest: [UInt8]
    init(_ data: Data) { rest = Array(data) }
  }

  init(_ data: Data) throws {
    let source = Source(data)
    let surface = withExtendedLifetime(source) {
      cairo_image_surface_create_from_png_stream(
        { closure, buffer, count in
          guard let closure, let buffer else { return CAIRO_STATUS_READ_ERROR }
          let source = Unmanaged<Source>.fromOpaque(closure).takeUnretainedValue()
          guard source.rest.count >= Int(count) else { return CAIRO_STATUS_READ_ERROR }
          for i in 0..<Int(count) { buffer[i] = source.rest[i] }
          source.rest.removeFirst(Int(count))
          return CAIRO_STATUS_SUCCESS
        }, Unmanaged.passUnretained(source).toOpaque())
    }
    defer { cairo_surface_destroy(surface) }
    guard cairo_surface_status(surface) == CAIRO_STATUS_SUCCESS,
      let bytes = cairo_image_surface_get_data(surface)
    else { throw Unreadable() }
    width = Int(cairo_image_surface_get_width(surface))
    height = Int(cairo_image_surface_get_height(surface))
    let stride = Int(cairo_image_surface_get_stride(surface))
    var pixels: [UInt32] = []
    for y in 0..<height {
      for x in 0..<width {
        let p = bytes + y * stride + x * 4
        pixels.append(UInt32(p[2]) << 16 | UInt32(p[1]) << 8 | UInt32(p[0]))
      }
    }
    self.pixels = pixels
  }

  subscript(x: Int, y: Int) -> UInt32 { pixels[y * width + x] }

  /// The mean place of the pixels of one colour, in pixels.
  func center(of color: UInt32) -> SIMD2<Double>? {
    var sum = SIMD2<Double>.zero
    var count = 0.0
    for y in 0..<height {
      for x in 0..<width where self[x, y] == color {
        sum += SIMD2(Double(x) + 0.5, Double(y) + 0.5)
        count += 1
      }
    }
    return count > 0 ? sum / count : nil
  }
}
