// SPDX-License-Identifier: Apache-2.0
package import Volume

/// A scan on the grid of `SlabGrid`, in Hounsfield units.
package struct SlabScan: Sendable {
  /// The grid.
  package let grid: SlabGrid
  /// The values in array order (slab, row, column), in HU.
  package let hu: [Int16]

  /// What lies outside of a scan, in HU: air.
  package static let outside: Int16 = -1000

  /// Averages slices to slabs, and samples these linearly in plane.
  package init(_ ct: Volume<Int16>) {
    let grid = SlabGrid(over: ct.geometry)
    let (rows, columns) = (grid.centres(axis: 1), grid.centres(axis: 2))
    var hu: [Int16] = []
    hu.reserveCapacity(grid.extent.count)
    var slab = [Float](repeating: 0, count: ct.extent.sliceCount)
    let width = ct.extent.columns
    for parts in grid.slabs {
      for i in slab.indices { slab[i] = 0 }
      for (slice, share) in parts {
        let start = slice * slab.count
        for i in slab.indices { slab[i] += share * Float(ct.voxels[start + i]) }
      }
      for y in rows {
        let (top, down) = (Int(y), Float(y - y.rounded(.down)))
        let bottom = min(top + 1, ct.extent.rows - 1)
        for x in columns {
          let (left, right) = (Int(x), min(Int(x) + 1, width - 1))
          let across = Float(x - x.rounded(.down))
          let upper = slab[top * width + left] * (1 - across) + slab[top * width + right] * across
          let lower =
            slab[bottom * width + left] * (1 - across) + slab[bottom * width + right] * across
          hu.append(Int16((upper * (1 - down) + lower * down).rounded()))
        }
      }
    }
    (self.grid, self.hu) = (grid, hu)
  }

  /// The labels on the grid, each that of the voxel at its centre.
  ///
  /// - Parameter labels: a value for each voxel of the scan, in array order.
  package func sampled<Value>(_ labels: [Value], of extent: Extent) -> [Value] {
    let places = (0..<3).map { axis in grid.centres(axis: axis).map { Int($0.rounded()) } }
    var values: [Value] = []
    values.reserveCapacity(hu.count)
    for z in places[0] {
      for y in places[1] {
        let row = (z * extent.rows + y) * extent.columns
        for x in places[2] { values.append(labels[row + x]) }
      }
    }
    return values
  }

  /// The indices (slab, row, column) of a voxel by its place in the array.
  package func index(_ voxel: Int) -> (z: Int, y: Int, x: Int) {
    let (rest, x) = voxel.quotientAndRemainder(dividingBy: grid.extent.columns)
    let (z, y) = rest.quotientAndRemainder(dividingBy: grid.extent.rows)
    return (z, y, x)
  }
}
