// SPDX-License-Identifier: Apache-2.0
import Text

/// A place in a text of lines, at which numbers are read.
///
/// Blanks are spaces, tabulators, carriage returns, and line feeds behind a backslash, by which a
/// statement goes on in the next line.
struct ByteCursor {
  private let bytes: UnsafeRawBufferPointer
  /// The number of bytes before the place.
  var position = 0
  /// The number of the line, counted from 1.
  private(set) var line = 1

  /// The start of a text, which must stay in memory as long as the cursor is used.
  init(_ memory: UnsafeRawBufferPointer) { bytes = memory }

  /// The byte at the place, or `nil` at the end of the text.
  var next: UInt8? { position < bytes.count ? bytes[position] : nil }

  /// Whether the line, or the text, ends here.
  var isAtLineEnd: Bool { position >= bytes.count || bytes[position] == 0x0A }

  /// Whether there is a blank here.
  var isBlank: Bool {
    guard let next else { return false }
    return next == 0x20 || next == 0x09 || next == 0x0D || continuation > 0
  }

  /// The bytes of a backslash and the line's end behind it, or 0.
  private var continuation: Int {
    guard position + 1 < bytes.count, bytes[position] == UInt8(ascii: "\\") else { return 0 }
    if bytes[position + 1] == 0x0A { return 2 }
    let isCRLF =
      position + 2 < bytes.count && bytes[position + 1] == 0x0D && bytes[position + 2] == 0x0A
    return isCRLF ? 3 : 0
  }

  mutating func skipBlanks() {
    while position < bytes.count {
      switch bytes[position] {
      case 0x20, 0x09, 0x0D: position += 1
      case UInt8(ascii: "\\"):
        let count = continuation
        guard count > 0 else { return }
        position += count
        line += 1
      default: return
      }
    }
  }

  /// Goes to the start of the next line.
  mutating func skipLine() {
    while position < bytes.count {
      position += 1
      if bytes[position - 1] == 0x0A {
        line += 1
        return
      }
    }
  }

  /// Passes over a character where it is the next one.
  mutating func take(_ character: Unicode.Scalar) -> Bool {
    guard next == UInt8(ascii: character) else { return false }
    position += 1
    return true
  }

  /// A whole number with or without a sign, or `nil`; beyond ±10¹² it is cut to that.
  mutating func whole() -> Int? {
    let isNegative = take("-")
    if !isNegative { _ = take("+") }
    var value = 0
    var isNumber = false
    while let digit = nextDigit {
      value = min(10 * value + Int(digit), 1_000_000_000_000)
      isNumber = true
      position += 1
    }
    return isNumber ? (isNegative ? -value : value) : nil
  }

  /// A decimal number such as 12, -0.5 or 1e3, or `nil` for anything else, also NaN.
  mutating func decimal() -> Double? {
    let start = position
    let isNegative = take("-")
    if !isNegative { _ = take("+") }
    var digits: UInt64 = 0
    var power = 0
    var isNumber = false
    var isBehindPoint = false
    while true {
      if let digit = nextDigit {
        isNumber = true
        if digits < 100_000_000_000_000_000 {
          digits = 10 * digits + UInt64(digit)
          if isBehindPoint { power -= 1 }
        } else if !isBehindPoint {
          power += 1
        }
      } else if !isBehindPoint, next == UInt8(ascii: ".") {
        isBehindPoint = true
      } else {
        break
      }
      position += 1
    }
    guard isNumber else { return nil }
    if take("e") || take("E") {
      guard let exponent = whole() else { return nil }
      power += exponent
    }
    // Both numbers are exact, so that the result is rounded once.
    if digits < 1 << 53, abs(power) < Self.powers.count {
      let scale = Self.powers[abs(power)]
      let value = power < 0 ? Double(digits) / scale : Double(digits) * scale
      return isNegative ? -value : value
    }
    return Double(String(decoding: bytes[start..<position], as: UTF8.self))
  }

  /// The text from an earlier place to the next blank, as a message may hold it.
  func word(from start: Int) -> String {
    var end = start
    while end < bytes.count, end - start < 160, bytes[end] > 0x20 { end += 1 }
    return String(decoding: bytes[start..<end], as: UTF8.self).shown(atMost: 40)
  }

  private var nextDigit: UInt8? {
    guard position < bytes.count else { return nil }
    let digit = bytes[position] &- 0x30
    return digit < 10 ? digit : nil
  }

  // 10²² is the highest power of ten that double precision holds exactly.
  private static let powers: [Double] = [
    1, 1e1, 1e2, 1e3, 1e4, 1e5, 1e6, 1e7, 1e8, 1e9, 1e10, 1e11, 1e12, 1e13, 1e14, 1e15, 1e16, 1e17,
    1e18, 1e19, 1e20, 1e21, 1e22,
  ]
}
