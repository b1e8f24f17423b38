// SPDX-License-Identifier: Apache-2.0
public import Volume

/// A rectangle of pixels of a slice.
public struct SliceBox: Hashable, Sendable {
  /// The rows it covers.
  public var rows: Range<Int>
  /// The columns it covers.
  public var columns: Range<Int>

  /// A box of rows and columns.
  public init(rows: Range<Int>, columns: Range<Int>) {
    self.rows = rows
    self.columns = columns
  }

  /// A whole slice.
  public init(wholeOf extent: Extent) {
    self.init(rows: 0..<extent.rows, columns: 0..<extent.columns)
  }

  /// The square box round what is set in any of the masks, with a margin, inside the slice.
  ///
  /// At least `minimum` pixels wide, so that the eye finds its way round; `nil` if nothing is set.
  /// At the slice's edge it is shifted, and cut only if larger than the slice.
  public init?(
    around masks: [ArraySlice<UInt8>], of extent: Extent, margin: Int, minimum: Int
  ) {
    var low = SIMD2(Int.max, Int.max)
    var high = SIMD2(-1, -1)
    for mask in masks {
      precondition(mask.count == extent.sliceCount, "a mask of one slice of \(extent)")
      for (i, value) in mask.enumerated() where value != 0 {
        let (y, x) = i.quotientAndRemainder(dividingBy: extent.columns)
        low = SIMD2(min(low.x, x), min(low.y, y))
        high = SIMD2(max(high.x, x), max(high.y, y))
      }
    }
    guard high.x >= 0 else { return nil }
    let side = max(high.x - low.x + 1 + 2 * margin, high.y - low.y + 1 + 2 * margin, minimum)
    func span(_ low: Int, _ high: Int, within count: Int) -> Range<Int> {
      let length = min(side, count)
      let start = min(max((low + high + 1 - length) / 2, 0), count - length)
      return start..<start + length
    }
    self.init(
      rows: span(low.y, high.y, within: extent.rows),
      columns: span(low.x, high.x, within: extent.columns))
  }

  /// Whether it holds a pixel and lies inside a slice.
  func isInside(_ extent: Extent) -> Bool {
    !rows.isEmpty && !columns.isEmpty && rows.lowerBound >= 0 && columns.lowerBound >= 0
      && rows.upperBound <= extent.rows && columns.upperBound <= extent.columns
  }
}
