// SPDX-License-Identifier: Apache-2.0
import CCairo

/// Writing pixels as PNG: with a palette where 256 colours suffice, which is a third of the size.
enum PNGFile {
  /// The PNG of a picture, eight bits a pixel with a palette if it has at most 256 colours, else RGB.
  static func encode(
    _ picture: Rendering.Pixels, subject: String
  ) throws(FigureError) -> [UInt8] {
    var image = png_image()
    image.version = png_uint_32(PNG_IMAGE_VERSION)
    image.width = png_uint_32(picture.width)
    image.height = png_uint_32(picture.height)
    let bytes: [UInt8]
    var entries: [UInt8] = []
    if let palette = Palette(of: picture.values) {
      entries = palette.colors.flatMap(channels)
      image.format = png_uint_32(PNG_FORMAT_FLAG_COLOR | PNG_FORMAT_FLAG_COLORMAP)
      image.colormap_entries = png_uint_32(palette.colors.count)
      bytes = palette.places(of: picture.values)
    } else {
      image.format = png_uint_32(PNG_FORMAT_FLAG_COLOR)
      bytes = picture.values.flatMap(channels)
    }
    defer { png_image_free(&image) }
    // Stored data can be larger than the pixels by a filter byte a row, block and chunk headers.
    var size = bytes.count + bytes.count / 100 + picture.height + 4_096
    var file = [UInt8](repeating: 0, count: size)
    let isWritten = file.withUnsafeMutableBytes { file in
      bytes.withUnsafeBytes { bytes in
        png_image_write_to_memory(
          &image, file.baseAddress, &size, 0, bytes.baseAddress, 0, entries)
      }
    }
    guard isWritten != 0 else {
      throw FigureError(.drawing, subject: subject, detail: "cannot write PNG: \(message(image))")
    }
    return Array(file[..<size])
  }

  private static func channels(_ color: UInt32) -> [UInt8] {
    [
      UInt8(truncatingIfNeeded: color >> 16), UInt8(truncatingIfNeeded: color >> 8),
      UInt8(truncatingIfNeeded: color),
    ]
  }

  private static func message(_ image: png_image) -> String {
    withUnsafeBytes(of: image.message) { bytes in
      String(decoding: bytes.prefix { $0 != 0 }, as: UTF8.self)
    }
  }
}

/// The colours of a picture, in ascending order, with the index of each.
///
/// Nearly all pixels of a CT are grey: greys are found in a table, only the others in a dictionary.
private struct Palette {
  let colors: [UInt32]
  private var greys = [UInt8](repeating: 0, count: 256)
  private var others: [UInt32: UInt8] = [:]

  /// `nil` if there are more than 256 colours.
  init?(of values: [UInt32]) {
    var isUsed = [Bool](repeating: false, count: 256)
    var seen: Set<UInt32> = []
    var last: UInt32?
    for value in values where value != last {
      last = value
      if Self.isGrey(value) {
        isUsed[Int(value & 0xFF)] = true
      } else if seen.insert(value).inserted, seen.count > 256 {
        return nil
      }
    }
    for grey in 0..<256 where isUsed[grey] { seen.insert(UInt32(grey) * 0x010101) }
    guard seen.count <= 256 else { return nil }
    colors = seen.sorted()
    for (index, color) in colors.enumerated() {
      if Self.isGrey(color) {
        greys[Int(color & 0xFF)] = UInt8(index)
      } else {
        others[color] = UInt8(index)
      }
    }
  }

  /// The index of each value's colour.
  func places(of values: [UInt32]) -> [UInt8] {
    values.map { Self.isGrey($0) ? greys[Int($0 & 0xFF)] : others[$0] ?? 0 }
  }

  private static func isGrey(_ color: UInt32) -> Bool { color == (color & 0xFF) * 0x010101 }
}
