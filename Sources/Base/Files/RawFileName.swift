// SPDX-License-Identifier: Apache-2.0
public import Foundation

/// File names that are not UTF-8, as old archives and file servers have them, in Swift's strings.
///
/// A byte that is no UTF-8 becomes the scalar U+EF00 plus the byte, from the private use area, and
/// the way back gives the same byte. So does each byte of a name that holds such a scalar itself.
/// Haskell's `base` library encodes file names in the same way (GHC.IO.Encoding.Failure).
public enum RawFileName {
  private static let escapes: ClosedRange<UInt32> = 0xEF80...0xEFFF

  /// The text of a name's bytes.
  static func text(_ bytes: some Sequence<UInt8>) -> String {
    let bytes = Array(bytes)
    if let text = String(validating: bytes, as: UTF8.self), !isEscaped(text) { return text }
    var scalars = String.UnicodeScalarView()
    var parser = Unicode.UTF8.ForwardParser()
    var iterator = bytes.makeIterator()
    var position = 0
    func escape(_ count: Int) {
      for byte in bytes[position..<position + count] {
        // A byte that is no UTF-8 is 0x80 or above, but one of an escaped scalar is as well.
        if let scalar = Unicode.Scalar(0xEF00 + UInt32(byte)) { scalars.append(scalar) }
      }
      position += count
    }
    while true {
      switch parser.parseScalar(from: &iterator) {
      case .valid(let encoded):
        let scalar = Unicode.UTF8.decode(encoded)
        if escapes.contains(scalar.value) {
          escape(encoded.count)
        } else {
          scalars.append(scalar)
          position += encoded.count
        }
      case .error(let length): escape(length)
      case .emptyInput: return String(scalars)
      }
    }
  }

  /// Whether a text holds bytes that are no UTF-8.
  static func isEscaped(_ text: String) -> Bool {
    // The first byte of these scalars in UTF-8; nearly no path holds it.
    text.utf8.contains(0xEE) && text.unicodeScalars.contains { escapes.contains($0.value) }
  }

  /// The bytes of a path for the operating system, with the zero at their end.
  static func bytes(_ path: String) -> [CChar] {
    guard isEscaped(path) else { return Array(path.utf8CString) }
    var bytes: [CChar] = []
    for scalar in path.unicodeScalars {
      if escapes.contains(scalar.value) {
        bytes.append(CChar(bitPattern: UInt8(truncatingIfNeeded: scalar.value)))
      } else {
        bytes += UTF8.encode(scalar)?.map { CChar(bitPattern: $0) } ?? []
      }
    }
    return bytes + [0]
  }

  /// The text of an argument of the process, whose bytes need not be UTF-8.
  public static func argument(_ pointer: UnsafePointer<CChar>) -> String {
    text(UnsafeBufferPointer(start: pointer, count: strlen(pointer)).map { UInt8(bitPattern: $0) })
  }

  /// A text for people and for the names of outputs: a byte that is no UTF-8 reads as "%FC".
  public static func shown(_ text: String) -> String {
    guard isEscaped(text) else { return text }
    return text.unicodeScalars.reduce(into: "") { shown, scalar in
      if escapes.contains(scalar.value) {
        shown += "%" + String(scalar.value - 0xEF00, radix: 16, uppercase: true)
      } else {
        shown.unicodeScalars.append(scalar)
      }
    }
  }
}

extension URL {
  /// Calls `body` with the path for the operating system, which need not be UTF-8.
  public func withSystemPath<Result, Failure: Error>(
    _ body: (UnsafePointer<CChar>) throws(Failure) -> Result
  ) throws(Failure) -> Result {
    let bytes = RawFileName.bytes(path)
    let pointer = UnsafeMutablePointer<CChar>.allocate(capacity: bytes.count)
    defer { pointer.deallocate() }
    pointer.initialize(from: bytes, count: bytes.count)
    return try body(pointer)
  }
}
