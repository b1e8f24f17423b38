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
    let colors = palette(of: picture.values)
    let bytes: [UInt8]
    var entries: [UInt8] = []
    if let colors {
      var index: [UInt32: UInt8] = [:]
      for (i, color) in colors.enumerated() {
        index[color] = UInt8(i)
        entries += channels(color)
      }
      image.format = png_uint_32(PNG_FORMAT_FLAG_COLOR | PNG_FORMAT_FLAG_COLORMAP)
      image.colormap_entries = png_uint_32(colors.count)
      bytes = picture.values.map { index[$0] ?? 0 }
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

  /// The colours in use, in ascending order, or `nil` if there are more than 256.
  private static func palette(of values: [UInt32]) -> [UInt32]? {
    var seen: Set<UInt32> = []
    var last: UInt32?
    for value in values where value != last {
      last = value
      if seen.insert(value).inserted, seen.count > 256 { return nil }
    }
    return seen.sorted()
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
