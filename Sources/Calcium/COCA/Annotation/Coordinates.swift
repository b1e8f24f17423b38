// SPDX-License-Identifier: Apache-2.0
import Text

/// Reads and writes points as OsiriX does: `"(126.003922, 144.000000)"`.
enum Coordinates {
  /// The numbers of a point, or `nil` unless there are exactly `count` finite ones in parentheses.
  static func parse(_ text: String, count: Int) -> SIMD3<Double>? {
    var text = text
    return text.withUTF8 { parse($0, count: count) }
  }

  private static func parse(_ bytes: UnsafeBufferPointer<UInt8>, count: Int) -> SIMD3<Double>? {
    var low = 0
    var high = bytes.count
    while low < high, isBlank(bytes[low]) { low += 1 }
    while low < high, isBlank(bytes[high - 1]) { high -= 1 }
    guard high - low >= 2, bytes[low] == UInt8(ascii: "("), bytes[high - 1] == UInt8(ascii: ")")
    else { return nil }
    low += 1
    high -= 1
    var result = SIMD3<Double>.zero
    for i in 0..<count {
      var end = low
      while end < high, bytes[end] != UInt8(ascii: ",") { end += 1 }
      // The last number must reach the parenthesis, the others a comma.
      guard (end == high) == (i == count - 1) else { return nil }
      guard let value = number(bytes, low, end) else { return nil }
      result[i] = value
      low = end + 1
    }
    return result
  }

  /// A finite decimal number between two bounds, blanks around it allowed.
  private static func number(
    _ bytes: UnsafeBufferPointer<UInt8>, _ from: Int, _ to: Int
  ) -> Double? {
    var low = from
    var high = to
    while low < high, isBlank(bytes[low]) { low += 1 }
    while low < high, isBlank(bytes[high - 1]) { high -= 1 }
    guard low < high else { return nil }
    var mantissa: Int64 = 0
    var digits = 0
    var decimals = 0
    var sawPoint = false
    let negative = bytes[low] == UInt8(ascii: "-")
    for i in (negative ? low + 1 : low)..<high {
      let byte = bytes[i]
      if byte >= UInt8(ascii: "0"), byte <= UInt8(ascii: "9") {
        digits += 1
        if sawPoint { decimals += 1 }
        // 15 digits are exact in a Double, and so is their quotient's rounding.
        guard digits <= 15 else { return slowNumber(bytes, low, high) }
        mantissa = mantissa * 10 + Int64(byte - UInt8(ascii: "0"))
      } else if byte == UInt8(ascii: "."), !sawPoint {
        sawPoint = true
      } else {
        return slowNumber(bytes, low, high)
      }
    }
    guard digits > 0 else { return nil }
    let value = Double(mantissa) / powersOfTen[decimals]
    return negative ? -value : value
  }

  /// Long and exponential numbers; letters other than an exponent are refused (`nan`, `0x1p3`).
  private static func slowNumber(
    _ bytes: UnsafeBufferPointer<UInt8>, _ low: Int, _ high: Int
  ) -> Double? {
    let allowed = "0123456789+-.eE".utf8
    for i in low..<high where !allowed.contains(bytes[i]) { return nil }
    let text = String(decoding: bytes[low..<high], as: UTF8.self)
    guard let value = Double(text), value.isFinite else { return nil }
    return value
  }

  private static let powersOfTen: [Double] = [
    1, 1e1, 1e2, 1e3, 1e4, 1e5, 1e6, 1e7, 1e8, 1e9, 1e10, 1e11, 1e12, 1e13, 1e14, 1e15,
  ]

  private static func isBlank(_ byte: UInt8) -> Bool {
    byte == 0x20 || (byte >= 0x09 && byte <= 0x0D)
  }

  /// A point with six decimals, as OsiriX writes it.
  static func text(_ numbers: Double...) -> String {
    "(" + numbers.map(sixDecimals).joined(separator: ", ") + ")"
  }

  private static func sixDecimals(_ value: Double) -> String {
    guard let rounded = FixedPoint(value, decimals: 6) else { return "\(value)" }
    return (rounded.isNegative ? "-" : "") + rounded.magnitude
  }
}
