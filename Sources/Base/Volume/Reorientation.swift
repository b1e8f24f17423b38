// SPDX-License-Identifier: Apache-2.0

extension Volume {
  /// The volume with its axes in the order of axial slices, where they are stored in another order.
  ///
  /// Each axis is moved to the place of the patient's axis that it is nearest to: columns along left
  /// and right, rows along front and back, slices along the feet and the head. Nothing is resampled
  /// and no axis is reversed, so every voxel keeps its value and its position. Scores are sums over
  /// axial slices, which a volume of sagittal or coronal slices would not have.
  public var axial: Volume {
    let order = geometry.direction.axialOrder
    guard order != [0, 1, 2] else { return self }
    let sizes = [extent.columns, extent.rows, extent.slices]
    let strides = [1, extent.columns, extent.columns * extent.rows]
    let directions = [geometry.direction.x, geometry.direction.y, geometry.direction.z]
    let grid = Geometry(
      extent: Extent(slices: sizes[order[2]], rows: sizes[order[1]], columns: sizes[order[0]]),
      spacing: SIMD3(
        geometry.spacing[order[0]], geometry.spacing[order[1]], geometry.spacing[order[2]]),
      origin: geometry.origin,
      direction: Direction(
        x: directions[order[0]], y: directions[order[1]], z: directions[order[2]]))
    var moved: [Element] = []
    moved.reserveCapacity(voxels.count)
    for z in 0..<grid.extent.slices {
      for y in 0..<grid.extent.rows {
        var source = z * strides[order[2]] + y * strides[order[1]]
        for _ in 0..<grid.extent.columns {
          moved.append(voxels[source])
          source += strides[order[0]]
        }
      }
    }
    return Volume(geometry: grid, voxels: moved)
  }

  /// This volume on a larger grid that it is a part of, with a value everywhere else; `nil` where the
  /// grids do not lie on each other voxel by voxel, or this one reaches beyond.
  public func padded(to grid: Geometry, with value: Element) -> Volume? {
    let (a, b) = (geometry, grid)
    let isAligned =
      (0..<3).allSatisfy { abs(a.spacing[$0] - b.spacing[$0]) <= 1e-3 * b.spacing[$0] }
      && [
        (a.direction.x, b.direction.x), (a.direction.y, b.direction.y),
        (a.direction.z, b.direction.z),
      ].allSatisfy { ($0 * $1).sum() > 0.99999 }
    guard isAligned else { return nil }
    let start = grid.voxel(at: geometry.origin)
    let first = SIMD3<Double>(start.x.rounded(), start.y.rounded(), start.z.rounded())
    let error = start - first
    guard max(abs(error.x), abs(error.y), abs(error.z)) <= 0.05 else { return nil }
    let (x0, y0, z0) = (Int(first.x), Int(first.y), Int(first.z))
    guard x0 >= 0, y0 >= 0, z0 >= 0, x0 + extent.columns <= grid.extent.columns,
      y0 + extent.rows <= grid.extent.rows, z0 + extent.slices <= grid.extent.slices
    else { return nil }
    var padded = Volume(geometry: grid, repeating: value)
    for z in 0..<extent.slices {
      for y in 0..<extent.rows {
        let from = offset(z, y, 0)
        let to = padded.offset(z0 + z, y0 + y, x0)
        for x in 0..<extent.columns { padded.voxels[to + x] = voxels[from + x] }
      }
    }
    return padded
  }
}

extension Direction {
  /// The axes (0 columns, 1 rows, 2 slices) in the order left–right, front–back, feet–head.
  ///
  /// Of the six orders the one is taken whose axes are nearest to the patient's, all together.
  var axialOrder: [Int] {
    let axes = [x, y, z]
    let orders = [[0, 1, 2], [1, 0, 2], [0, 2, 1], [2, 1, 0], [1, 2, 0], [2, 0, 1]]
    func fit(_ order: [Int]) -> Double {
      (0..<3).reduce(0) { $0 + abs(axes[order[$1]][$1]) }
    }
    // A tie keeps the stored order, which stands first.
    return orders.reduce([0, 1, 2]) { fit($1) > fit($0) + 1e-9 ? $1 : $0 }
  }
}
