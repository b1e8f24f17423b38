// SPDX-License-Identifier: Apache-2.0
import Volume

extension ScanView {
  /// The heart in one picture from below and in one from the front: the largest HU along each ray
  /// where calcium may be, over the mean.
  ///
  /// The largest HU of blood is that of its noise, a flat grey; the mean shows the heart's fat and
  /// grooves. Only voxels of the region count, so that no rib or vertebra lies over the heart; where a
  /// ray meets none of them, the mean along all of it stands in, darkened, to show where the chest is.
  ///
  /// - Parameter share: How much of a voxel (x, y, z) belongs to the region, 0 to 1.
  public func projections(
    within share: (_ x: Int, _ y: Int, _ z: Int) -> Float
  ) throws(FigureError) -> (axial: Picture, frontal: Picture) {
    let (columns, rows, levels) = (orderedColumns, orderedRows, orderedSlices)
    var axial = Rays(count: rows.count * columns.count)
    var frontal = Rays(count: levels.count * columns.count)
    for (k, z) in levels.enumerated() {
      for (j, y) in rows.enumerated() {
        let line = ct.offset(z, y, 0)
        for (i, x) in columns.enumerated() {
          let (hu, mark) = (ct.voxels[line + x], marks.voxels[line + x])
          let weight = share(x, y, z)
          axial.add(hu, mark, weight, at: j * columns.count + i)
          frontal.add(hu, mark, weight, at: k * columns.count + i)
        }
      }
    }
    let fromBelow = try finished(
      GreyPicture(axial.greys(length: levels.count, step: spacing.z), columns: columns.count),
      axial.marks, columns: columns.count, [spacing.x, spacing.y], top: "A",
      name: "axial projection")
    let greys = frontal.greys(length: rows.count, step: spacing.y)
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
  private var inner: [(sum: Float, weight: Float)]
  private var sums: [Int32]
  private(set) var marks: [UInt8]

  /// The means of rays through the heart: from its fat to blood.
  private static let heart = Window(level: -10, width: 180)
  /// The means of rays beside it, which meet lung.
  private static let chest = Window(level: -300, width: 1200)
  /// How much darker the chest is.
  private static let dimming = 0.4
  /// The largest HU that makes a ray brighter, and the one that makes it white.
  private static let bright = (from: 130.0, to: 400.0)
  /// The way in mm through the heart from which a ray shows nothing else.
  private static let opaque = 12.0
  /// Below is lung, which the region's border may hold.
  private static let lung: Int16 = -250

  init(count: Int) {
    largest = Array(repeating: .min, count: count)
    inner = Array(repeating: (0, 0), count: count)
    sums = Array(repeating: 0, count: count)
    marks = Array(repeating: 0, count: count)
  }

  mutating func add(_ hu: Int16, _ mark: UInt8, _ weight: Float, at ray: Int) {
    // Between the HU of air and of dense bone, so that metal does not outshine everything.
    let value = min(max(hu, -1000), 1000)
    sums[ray] &+= Int32(value)
    if weight > 0, hu > Self.lung {
      inner[ray] = (inner[ray].sum + Float(value) * weight, inner[ray].weight + weight)
      if weight > 0.3 { largest[ray] = max(largest[ray], hu) }
    }
    // The lowest value lies on top: arteries before what lies beside them.
    if mark != 0, marks[ray] == 0 || mark < marks[ray] { marks[ray] = mark }
  }

  /// The greys of rays of a number of voxels, so many mm apart.
  func greys(length: Int, step: Double) -> [UInt8] {
    largest.indices.map { ray in
      let beside = Self.dimming * Double(Self.chest.grey(Int16(sums[ray] / Int32(length))))
      guard inner[ray].weight > 0 else { return UInt8(beside) }
      // Four fifths of white at most, so that what is bright stands out.
      let mean = 0.8 * Double(Self.heart.grey(Int16(inner[ray].sum / inner[ray].weight)))
      let opacity = min(Double(inner[ray].weight) * step / Self.opaque, 1)
      let grey = beside + (mean - beside) * opacity
      let (from, to) = Self.bright
      let share = min(max((Double(largest[ray]) - from) / (to - from), 0), 1)
      return UInt8(grey + (255 - grey) * share)
    }
  }
}
