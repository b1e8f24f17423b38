// SPDX-License-Identifier: Apache-2.0
import Text

/// A walk through the elements of a file (PS3.5, section 7) that checks every length before it is used.
struct ElementWalker {
  /// An element without its value.
  struct Header {
    let tag: Tag
    /// The letters of the value representation, where the file names it.
    var letters: String?
    /// Whether the value may be a sequence of items or fragments.
    let isSequence: Bool
    /// Whether items inside are encoded implicitly although the file is explicit (PS3.5, 6.2.2).
    let isImplicitInside: Bool
    /// The length of the value, or `nil` for one that ends by a mark.
    let length: Int?
  }

  let bytes: UnsafeRawBufferPointer
  let fileSize: Int
  var position = 0
  private var depth = 0
  var syntax = TransferSyntax.explicitLittleEndian

  init(bytes: UnsafeRawBufferPointer, fileSize: Int) {
    self.bytes = bytes
    self.fileSize = fileSize
  }

  /// A walk inside a part of the bytes, as if they were all there is.
  private init(_ location: Elements.Location, of bytes: UnsafeRawBufferPointer, depth: Int) {
    self.bytes = UnsafeRawBufferPointer(rebasing: bytes[..<location.range.upperBound])
    fileSize = location.range.upperBound
    position = location.range.lowerBound
    syntax = location.syntax
    self.depth = depth
  }

  /// The items of a sequence.
  static func items(
    in location: Elements.Location, of bytes: UnsafeRawBufferPointer
  ) throws(DataSet.Fault) -> [Elements] {
    var walker = ElementWalker(location, of: bytes, depth: 1)
    var items: [Elements] = []
    while !walker.isAtEnd {
      let item = try walker.header()
      if item.tag == .sequenceEnd { break }
      guard item.tag == .item else {
        throw .damaged("a sequence holds the element \(item.tag) outside an item")
      }
      var elements = Elements(bytes, isBigEndian: location.syntax.isBigEndian)
      if let length = item.length {
        let end = walker.position + length
        let part = Elements.Location(range: walker.position..<end, syntax: location.syntax)
        var inside = ElementWalker(part, of: bytes, depth: 1)
        while !inside.isAtEnd { _ = try inside.takeElement(into: &elements) }
        walker.position = end
      } else {
        while try walker.takeElement(into: &elements) {}
      }
      items.append(elements)
    }
    return items
  }

  /// Reads an element into a group; the result is false for an item delimitation item.
  private mutating func takeElement(into elements: inout Elements) throws(DataSet.Fault) -> Bool {
    let header = try self.header()
    if header.tag == .itemEnd { return false }
    elements.add(header.tag, at: try skipValue(of: header))
    return true
  }

  private static let deepest = 32
  private static let longForms: Set<String> = [
    "OB", "OD", "OF", "OL", "OV", "OW", "SQ", "SV", "UC", "UN", "UR", "UT", "UV",
  ]

  private static let sequences: Set<String> = ["SQ", "UN", "OB", "OW"]

  var isAtEnd: Bool { position >= fileSize }

  /// Whether the next element is one of the file's meta information, which is group 2.
  func nextIsMeta() throws(DataSet.Fault) -> Bool {
    if isAtEnd { return false }
    try require(2, for: nil)
    return word(at: position) == 2
  }

  /// The syntax in which the element at hand is encoded, which some files do not name or misname.
  ///
  /// Explicit and implicit encoding differ by two letters behind the tag, and are told apart by
  /// them as pydicom does; the order of bytes is told by the group, which is below 256.
  func resolved(_ claimed: TransferSyntax) throws(DataSet.Fault) -> TransferSyntax {
    let plain: [TransferSyntax] = [.implicitLittleEndian, .explicitLittleEndian]
    guard claimed.uid.isEmpty || plain.contains(claimed) else { return claimed }
    try require(8, for: nil)
    guard Self.isRepresentation(bytes[position + 4], bytes[position + 5]) else {
      return .implicitLittleEndian
    }
    let isSwapped = bytes[position] == 0 && bytes[position + 1] != 0
    return claimed.uid.isEmpty && isSwapped ? .explicitBigEndian : .explicitLittleEndian
  }

  /// How the elements at hand are encoded under a syntax with compressed pixels, which demands
  /// explicit ones; some writers compress the pixels and leave implicit elements as they were.
  func encoding(under syntax: TransferSyntax) throws(DataSet.Fault) -> TransferSyntax {
    guard syntax.isCompressed, !isAtEnd else { return syntax }
    try require(8, for: nil)
    return Self.isRepresentation(bytes[position + 4], bytes[position + 5])
      ? syntax : .implicitLittleEndian
  }

  /// Whether two bytes are the letters of a value representation (PS3.5, 6.2).
  static func isRepresentation(_ a: UInt8, _ b: UInt8) -> Bool {
    representations.contains(UInt16(a) << 8 | UInt16(b))
  }

  private static let representations = Set(
    longForms.union([
      "AE", "AS", "AT", "CS", "DA", "DS", "DT", "FD", "FL", "IS", "LO", "LT", "PN", "SH", "SL",
      "SS", "ST", "TM", "UI", "UL", "US",
    ]).map { name in name.utf8.reduce(UInt16(0)) { $0 << 8 | UInt16($1) } })

  /// Reads an element up to its value.
  mutating func header() throws(DataSet.Fault) -> Header {
    try require(8, for: nil)
    let tag = Tag(word(at: position), word(at: position + 2))
    if tag.group == 0xFFFE || !syntax.isExplicit {
      return try finish(tag, long: 4, isSequence: !syntax.isExplicit, isImplicitInside: false)
    }
    let (a, b) = (bytes[position + 4], bytes[position + 5])
    let letters = UInt8(ascii: "A")...UInt8(ascii: "Z")
    guard letters.contains(a), letters.contains(b) else {
      throw .damaged("the element \(tag) at byte \(position) has no valid value representation")
    }
    let vr = String(decoding: [a, b], as: UTF8.self)
    guard Self.longForms.contains(vr) else {
      let length = Int(word(at: position + 6))
      position += 8
      return try checked(
        Header(
          tag: tag, letters: vr, isSequence: false, isImplicitInside: false, length: length))
    }
    var header = try finish(
      tag, long: 8, isSequence: Self.sequences.contains(vr), isImplicitInside: vr == "UN")
    header.letters = vr
    return header
  }

  private mutating func finish(
    _ tag: Tag, long offset: Int, isSequence: Bool, isImplicitInside: Bool
  ) throws(DataSet.Fault) -> Header {
    try require(offset + 4, for: tag)
    let low = Int(word(at: position + offset + (syntax.isBigEndian ? 2 : 0)))
    let high = Int(word(at: position + offset + (syntax.isBigEndian ? 0 : 2)))
    let length = high << 16 | low
    position += offset + 4
    return try checked(
      Header(
        tag: tag, isSequence: isSequence, isImplicitInside: isImplicitInside,
        length: length == 0xFFFF_FFFF ? nil : length))
  }

  /// The pixels may be cut, which is judged by their number; nothing else may.
  private func checked(_ header: Header) throws(DataSet.Fault) -> Header {
    guard let length = header.length, length > fileSize - position,
      header.tag != .pixelData || depth > 0
    else { return header }
    throw .damaged(
      "is truncated: the element \(header.tag) claims \(counted(length, "byte")), "
        + "\(counted(max(0, fileSize - position), "is", "are")) left")
  }

  /// Steps over a value; the result is its range, without the
  /// sequence delimitation item that ends an undefined length.
  mutating func skipValue(of header: Header) throws(DataSet.Fault) -> Elements.Location {
    let start = position
    let inside = header.isImplicitInside ? .implicitLittleEndian : syntax
    if let length = header.length {
      position += length
      // Its bytes will be looked at, so they must be at hand.
      if position > bytes.count { throw .needsMore }
      return Elements.Location(range: start..<position, syntax: inside, letters: header.letters)
    }
    guard header.isSequence else {
      throw .damaged("the element \(header.tag) at byte \(start) has no length")
    }
    guard depth < Self.deepest else {
      throw .damaged("sequences are nested more than \(Self.deepest) deep")
    }
    depth += 1
    defer { depth -= 1 }
    let outer = syntax
    syntax = inside
    var end = position
    while true {
      end = position
      let item = try self.header()
      if item.tag == .sequenceEnd { break }
      guard item.tag == .item else {
        throw .damaged("the sequence \(header.tag) holds the element \(item.tag) outside an item")
      }
      if let length = item.length {
        position += length
        if position > bytes.count { throw .needsMore }
        continue
      }
      while true {
        let inner = try self.header()
        if inner.tag == .itemEnd { break }
        _ = try skipValue(of: inner)
      }
    }
    syntax = outer
    return Elements.Location(range: start..<end, syntax: inside)
  }

  private func require(_ count: Int, for tag: Tag?) throws(DataSet.Fault) {
    if position + count <= bytes.count { return }
    if position + count <= fileSize { throw .needsMore }
    let element = tag.map { "the element \($0)" } ?? "an element"
    throw .damaged("is truncated: it ends inside \(element) at byte \(position)")
  }

  private func word(at offset: Int) -> UInt16 {
    let word = bytes.loadUnaligned(fromByteOffset: offset, as: UInt16.self)
    return syntax.isBigEndian ? UInt16(bigEndian: word) : UInt16(littleEndian: word)
  }
}
