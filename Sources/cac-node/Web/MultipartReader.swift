// SPDX-License-Identifier: Apache-2.0
import Foundation

/// Takes a multipart body (RFC 2046, 5.1.1) apart while it arrives; memory holds no more than a chunk.
struct MultipartReader {
  /// What comes next in the body.
  enum Event {
    /// A part begins.
    case begin
    /// Bytes of it.
    case bytes(ArraySlice<UInt8>)
    /// It ends.
    case end
  }

  /// A body that is no multipart body of the boundary, or one that was cut.
  struct Malformed: Error {}

  private enum State { case before, headers, content, after }

  private let delimiter: [UInt8]
  /// The delimiter's line break may be missing in front of the first part.
  private var buffer: [UInt8] = [13, 10]
  private var state = State.before
  /// The most bytes that the headers of a part may take.
  private static let headerLimit = 65_536

  /// A reader for the boundary of a Content-Type; `nil` where it names none.
  init?(contentType: String) {
    guard contentType.lowercased().hasPrefix("multipart/"),
      let match = contentType.firstMatch(of: #/(?i);\s*boundary=(?:"([^"]{1,70})"|([^;\s]{1,70}))/#)
    else { return nil }
    delimiter = Array("\r\n--".utf8) + Array((match.1 ?? match.2 ?? "").utf8)
  }

  /// Whether the end of the body was there.
  var isComplete: Bool { state == .after }

  /// Takes the next bytes of the body.
  mutating func take(_ bytes: some Sequence<UInt8>, _ event: (Event) throws -> Void) throws {
    buffer += bytes
    while try step(event) {}
  }

  /// Goes on to the next state; false where more bytes are needed.
  private mutating func step(_ event: (Event) throws -> Void) throws -> Bool {
    switch state {
    case .before, .content:
      let isContent = state == .content
      guard let found = buffer.firstRange(ofBytes: delimiter) else {
        // The delimiter may lie across two chunks.
        let kept = min(buffer.count, delimiter.count - 1)
        let done = buffer.count - kept
        if isContent, done > 0 { try event(.bytes(buffer[..<done])) }
        buffer.removeFirst(done)
        return false
      }
      // Two hyphens or a line break follow.
      guard buffer.count >= found + delimiter.count + 2 else { return false }
      if isContent {
        if found > 0 { try event(.bytes(buffer[..<found])) }
        try event(.end)
      }
      let isLast = buffer[found + delimiter.count] == 45
      buffer.removeFirst(found + delimiter.count)
      state = isLast ? .after : .headers
      return true
    case .headers:
      guard let found = buffer.firstRange(ofBytes: [13, 10, 13, 10]) else {
        guard buffer.count <= Self.headerLimit else { throw Malformed() }
        return false
      }
      buffer.removeFirst(found + 4)
      state = .content
      try event(.begin)
      return true
    case .after:
      buffer.removeAll()
      return false
    }
  }
}

extension [UInt8] {
  /// Where bytes begin first; `nil` where they are not there.
  func firstRange(ofBytes needle: [UInt8]) -> Int? {
    guard let first = needle.first, count >= needle.count else { return nil }
    return withUnsafeBytes { bytes in
      var from = 0
      let last = bytes.count - needle.count
      while from <= last, let base = bytes.baseAddress,
        let found = memchr(base + from, Int32(first), last - from + 1)
      {
        let place = UnsafeRawPointer(found) - base
        if memcmp(found, needle, needle.count) == 0 { return place }
        from = place + 1
      }
      return nil
    }
  }
}
