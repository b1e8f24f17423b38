// SPDX-License-Identifier: Apache-2.0
import Text

/// The elements of a data set or of an item of a sequence, as places in the bytes of a file.
struct Elements {
  /// Where the value of an element lies.
  struct Place {
    let range: Range<Int>
    /// How the items inside are encoded, if it is a sequence.
    let syntax: TransferSyntax
  }

  private var places: [Tag: Place] = [:]
  private let bytes: UnsafeRawBufferPointer
  private let isBigEndian: Bool

  init(_ bytes: UnsafeRawBufferPointer, isBigEndian: Bool) {
    self.bytes = bytes
    self.isBigEndian = isBigEndian
  }

  /// Adds an element; of a repeated one the first stays, as for other readers.
  mutating func add(_ tag: Tag, at place: Place) {
    if places[tag] == nil { places[tag] = place }
  }

  /// Adds all elements of another group that are not there yet.
  mutating func add(_ other: Elements) {
    places.merge(other.places) { mine, _ in mine }
  }

  /// Whether the element is there, empty or not.
  func has(_ tag: Tag) -> Bool { places[tag] != nil }

  /// The text of an element without padding, or `nil` where it is absent or empty.
  func string(_ tag: Tag) -> String? {
    guard let range = places[tag]?.range else { return nil }
    // Any text of a file may end up in a message. No value that is asked for is longer than this.
    let text = Self.text(bytes[range]).shown(atMost: 256)
    return text.isEmpty ? nil : text
  }

  /// The values of an element that holds several texts.
  func strings(_ tag: Tag) -> [String] {
    guard let range = places[tag]?.range else { return [] }
    let separator = UInt8(ascii: "\\")
    return bytes[range].split(separator: separator, omittingEmptySubsequences: false).map {
      Self.text($0)
    }
  }

  /// The finite decimal numbers of an element, or `nil` where one of them is none.
  func numbers(_ tag: Tag) -> [Double]? {
    var numbers: [Double] = []
    for text in strings(tag) {
      guard let number = Double(text), number.isFinite else { return nil }
      numbers.append(number)
    }
    return numbers
  }

  /// The decimal number of an element, or `nil` where it is absent or none.
  func number(_ tag: Tag) -> Double? { numbers(tag)?.first }

  /// The binary 16-bit number of an element.
  func word(_ tag: Tag) -> UInt16? {
    guard let range = places[tag]?.range, range.count >= 2 else { return nil }
    let word = bytes.loadUnaligned(fromByteOffset: range.lowerBound, as: UInt16.self)
    return isBigEndian ? UInt16(bigEndian: word) : UInt16(littleEndian: word)
  }

  /// The binary 32-bit number of an element.
  func longWord(_ tag: Tag) -> UInt32? {
    guard let range = places[tag]?.range, range.count >= 4 else { return nil }
    let word = bytes.loadUnaligned(fromByteOffset: range.lowerBound, as: UInt32.self)
    return isBigEndian ? UInt32(bigEndian: word) : UInt32(littleEndian: word)
  }

  /// The items of a sequence; none where it is absent.
  func items(_ tag: Tag) throws(DataSet.Fault) -> [Elements] {
    guard let place = places[tag] else { return [] }
    return try ElementWalker.items(in: place, of: bytes)
  }

  /// The elements of the first item of each of some sequences, in one group.
  func first(ofSequences tags: [Tag]) throws(DataSet.Fault) -> Elements {
    var all = Elements(bytes, isBigEndian: isBigEndian)
    for tag in tags {
      if let first = try items(tag).first { all.add(first) }
    }
    return all
  }

  /// The text of bytes without the blanks and zero bytes that pad DICOM values.
  private static func text(_ bytes: Slice<UnsafeRawBufferPointer>) -> String {
    var bytes = bytes
    while let last = bytes.last, last <= 0x20 { bytes.removeLast() }
    while let first = bytes.first, first <= 0x20 { bytes.removeFirst() }
    return String(decoding: bytes, as: UTF8.self)
  }
}
