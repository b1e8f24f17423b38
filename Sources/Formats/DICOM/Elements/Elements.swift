// SPDX-License-Identifier: Apache-2.0
import Text

/// The elements of a data set or of an item of a sequence, by their locations in the bytes of a file.
struct Elements {
  /// Where the value of an element lies.
  struct Location {
    let range: Range<Int>
    /// How the items inside are encoded, if it is a sequence.
    let syntax: TransferSyntax
    /// The letters of the value representation, where the file names it.
    var letters: String?
    /// Whether the value is a text or binary numbers, where the file says so.
    var representation: ValueRepresentation? { letters.flatMap { ValueRepresentation($0) } }
  }

  private var locations: [Tag: Location] = [:]
  private let bytes: UnsafeRawBufferPointer
  private let isBigEndian: Bool

  init(_ bytes: UnsafeRawBufferPointer, isBigEndian: Bool) {
    self.bytes = bytes
    self.isBigEndian = isBigEndian
  }

  /// Adds an element; of a repeated one the first stays, as for other readers.
  mutating func add(_ tag: Tag, at location: Location) {
    if locations[tag] == nil { locations[tag] = location }
  }

  /// Adds all elements of another group that are not there yet.
  mutating func add(_ other: Elements) {
    locations.merge(other.locations) { mine, _ in mine }
  }

  /// Whether the element is there, empty or not.
  func has(_ tag: Tag) -> Bool { locations[tag] != nil }

  /// The text of an element without padding, or `nil` where it is absent or empty.
  ///
  /// A binary number is written out, because some programs store numbers of texts so.
  func string(_ tag: Tag) -> String? {
    guard let location = locations[tag] else { return nil }
    // Any text of a file may end up in a message. No value that is asked for is longer than this.
    let text = (binaryText(location) ?? Self.text(bytes[location.range])).shown(atMost: 256)
    return text.isEmpty ? nil : text
  }

  /// The values of an element that holds several texts.
  func strings(_ tag: Tag) -> [String] {
    guard let location = locations[tag] else { return [] }
    if let text = binaryText(location) { return text.split(separator: "\\").map { String($0) } }
    let separator = UInt8(ascii: "\\")
    return bytes[location.range].split(separator: separator, omittingEmptySubsequences: false).map {
      Self.text($0)
    }
  }

  /// The finite numbers of an element, decimal texts or binary as the file says, or `nil` where one
  /// of them is none.
  func numbers(_ tag: Tag) -> [Double]? {
    guard let location = locations[tag] else { return [] }
    if case .binary(let kind) = location.representation {
      return kind.numbers(in: bytes[location.range], isBigEndian: isBigEndian)
    }
    var numbers: [Double] = []
    for text in strings(tag) {
      guard let number = Double(text), number.isFinite else { return nil }
      numbers.append(number)
    }
    return numbers
  }

  /// The number of an element, or `nil` where it is absent or none.
  func number(_ tag: Tag) -> Double? { numbers(tag)?.first }

  /// The 16-bit number of an element, a negative one as its two's complement.
  ///
  /// It is binary, as the standard has it, unless the file says that it is a text or a longer
  /// number: such a number counts where it is whole and fits.
  func word(_ tag: Tag) -> UInt16? {
    guard let location = locations[tag] else { return nil }
    if isOther(location.representation, than: [.unsigned16, .signed16]) {
      guard let whole = whole(tag), (-0x8000...0xFFFF).contains(whole) else { return nil }
      return UInt16(truncatingIfNeeded: whole)
    }
    guard location.range.count >= 2 else { return nil }
    let start = location.range.lowerBound
    let word = bytes.loadUnaligned(fromByteOffset: start, as: UInt16.self)
    return isBigEndian ? UInt16(bigEndian: word) : UInt16(littleEndian: word)
  }

  /// The 32-bit number of an element, which is read as `word` is.
  func longWord(_ tag: Tag) -> UInt32? {
    guard let location = locations[tag] else { return nil }
    if isOther(location.representation, than: [.unsigned32, .signed32]) {
      return whole(tag).flatMap { UInt32(exactly: $0) }
    }
    guard location.range.count >= 4 else { return nil }
    let start = location.range.lowerBound
    let word = bytes.loadUnaligned(fromByteOffset: start, as: UInt32.self)
    return isBigEndian ? UInt32(bigEndian: word) : UInt32(littleEndian: word)
  }

  /// Whether the file says that a value is a text, or a binary number of another kind.
  private func isOther(
    _ representation: ValueRepresentation?, than kinds: [ValueRepresentation.Binary]
  ) -> Bool {
    switch representation {
    case .text: true
    case .binary(let kind): !kinds.contains(kind)
    case nil: false
    }
  }

  /// The first number of an element, where it is whole.
  private func whole(_ tag: Tag) -> Int? { number(tag).flatMap { Int(exactly: $0) } }

  /// The numbers of an element that is binary, as DICOM writes them in texts.
  private func binaryText(_ location: Location) -> String? {
    guard case .binary(let kind) = location.representation else { return nil }
    let numbers = kind.numbers(in: bytes[location.range], isBigEndian: isBigEndian) ?? []
    return numbers.map { Int(exactly: $0).map { "\($0)" } ?? "\($0)" }.joined(separator: "\\")
  }

  /// The items of a sequence; none where it is absent.
  func items(_ tag: Tag) throws(DataSet.Fault) -> [Elements] {
    guard let location = locations[tag] else { return [] }
    return try ElementWalker.items(in: location, of: bytes)
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
