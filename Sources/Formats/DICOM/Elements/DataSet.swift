// SPDX-License-Identifier: Apache-2.0

/// The elements of a file up to its pixel data, by their locations in its bytes.
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

  /// A fault in the structure of a file, or the need for more of its bytes.
  enum Fault: Error, Equatable {
    case notDICOM
    case unsupported(String)
    case damaged(String)
    /// The bytes at hand end, those of the file do not.
    case needsMore
    /// The data set from this byte on is deflated and must be inflated first.
    case deflated(from: Int)
  }

  let transferSyntax: TransferSyntax
  let pixels: Pixels?
  let elements: Elements

  /// Walks through the elements of a file of `fileSize` bytes of which `bytes` are the first.
  ///
  /// - Parameter isInflated: whether a deflated data set was inflated in place.
  init(
    _ bytes: UnsafeRawBufferPointer, fileSize: Int, isInflated: Bool = false
  ) throws(Fault) {
    guard let start = Self.start(bytes) else { throw .notDICOM }
    var walker = ElementWalker(bytes: bytes, fileSize: fileSize)
    walker.position = start
    walker.syntax = .explicitLittleEndian
    var meta = Elements(bytes, isBigEndian: false)
    while try walker.nextIsMeta() {
      let header = try walker.header()
      meta.add(header.tag, at: try walker.skipValue(of: header))
    }
    var syntax = TransferSyntax(uid: meta.string(Tag(2, 0x10)) ?? "")
    if syntax.isDeflated, !isInflated { throw .deflated(from: walker.position) }
    if !walker.isAtEnd { syntax = try walker.resolved(syntax) }
    guard syntax.isSupported else {
      throw .unsupported(
        syntax.uid.isEmpty
          ? "the header names no transfer syntax"
          : "the transfer syntax \(syntax.uid) is not read; decompress the file first")
    }
    transferSyntax = syntax
    walker.syntax = try walker.encoding(under: syntax)

    var elements = Elements(bytes, isBigEndian: syntax.isBigEndian)
    var pixels: Pixels?
    while !walker.isAtEnd, pixels == nil {
      let header = try walker.header()
      if header.tag == .pixelData {
        pixels =
          header.length.map { .native(start: walker.position, length: $0) }
          ?? .fragments(start: walker.position)
      } else {
        elements.add(header.tag, at: try walker.skipValue(of: header))
      }
    }
    if case .fragments = pixels, !syntax.isCompressed {
      throw .damaged("the pixels are compressed, but the header does not say how")
    }
    if case .native = pixels, syntax.isCompressed {
      throw .damaged("the header says that the pixels are compressed, but they are not")
    }
    elements.add(meta)
    (self.elements, self.pixels) = (elements, pixels)
  }

  /// Where the elements begin: behind the prefix "DICM", or at once in what old archives send.
  static func start(_ bytes: UnsafeRawBufferPointer) -> Int? {
    if bytes.count >= 132, bytes[128..<132].elementsEqual(Array("DICM".utf8)) { return 132 }
    guard bytes.count >= 8 else { return nil }
    // Without the prefix, the first element must be one that data sets begin with, and short.
    let (group, element) = (Int(bytes[0]) | Int(bytes[1]) << 8, Int(bytes[2]) | Int(bytes[3]) << 8)
    if ElementWalker.isRepresentation(bytes[4], bytes[5]) {
      let isFirst = [2, 8].contains(group) && element < 0x0100
      return isFirst || (group == 0x0800 && element.byteSwapped16 < 0x0100) ? 0 : nil
    }
    let length = (0..<4).reduce(0) { $0 | Int(bytes[4 + $1]) << (8 * $1) }
    return group == 8 && element < 0x0100 && length < 256 ? 0 : nil
  }
}

extension Int {
  fileprivate var byteSwapped16: Int { Int(UInt16(truncatingIfNeeded: self).byteSwapped) }
}
