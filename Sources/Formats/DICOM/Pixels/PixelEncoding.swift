// SPDX-License-Identifier: Apache-2.0

/// The storage of the samples of a slice, and their conversion to Hounsfield units.
struct PixelEncoding: Hashable, Sendable {
  /// Bits of the stored word: 8 or 16.
  let bitsAllocated: Int
  /// Bits of the word that hold the value.
  let bitsStored: Int
  /// The highest of them.
  let highBit: Int
  /// Whether the value is in two's complement.
  let isSigned: Bool
  /// RescaleSlope and RescaleIntercept, or `nil` where the header lacks one.
  let rescale: Rescale?
  /// Whether the header says that the values have no particular unit (RescaleType US).
  var isUnitUnspecified = false
  /// The lowest and highest stored value that mean "no data" (PixelPaddingValue, …RangeLimit).
  let padding: ClosedRange<Int>?

  /// The value that a stored word holds; the bits beside it may be anything (PS3.5, 8.1.1).
  func value(ofWord word: UInt16) -> Int {
    let shifted = Int(word) >> (highBit + 1 - bitsStored)
    let value = shifted & (1 << bitsStored - 1)
    return isSigned && value >= 1 << (bitsStored - 1) ? value - 1 << bitsStored : value
  }
}

/// The linear relation between stored values and Hounsfield units (PS3.3, C.8.2.1).
public struct Rescale: Hashable, Sendable, Codable {
  /// HU per stored unit.
  public var slope: Double
  /// The HU of a stored zero.
  public var intercept: Double

  /// HU = slope × stored + intercept.
  public init(slope: Double, intercept: Double) {
    self.slope = slope
    self.intercept = intercept
  }
}

/// The Hounsfield units of every word that a slice can hold.
///
/// A table pays off: two bytes have 65,536 values, a slice has four times as many pixels, a series two
/// hundred times.
struct HounsfieldTable {
  /// What else was done to a word besides rescaling.
  enum Mark: UInt8 {
    case none, padding, clamped
  }

  /// HU by word.
  let hu: [Int16]
  /// Marks by word.
  let marks: [UInt8]
  /// Whether any word is marked.
  let hasMarks: Bool

  /// Padding becomes −1024 HU, which is air; values beyond 16 bits become the nearest that fits.
  ///
  /// Fractions are rounded down. Thresholds are whole numbers, so a voxel reaches one exactly where
  /// its unrounded value does: 129.6 HU is below 130.
  init(_ encoding: PixelEncoding, rescale: Rescale) {
    var hu = [Int16](repeating: 0, count: 1 << encoding.bitsAllocated)
    var marks = [UInt8](repeating: Mark.none.rawValue, count: hu.count)
    for word in hu.indices {
      let value = encoding.value(ofWord: UInt16(word))
      if let padding = encoding.padding, padding.contains(value) {
        hu[word] = -1024
        marks[word] = Mark.padding.rawValue
        continue
      }
      let exact = (rescale.slope * Double(value) + rescale.intercept).rounded(.down)
      let clamped = min(max(exact, Double(Int16.min)), Double(Int16.max))
      hu[word] = Int16(clamped)
      if clamped != exact { marks[word] = Mark.clamped.rawValue }
    }
    self.hu = hu
    self.marks = marks
    hasMarks = marks.contains { $0 != Mark.none.rawValue }
  }
}
