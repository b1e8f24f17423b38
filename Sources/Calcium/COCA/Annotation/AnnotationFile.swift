// SPDX-License-Identifier: Apache-2.0
import Files
public import Foundation

extension Annotation {
  /// Writes the annotation as an OsiriX property list, complete or not at all.
  public func write(to url: URL) throws {
    try StagedFile.write(propertyList, to: url)
  }

  /// The OsiriX property list; the same annotation always gives the same bytes.
  ///
  /// Keys that are `nil` are left out, NaN is written as `nan`, points get six decimals.
  public var propertyList: Data {
    var text = """
      <?xml version="1.0" encoding="UTF-8"?>
      <!DOCTYPE plist PUBLIC "-//Apple//DTD PLIST 1.0//EN" \
      "http://www.apple.com/DTDs/PropertyList-1.0.dtd">
      <plist version="1.0">
      <dict>
      \t<key>Images</key>
      \t<array>

      """
    for image in images {
      text += "\t\t<dict>\n"
      if let index = image.index { Self.add("ImageIndex", integer: index, tabs: 3, to: &text) }
      Self.add("NumberOfROIs", integer: image.regions.count, tabs: 3, to: &text)
      text += "\t\t\t<key>ROIs</key>\n\t\t\t<array>\n"
      for region in image.regions { region.write(to: &text) }
      text += "\t\t\t</array>\n\t\t</dict>\n"
    }
    text += "\t</array>\n</dict>\n</plist>\n"
    return Data(text.utf8)
  }

  fileprivate static func add(_ key: String, integer: Int?, tabs: Int, to text: inout String) {
    guard let integer else { return }
    let indent = String(repeating: "\t", count: tabs)
    text += "\(indent)<key>\(key)</key>\n\(indent)<integer>\(integer)</integer>\n"
  }
}

extension Region {
  private static let indent = "\t\t\t\t\t"

  fileprivate func write(to text: inout String) {
    text += "\t\t\t\t<dict>\n"
    add("Area", area, to: &text)
    if let center {
      text +=
        "\(Self.indent)<key>Center</key>\n\(Self.indent)<string>"
        + Coordinates.text(center.x, center.y, center.z) + "</string>\n"
    }
    add("Dev", deviation, to: &text)
    Annotation.add("IndexInImage", integer: indexInImage, tabs: 5, to: &text)
    add("Length", length, to: &text)
    add("Max", max, to: &text)
    add("Mean", mean, to: &text)
    add("Min", min, to: &text)
    text += "\(Self.indent)<key>Name</key>\n\(Self.indent)<string>\(escaped(name))</string>\n"
    Annotation.add("NumberOfPoints", integer: points.count, tabs: 5, to: &text)
    add("Point_mm", positions.map { Coordinates.text($0.x, $0.y, $0.z) }, to: &text)
    add("Point_px", points.map { Coordinates.text($0.x, $0.y) }, to: &text)
    add("Total", total, to: &text)
    Annotation.add("Type", integer: type, tabs: 5, to: &text)
    text += "\t\t\t\t</dict>\n"
  }

  private func add(_ key: String, _ value: Double?, to text: inout String) {
    guard let value else { return }
    text += "\(Self.indent)<key>\(key)</key>\n\(Self.indent)<real>\(value)</real>\n"
  }

  private func add(_ key: String, _ points: [String], to text: inout String) {
    text += "\(Self.indent)<key>\(key)</key>\n"
    if points.isEmpty {
      text += "\(Self.indent)<array/>\n"
      return
    }
    text += "\(Self.indent)<array>\n"
    for point in points { text += "\(Self.indent)\t<string>\(point)</string>\n" }
    text += "\(Self.indent)</array>\n"
  }

  private func escaped(_ text: String) -> String {
    var result = ""
    for scalar in text.unicodeScalars {
      switch scalar {
      case "&": result += "&amp;"
      case "<": result += "&lt;"
      case ">": result += "&gt;"
      // Other control characters may not stand in XML 1.0.
      case "\u{00}"..."\u{08}", "\u{0B}", "\u{0C}", "\u{0E}"..."\u{1F}": result += "\u{FFFD}"
      default: result.unicodeScalars.append(scalar)
      }
    }
    return result
  }
}
