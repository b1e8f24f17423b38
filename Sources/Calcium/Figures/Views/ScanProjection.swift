// SPDX-License-Identifier: Apache-2.0
import Volume

extension ScanView {
  /// The heart in one picture from below and in one from the front: the largest HU along each ray.
  ///
  /// Only voxels of the region count, so that no rib or vertebra lies over the heart; where a ray
  /// meets none of them, the mean along it stands in, darkened, to show where the chest is.
  ///
  /// - Parameter isInside: Whether a voxel (x, y, z) belongs to the region.
  public func projections(
    within isInside: (_ x: Int, _ y: Int, _ z: Int) -> Bool
  ) throws(FigureError) -> (axial: Picture, frontal: Picture) {
    let (columns, rows, levels) = (orderedColumns, orderedRows, orderedSlices)
    var axial = Rays(count: rows.count * columns.count)
    var frontal = Rays(count: levels.count * columns.count)
    for (k, z) in levels.enumerated() {
      for (j, y) in rows.enumerated() {
        let line = ct.offset(z, y, 0)
        for (i, x) in columns.enumerated() {
          let (hu, mark) = (ct.voxels[line + x], marks.voxels[line + x])
          let isIn = isInside(x, y, z)
          axial.add(hu, mark, isIn, at: j * columns.count + i)
          frontal.add(hu, mark, isIn, at: k * columns.count + i)
        }
      }
    }
    let fromBelow = try finished(
      GreyPicture(axial.greys(window, length: levels.count), columns: columns.count), axial.marks,
      columns: columns.count, [spacing.x, spacing.y], top: "A", name: "axial projection")
    let greys = frontal.greys(window, length: rows.count)
    let fromFront = try finished(
      GreyPicture(
        stretched(greys, columns: columns.count, by: spacing.z / spacing.x),
        columns: columns.count), frontal.marks, columns: columns.count, [spacing.x, spacing.z],
      top: "S", name: "frontal projection")
    return (fromBelow, fromFront)
  }

  /// Rows of greys made as high as they are wide, between their middles.
  private func stretched(_ greys: [UInt8], columns: Int, by factor: Double) -> [UInt8] {
    let rows = greys.count / columns
    // Slices a hundred times as thick as pixels are wide are no picture any more.
    let count = max(1, Int((Double(rows) * min(max(factor, 0.01), 100)).rounded()))
    var result: [UInt8] = []
    result.reserveCapacity(count * columns)
    for row in 0..<count {
      let place = (Double(row) + 0.5) * Double(rows) / Double(count) - 0.5
      let from = min(max(Int(place.rounded(.down)), 0), rows - 1)
      let to = min(from + 1, rows - 1)
      let share = min(max(place - Double(from), 0), 1)
      for x in 0..<columns {
        let (a, b) = (Double(greys[from * columns + x]), Double(greys[to * columns + x]))
        result.append(UInt8((a + (b - a) * share).rounded()))
      }
    }
    return result
  }
}

/// What rays through a scan meet.
private struct Rays {
  private var largest: [Int16]
  private var sums: [Int32]
  private(set) var marks: [UInt8]

  /// How much darker the chest around the region is.
  private static let dimming = 0.4

  init(count: Int) {
    largest = Array(repeating: .min, count: count)
    sums = Array(repeating: 0, count: count)
    marks = Array(repeating: 0, count: count)
  }

  mutating func add(_ hu: Int16, _ mark: UInt8, _ isInside: Bool, at ray: Int) {
    if isInside, hu > largest[ray] { largest[ray] = hu }
    // Between the HU of air and of dense bone, so that metal does not outshine everything.
    sums[ray] &+= Int32(min(max(hu, -1000), 1000))
    // The lowest value lies on top: arteries before what lies beside them.
    if mark != 0, marks[ray] == 0 || mark < marks[ray] { marks[ray] = mark }
  }

  func greys(_ window: Window, length: Int) -> [UInt8] {
    largest.indices.map { ray in
      guard largest[ray] == .min else { return window.grey(largest[ray]) }
      // Wider than the window of the heart: a mean holds lung.
      let mean = Double(sums[ray]) / Double(length)
      return UInt8(min(max((mean + 900) / 1200, 0), 1) * 255 * Self.dimming)
    }
  }
}
