// SPDX-License-Identifier: Apache-2.0

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
    let digits = String(value, radix: 16, uppercase: true)
    return String(repeating: "0", count: 4 - digits.count) + digits
  }
}

/// The elements of a file up to its pixel data, as places in its bytes.
///
/// Every length is checked against the file before it is believed. The header is not given to GDCM
/// because common builds of it (Debian's) end the process by an assertion at four of ten places
/// where a file can be cut.
struct DataSet {
  /// Where the pixels are.
  enum Pixels: Hashable, Sendable {
    /// Uncompressed: the first byte and the length that the header claims.
    case native(start: Int, length: Int)
    /// In fragments that begin at a byte.
    case fragments(start: Int)
  }

  /// A fault in the structure of a file, or the wish for more of its bytes.
  enum Fault: Error, Equatable {
    case notDICOM
    case unsupported(String)
    case damaged(String)
    /// The bytes at hand end, those of the file do not.
    case needsMore
  }

  let transferSyntax: TransferSyntax
  let pixels: Pixels?
  private var values: [Tag: Range<Int>]
  private let bytes: UnsafeRawBufferPointer

  /// Walks through the elements of a file of `fileSize` bytes of which `bytes` are the first.
  init(_ bytes: UnsafeRawBufferPointer, fileSize: Int) throws(Fault) {
    var walker = ElementWalker(bytes: bytes, fileSize: fileSize)
    let mark: [UInt8] = Array("DICM".utf8)
    guard bytes.count >= 132, bytes[128..<132].elementsEqual(mark) else { throw .notDICOM }
    self.bytes = bytes
    values = [:]

    walker.position = 132
    walker.syntax = .explicitLittleEndian
    while try walker.nextIsMeta() {
      let header = try walker.header()
      let range = try walker.skipValue(of: header)
      values[header.tag] = range
    }
    let uid = values[Tag(2, 0x10)].map { Self.text(bytes[$0]) } ?? ""
    guard !uid.isEmpty else { throw .damaged("the header names no transfer syntax") }
    let syntax = TransferSyntax(uid: uid)
    guard syntax.isSupported else {
      throw .unsupported("the transfer syntax \(uid) is not read; decompress the file first")
    }
    transferSyntax = syntax
    walker.syntax = syntax

    var pixels: Pixels?
    while !walker.isAtEnd, pixels == nil {
      let header = try walker.header()
      if header.tag == .pixelData {
        pixels =
          header.length.map { .native(start: walker.position, length: $0) }
          ?? .fragments(start: walker.position)
      } else {
        let range = try walker.skipValue(of: header)
        // A repeated element would be ambiguous; the first is what other readers take.
        if values[header.tag] == nil { values[header.tag] = range }
      }
    }
    self.pixels = pixels
  }

  /// The text of an element without padding, or `nil` where it is absent or empty.
  func string(_ tag: Tag) -> String? {
    guard let range = values[tag] else { return nil }
    let text = Self.text(bytes[range])
    return text.isEmpty ? nil : text
  }

  /// The values of an element that holds several texts.
  func strings(_ tag: Tag) -> [String] {
    guard let range = values[tag] else { return [] }
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
    guard let range = values[tag], range.count >= 2 else { return nil }
    let word = bytes.loadUnaligned(fromByteOffset: range.lowerBound, as: UInt16.self)
    return transferSyntax.isBigEndian ? UInt16(bigEndian: word) : UInt16(littleEndian: word)
  }

  /// The text of bytes without the blanks and zero bytes that pad DICOM values.
  private static func text(_ bytes: Slice<UnsafeRawBufferPointer>) -> String {
    var bytes = bytes
    while let last = bytes.last, last <= 0x20 { bytes.removeLast() }
    while let first = bytes.first, first <= 0x20 { bytes.removeFirst() }
    return String(decoding: bytes, as: UTF8.self)
  }
}
