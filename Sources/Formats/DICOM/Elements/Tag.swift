// SPDX-License-Identifier: Apache-2.0
import Text

/// The number of an element, group and element in one.
struct Tag: Hashable, Sendable, CustomStringConvertible {
  let group: UInt16
  let element: UInt16

  init(_ group: UInt16, _ element: UInt16) {
    self.group = group
    self.element = element
  }

  static let pixelData = Tag(0x7FE0, 0x0010)
  static let item = Tag(0xFFFE, 0xE000)
  static let itemEnd = Tag(0xFFFE, 0xE00D)
  static let sequenceEnd = Tag(0xFFFE, 0xE0DD)

  var description: String { "(\(hex(group)),\(hex(element)))" }

  private func hex(_ value: UInt16) -> String {
    String(value, radix: 16, uppercase: true).zeroPadded(to: 4)
  }
}
