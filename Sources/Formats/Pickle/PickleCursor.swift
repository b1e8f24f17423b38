// SPDX-License-Identifier: Apache-2.0

/// Reads a pickle's bytes in order; numbers are little-endian.
struct PickleCursor {
  private let bytes: [UInt8]
  private(set) var offset = 0

  init(_ bytes: [UInt8]) { self.bytes = bytes }

  mutating func byte() throws(PickleError) -> UInt8 {
    guard offset < bytes.count else { throw cutOff }
    defer { offset += 1 }
    return bytes[offset]
  }

  mutating func unsigned(_ count: Int) throws(PickleError) -> UInt64 {
    try take(count).reversed().reduce(0) { $0 << 8 | UInt64($1) }
  }

  /// A length that still lies within the bytes.
  mutating func length(_ count: Int) throws(PickleError) -> Int {
    guard let length = Int(exactly: try unsigned(count)) else { throw cutOff }
    return length
  }

  mutating func take(_ count: Int) throws(PickleError) -> ArraySlice<UInt8> {
    guard count >= 0, count <= bytes.count - offset else { throw cutOff }
    defer { offset += count }
    return bytes[offset..<offset + count]
  }

  mutating func text(_ count: Int) throws(PickleError) -> String {
    let start = offset
    guard let text = String(validating: try take(count), as: UTF8.self) else {
      throw PickleError(.damaged, "holds a text at byte \(start) that is not UTF-8")
    }
    return text
  }

  /// The text up to the next line feed.
  mutating func line() throws(PickleError) -> String {
    guard let end = bytes[offset...].firstIndex(of: UInt8(ascii: "\n")) else { throw cutOff }
    let text = try text(end - offset)
    offset += 1
    return text
  }

  private var cutOff: PickleError {
    PickleError(.damaged, "is cut off at byte \(bytes.count)")
  }
}
