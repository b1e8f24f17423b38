// SPDX-License-Identifier: Apache-2.0
public import Volume

/// The distinct positions of parallel slices along their normal.
public struct SliceStack: Sendable {
  /// The direction along which the slice index grows, in LPS.
  public let normal: SIMD3<Double>
  /// The position of each distinct slice along the normal, in mm, strictly growing.
  public let positions: [Double]
  /// How many files lie at each position.
  public let copies: [Int]
  /// The distance between neighbouring slices in mm, the median of the steps.
  ///
  /// `nil` for a single slice.
  public let increment: Double?
  /// How many slices seem to be missing below each one, by the gaps between positions.
  public let missingBelow: [Int]
  /// The number of files below each slice.
  private let filesBelow: [Int]
  /// The rank of each slice along the normal that points to the head.
  private let ranks: [Int]

  /// Positions closer than this, in mm, are one position.
  static let samePosition = 0.01

  /// The slices of a series, from all of its files.
  ///
  /// The slice index grows along the cross product of the directions of a growing column and row
  /// index, which points to the head for axial slices.
  public init(_ series: SeriesSummary) {
    normal = series.direction.x.cross(series.direction.y).unit
    let sorted = series.positions.map { [normal] in ($0 * normal).sum() }
      .filter(\.isFinite).sorted()
    var positions: [Double] = []
    var copies: [Int] = []
    for position in sorted {
      if let last = positions.last, position - last < Self.samePosition {
        copies[copies.count - 1] += 1
      } else {
        positions.append(position)
        copies.append(1)
      }
    }
    self.positions = positions
    self.copies = copies
    increment = median(zip(positions.dropFirst(), positions).map { $0 - $1 })
    ranks = Array(positions.indices)
    var index = 0
    filesBelow = copies.map { count in
      defer { index += count }
      return index
    }
    var missing = 0
    missingBelow = positions.indices.map { [increment] i in
      if i > 0, let increment, increment > 0 {
        let steps = (positions[i] - positions[i - 1]) / increment
        if steps > 1.5 { missing += Int(Swift.min(steps, 10_000).rounded()) - 1 }
      }
      return missing
    }
  }

  /// The slices of a volume.
  public init(_ geometry: Geometry) {
    normal = geometry.direction.z
    let count = geometry.extent.slices
    let start = (geometry.origin * normal).sum()
    positions = (0..<count).map { start + Double($0) * geometry.spacing.z }
    copies = Array(repeating: 1, count: count)
    increment = geometry.spacing.z
    let up = (geometry.direction.x.cross(geometry.direction.y) * normal).sum() >= 0
    ranks = (0..<count).map { up ? $0 : count - 1 - $0 }
    filesBelow = ranks
    missingBelow = Array(repeating: 0, count: count)
  }

  /// The values of `ImageIndex` that a slice can have: more than one where positions are doubled.
  ///
  /// OsiriX counts the files of a series upwards along the normal, from 0. Slices that are missing
  /// now may have been there when the annotation was drawn.
  public func indices(ofSlice slice: Int) -> ClosedRange<Int> {
    filesBelow[slice]...filesBelow[slice] + copies[slice] - 1 + missingBelow[slice]
  }

  /// Whether an `ImageIndex` says what the position says, counted in files and in positions.
  ///
  /// Above a doubled position the two counts differ, so that no index agrees with both: which of
  /// them the annotation followed cannot be told.
  public func agrees(index: Int, withSlice slice: Int) -> Bool {
    indices(ofSlice: slice).contains(index)
      && (ranks[slice]...ranks[slice] + missingBelow[slice]).contains(index)
  }

  /// The largest `ImageIndex` that the series can have.
  public var lastIndex: Int { copies.reduce(0, +) - 1 + (missingBelow.last ?? 0) }

  /// The slice nearest to a position along the normal, and its distance in mm.
  public func nearest(to position: Double) -> (slice: Int, distance: Double)? {
    guard position.isFinite, !positions.isEmpty else { return nil }
    var low = 0
    var high = positions.count
    while low < high {
      let middle = (low + high) / 2
      if positions[middle] < position { low = middle + 1 } else { high = middle }
    }
    let candidates = [low - 1, low].filter(positions.indices.contains)
    return candidates.map { ($0, abs(positions[$0] - position)) }.min { $0.1 < $1.1 }
  }
}

/// The middle value, or the mean of the two middle ones.
func median(_ values: [Double]) -> Double? {
  guard !values.isEmpty else { return nil }
  let sorted = values.sorted()
  let middle = sorted.count / 2
  return sorted.count % 2 == 1 ? sorted[middle] : (sorted[middle - 1] + sorted[middle]) / 2
}
