// SPDX-License-Identifier: Apache-2.0
public import Volume

/// Where in a CT without contrast agent coronary calcium can lie at all, found without a model.
///
/// For work that may pass over the rest. It errs on the side of keeping: voxels of at least 130 HU
/// stay unless they lie beside or before both lungs, as ribs and the chest wall do, belong to a
/// component of 10 mL or more, as vertebrae do, or to a spot of less than 0.5 mm² in its slice, as
/// noise does. The space between the lungs is taken row by row, from
/// the left end of the left lung to the right end of the right one, in this slice, those down to
/// 20 mm below, and all above, for the lungs narrow towards their tips and the heart does not.
///
/// There is none where that cannot be told: slices that are not axial, no lungs, or tissue between
/// them above 130 HU (contrast agent).
public struct CalciumPlaces: Sendable {
  /// A stretch of voxels along x.
  public struct Place: Hashable, Sendable {
    /// The index of the slice.
    public let slice: Int
    /// The index of the row.
    public let row: Int
    /// The indices of the columns.
    public let columns: Range<Int>
    /// The number of its spot: bright pixels of one slice that touch by edges or corners, as scored.
    public let spot: Int
  }

  /// The stretches, in array order.
  public let places: [Place]

  /// The volume from which a component is bone, in mm³: no coronary lesion comes near it.
  private static let bone = 10_000.0
  /// The area of a spot in a slice below which nobody marks it, in mm²; lesions have 1 mm² or more.
  private static let spot = 0.5
  /// How far below a slice lungs still count, in mm.
  private static let below = 20.0

  /// Looks for the places; `nil` where no voxel can be left out with certainty.
  public init?(_ ct: Volume<Int16>) throws(AgatstonError) {
    let direction = ct.geometry.direction
    guard direction.x.x > 0.7, abs(direction.y.y) > 0.7, abs(direction.z.z) > 0.7 else {
      return nil
    }
    let blocks = BlockGrid(ct, millimetres: 4)
    guard let usual = NoiseMap(blocks),
      let tissue = TissueSample(ct, blocks: blocks, usual: usual),
      tissue.median < Double(TissueSample.enhanced),
      let space = LungSpace(
        ct, blocks: blocks, headward: direction.z.z > 0,
        below: Int((Self.below / ct.geometry.spacing.z).rounded(.up)))
    else { return nil }
    let runs = try Runs(ct: ct, threshold: 130)
    let components = try Components(runs, connectivity: .twentySix)
    let spots = try Components(runs, connectivity: .eight)
    let (voxels, pixels) = (components.counts(of: runs), spots.counts(of: runs))
    let limit = Self.bone / ct.geometry.voxelVolume
    let least = Self.spot / ct.geometry.pixelArea
    var places: [Place] = []
    for (i, run) in runs.runs.enumerated()
    where Double(voxels[Int(components.ofRun[i])]) < limit
      && Double(pixels[Int(spots.ofRun[i])]) >= least
    {
      let (slice, row) = Int(run.line).quotientAndRemainder(dividingBy: ct.extent.rows)
      let columns = Int(run.start)..<Int(run.end)
      if space.meets(columns, slice: slice, row: row) {
        places.append(
          Place(slice: slice, row: row, columns: columns, spot: Int(spots.ofRun[i])))
      }
    }
    self.places = places
  }

  /// All stretches of at least 130 HU, wherever they lie.
  public init(everywhereIn ct: Volume<Int16>) throws(AgatstonError) {
    let runs = try Runs(ct: ct, threshold: 130)
    let spots = try Components(runs, connectivity: .eight)
    places = zip(runs.runs, spots.ofRun).map { run, spot in
      let (slice, row) = Int(run.line).quotientAndRemainder(dividingBy: ct.extent.rows)
      return Place(
        slice: slice, row: row, columns: Int(run.start)..<Int(run.end), spot: Int(spot))
    }
  }
}

extension Components {
  /// The number of voxels of each.
  fileprivate func counts(of runs: Runs) -> [Int] {
    var counts = [Int](repeating: 0, count: count)
    for (run, component) in zip(runs.runs, ofRun) { counts[Int(component)] += run.count }
    return counts
  }
}

/// The columns between the outer borders of the lungs, for each row of each slice.
private struct LungSpace {
  private let rows: Int
  /// Half-open; empty where there is nothing.
  private var spans: [Range<Int>]

  init?(_ ct: Volume<Int16>, blocks: BlockGrid, headward: Bool, below: Int) {
    let lungs = blocks.mean.count { $0 > -950 && $0 < -600 }
    // As for the heart's area: less is no pair of lungs.
    guard lungs * 50 >= blocks.mean.count else { return nil }
    let extent = ct.extent
    rows = extent.rows
    spans = Array(repeating: 0..<0, count: extent.slices * rows)
    ct.voxels.withUnsafeBufferPointer { hu in
      for slice in 0..<extent.slices {
        for row in 1..<max(1, rows - 1) {
          let middle = (slice * rows + row) * extent.columns
          // The mean of 3 × 3 pixels: noise makes single ones of lung and of fat alike.
          func isLung(_ column: Int) -> Bool {
            var sum: Int32 = 0
            for place in [middle - extent.columns, middle, middle + extent.columns] {
              for x in column - 1...column + 1 { sum += Int32(hu[place + x]) }
            }
            return sum > -950 * 9 && sum < -600 * 9
          }
          let columns = 1..<max(1, extent.columns - 1)
          guard let first = columns.first(where: isLung), let last = columns.last(where: isLung)
          else { continue }
          spans[slice * rows + row] = first..<last + 1
        }
      }
    }
    // From the head down, each slice gets what those above have; then all are moved up.
    let order = headward ? Array((0..<extent.slices).reversed()) : Array(0..<extent.slices)
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
  func meets(_ columns: Range<Int>, slice: Int, row: Int) -> Bool {
    spans[slice * rows + row].overlaps(columns)
  }
}

private func union(_ a: Range<Int>, _ b: Range<Int>) -> Range<Int> {
  if a.isEmpty { return b }
  if b.isEmpty { return a }
  return min(a.lowerBound, b.lowerBound)..<max(a.upperBound, b.upperBound)
}
