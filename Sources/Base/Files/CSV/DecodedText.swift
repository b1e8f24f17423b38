// SPDX-License-Identifier: Apache-2.0

/// The text of a file as UTF-8, in whichever encoding a spreadsheet saved it.
///
/// UTF-16 is told by its byte-order mark, or where every second byte and no other is zero, as in a
/// text of Latin letters. Bytes that are no UTF-8 are taken for Windows-1252, which Excel writes in
/// Western countries, if they may be it: no file holds letters of both.
package struct DecodedText: Hashable, Sendable {
  /// The text without a byte-order mark; bytes of no encoding that is known stay as they are.
  package let utf8: [UInt8]
  /// Whether the bytes were taken for Windows-1252, which nothing in them says.
  package let isWindows1252: Bool

  /// That an encoding was guessed, as a sentence about the file; `nil` where it was not.
  package var encodingNote: String? {
    isWindows1252
      ? "is not UTF-8; it was read as Windows-1252, as Excel writes it: if a letter is wrong, save it "
        + "as UTF-8"
      : nil
  }

  /// The text of bytes; `nil` for bytes that are not the UTF-16 that their mark says they are.
  package init?(_ bytes: [UInt8]) {
    if bytes.starts(with: [0xEF, 0xBB, 0xBF]) {
      (utf8, isWindows1252) = (Array(bytes.dropFirst(3)), false)
    } else if let isLittle = Self.isLittleEndian(bytes) {
      let hasMark = bytes[0] >= 0xFE && bytes[1] >= 0xFE
      let units = stride(from: hasMark ? 2 : 0, to: bytes.count - 1, by: 2).map {
        UInt16(bytes[$0]) << (isLittle ? 0 : 8) | UInt16(bytes[$0 + 1]) << (isLittle ? 8 : 0)
      }
      guard bytes.count.isMultiple(of: 2), let text = String(validating: units, as: UTF16.self)
      else { return nil }
      (utf8, isWindows1252) = (Array(text.utf8), false)
    } else if let text = Self.windows1252(bytes) {
      (utf8, isWindows1252) = (Array(text.utf8), true)
    } else {
      (utf8, isWindows1252) = (bytes, false)
    }
  }

  /// The order of bytes of UTF-16, or `nil` for what is no UTF-16.
  private static func isLittleEndian(_ bytes: [UInt8]) -> Bool? {
    if bytes.starts(with: [0xFF, 0xFE]) { return true }
    if bytes.starts(with: [0xFE, 0xFF]) { return false }
    guard !bytes.isEmpty, bytes.count.isMultiple(of: 2), bytes[0] == 0 || bytes[1] == 0 else {
      return nil
    }
    let isLittle = bytes[1] == 0
    let isPlain = bytes.indices.allSatisfy {
      (bytes[$0] == 0) == ($0.isMultiple(of: 2) != isLittle)
    }
    return isPlain ? isLittle : nil
  }

  /// The characters of the bytes from 0x80 to 0x9F, zero for those that have none.
  private static let specials = Array(
    "€\0‚ƒ„…†‡ˆ‰Š‹Œ\0Ž\0\0‘’“”•–—˜™š›œ\0žŸ".unicodeScalars)

  /// The text in Windows-1252, or `nil` where it is UTF-8, or neither.
  private static func windows1252(_ bytes: [UInt8]) -> String? {
    guard String(validating: bytes, as: UTF8.self) == nil else { return nil }
    var text = String.UnicodeScalarView()
    for (index, byte) in bytes.enumerated() {
      let scalar = (0x80...0x9F).contains(byte) ? specials[Int(byte) - 0x80] : UnicodeScalar(byte)
      // A letter of UTF-8 reads as two or three odd ones here ("Ã©"), which nobody writes: such a
      // file is UTF-8 with a fault.
      if scalar == "\0" || beginsLetter(bytes[index...]) { return nil }
      text.append(scalar)
    }
    return String(text)
  }

  /// Whether bytes begin with a letter of UTF-8 of two bytes or more.
  private static func beginsLetter(_ bytes: ArraySlice<UInt8>) -> Bool {
    let count =
      switch bytes.first ?? 0 {
      case 0xC2...0xDF: 2
      case 0xE0...0xEF: 3
      case 0xF0...0xF4: 4
      default: 0
      }
    return count > 0 && String(validating: bytes.prefix(count), as: UTF8.self) != nil
  }
}
