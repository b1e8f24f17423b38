// SPDX-License-Identifier: Apache-2.0
package import Volume

/// The space between the outer borders of the lungs, in which the heart lies, found without a model.
///
/// Each row of a slice has one span, from the outer border of one lung to that of the other. It joins
/// the spans of this slice, of the slices down to 20 mm below it and of all slices above it, because
/// the lungs narrow towards their tips and the heart does not.
///
/// No space is found in scans whose slices are not axial, that show no lungs, or whose tissue between
/// the lungs is above 130 HU (contrast agent).
package struct LungSpace: Sendable {
  private let rows: Int
  /// The columns between the lungs in each row of each slice, half-open; empty without lung.
  private var spans: [Range<Int>]

  /// How far below a slice lungs still count, in mm.
  private static let reachBelow = 20.0

  /// Looks for the lungs; `nil` where they are not found or the tissue between them is enhanced.
  package init?(_ ct: Volume<Int16>) {
    let direction = ct.geometry.direction
    guard direction.x.x > 0.7, abs(direction.y.y) > 0.7, abs(direction.z.z) > 0.7 else {
      return nil
    }
    let blocks = BlockGrid(ct, millimetres: 4)
    guard let noiseMap = NoiseMap(blocks),
      let tissue = TissueSample(ct, blocks: blocks, noiseMap: noiseMap),
      tissue.median < Double(TissueSample.enhanced)
    else { return nil }
    let below = Int((Self.reachBelow / ct.geometry.spacing.z).rounded(.up))
    self.init(ct, blocks: blocks, isCranial: direction.z.z > 0, below: below)
  }

  /// `below` is a number of slices; `isCranial` says whether slices are ordered from feet to head.
  private init?(_ ct: Volume<Int16>, blocks: BlockGrid, isCranial: Bool, below: Int) {
    let lungs = blocks.mean.count(where: LungRange.contains)
    guard LungRange.isPair(of: lungs, among: blocks.mean.count) else { return nil }
    let extent = ct.extent
    rows = extent.rows
    spans = Array(repeating: 0..<0, count: extent.slices * rows)
    ct.voxels.withUnsafeBufferPointer { hu in
      for slice in 0..<extent.slices {
        for row in 1..<max(1, rows - 1) {
          let middle = (slice * rows + row) * extent.columns
          // The mean of 3 × 3 pixels, because noise brings single pixels of fat into the range.
          func isLung(_ column: Int) -> Bool {
            var sum: Int32 = 0
            for line in [middle - extent.columns, middle, middle + extent.columns] {
              for x in column - 1...column + 1 { sum += Int32(hu[line + x]) }
            }
            return sum > Int32(LungRange.lower) * 9 && sum < Int32(LungRange.upper) * 9
          }
          let columns = 1..<max(1, extent.columns - 1)
          guard let first = columns.first(where: isLung), let last = columns.last(where: isLung)
          else { continue }
          spans[slice * rows + row] = first..<last + 1
        }
      }
    }
    // From the head down, each slice joins the spans of those above; then all move up by `below`.
    let order = isCranial ? Array((0..<extent.slices).reversed()) : Array(0..<extent.slices)
    for (above, slice) in zip(order, order.dropFirst()) {
      for row in 0..<rows {
        spans[slice * rows + row] = union(spans[slice * rows + row], spans[above * rows + row])
      }
    }
    let whole = spans
    for (i, slice) in order.enumerated() {
      let lower = order[min(i + below, order.count - 1)]
      for row in 0..<rows { spans[slice * rows + row] = whole[lower * rows + row] }
    }
  }

  /// Whether some of the columns of a row lie in the space.
  package func meets(_ columns: Range<Int>, slice: Int, row: Int) -> Bool {
    spans[slice * rows + row].overlaps(columns)
  }
}

private func union(_ a: Range<Int>, _ b: Range<Int>) -> Range<Int> {
  if a.isEmpty { return b }
  if b.isEmpty { return a }
  return min(a.lowerBound, b.lowerBound)..<max(a.upperBound, b.upperBound)
}
