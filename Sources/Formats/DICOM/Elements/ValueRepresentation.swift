// SPDX-License-Identifier: Apache-2.0

/// Whether the value of an element is a text or binary numbers, where a file says so (PS3.5, 6.2).
///
/// The standard fixes the representation of each element. Programs that keep their own tables store
/// a slope as a binary number all the same, or the number of rows as a text; what the file says then
/// holds, as for pydicom.
enum ValueRepresentation: Hashable, Sendable {
  /// Text, also of decimal numbers.
  case text
  /// Binary numbers of one kind.
  case binary(Binary)

  /// A kind of binary numbers.
  enum Binary: Hashable, Sendable {
    case signed16, unsigned16, signed32, unsigned32, signed64, unsigned64, float, double
  }

  /// The representation by its two letters; `nil` for bytes, sequences and what is not known.
  init?(_ letters: String) {
    if let kind = Self.kinds[letters] {
      self = .binary(kind)
    } else if Self.texts.contains(letters) {
      self = .text
    } else {
      return nil
    }
  }

  private static let kinds: [String: Binary] = [
    "SS": .signed16, "US": .unsigned16, "SL": .signed32, "UL": .unsigned32, "SV": .signed64,
    "UV": .unsigned64, "FL": .float, "FD": .double,
  ]

  private static let texts: Set<String> = [
    "AE", "AS", "CS", "DA", "DS", "DT", "IS", "LO", "LT", "PN", "SH", "ST", "TM", "UC", "UI", "UR",
    "UT",
  ]
}

extension ValueRepresentation.Binary {
  /// The numbers that bytes hold; `nil` where the bytes are no whole number of them, or one of them
  /// is not finite.
  func numbers(in bytes: Slice<UnsafeRawBufferPointer>, isBigEndian: Bool) -> [Double]? {
    let bytes = UnsafeRawBufferPointer(rebasing: bytes)
    func read<Word: FixedWidthInteger>(_ type: Word.Type, _ value: (Word) -> Double) -> [Double]? {
      let size = MemoryLayout<Word>.size
      guard bytes.count.isMultiple(of: size) else { return nil }
      let numbers = stride(from: 0, to: bytes.count, by: size).map {
        let word = bytes.loadUnaligned(fromByteOffset: $0, as: Word.self)
        return value(isBigEndian ? Word(bigEndian: word) : Word(littleEndian: word))
      }
      return numbers.allSatisfy(\.isFinite) ? numbers : nil
    }
    return switch self {
    case .signed16: read(Int16.self) { Double($0) }
    case .unsigned16: read(UInt16.self) { Double($0) }
    case .signed32: read(Int32.self) { Double($0) }
    case .unsigned32: read(UInt32.self) { Double($0) }
    case .signed64: read(Int64.self) { Double($0) }
    case .unsigned64: read(UInt64.self) { Double($0) }
    case .float: read(UInt32.self) { Double(Float(bitPattern: $0)) }
    case .double: read(UInt64.self) { Double(bitPattern: $0) }
    }
  }
}
