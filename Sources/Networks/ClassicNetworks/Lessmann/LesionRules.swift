// SPDX-License-Identifier: Apache-2.0
package import Volume

/// What becomes of marked voxels (Lessmann 2018): lone ones are dropped, lesions grow to all connected
/// voxels of at least 130 HU, and those of which less than a quarter was marked are dropped.
package enum LesionRules {
  /// The share of a component that must be marked.
  private static let least = 0.25

  /// The places of the grid's voxels that hold a voxel of the CT of at least 130 HU, ascending.
  package static func candidates(of ct: Volume<Int16>, on grid: SlabGrid) -> [Int32] {
    var isCandidate = [Bool](repeating: false, count: grid.extent.count)
    forEachBright(in: ct, on: grid) { _, place in isCandidate[place] = true }
    return isCandidate.indices.filter { isCandidate[$0] }.map { Int32($0) }
  }

  /// The classes without those of voxels that touch no other marked one by face, edge or corner.
  static func withoutLoneVoxels(
    _ classes: [UInt8], at voxels: [Int32], on grid: SlabGrid
  ) -> [UInt8] {
    let marked = Set(voxels.indices.filter { classes[$0] != 0 }.map { voxels[$0] })
    let (columns, rows) = (grid.extent.columns, grid.extent.rows)
    func hasNeighbour(_ voxel: Int) -> Bool {
      let (rest, x) = voxel.quotientAndRemainder(dividingBy: columns)
      let (z, y) = rest.quotientAndRemainder(dividingBy: rows)
      for k in z - 1...z + 1 where k >= 0 && k < grid.extent.slices {
        for j in y - 1...y + 1 where j >= 0 && j < rows {
          for i in x - 1...x + 1 where i >= 0 && i < columns {
            let other = (k * rows + j) * columns + i
            if other != voxel, marked.contains(Int32(other)) { return true }
          }
        }
      }
      return false
    }
    return zip(classes, voxels).map { $0 != 0 && hasNeighbour(Int($1)) ? $0 : 0 }
  }

  /// The class of each voxel of the CT, in array order.
  ///
  /// A component of at least 130 HU, connected by faces, edges and corners, belongs to the class that
  /// most of its marked voxels have.
  ///
  /// - Parameters:
  ///   - ct: the CT in Hounsfield units.
  ///   - marks: the class of each voxel of the grid.
  ///   - grid: the networks' grid over the CT.
  package static func lesions(
    in ct: Volume<Int16>, marks: [UInt8], on grid: SlabGrid
  ) -> [UInt8] {
    let bright = ct.voxels.map { $0 >= TrainingScan.threshold ? UInt8(1) : 0 }
    let extent = ct.extent
    let components = ConnectedComponents(
      of: bright, shape: [extent.slices, extent.rows, extent.columns])
    var votes: [Int32: [UInt8: Int]] = [:]
    forEachBright(in: ct, on: grid) { voxel, place in
      if marks[place] != 0 {
        votes[components.labels[voxel], default: [:]][marks[place], default: 0] += 1
      }
    }
    var winners = [UInt8](repeating: 0, count: components.count + 1)
    for (component, counts) in votes {
      let size = Double(components.sizes[Int(component) - 1])
      guard Double(counts.values.reduce(0, +)) >= least * size else { continue }
      // Of equal numbers the lower class wins.
      winners[Int(component)] =
        counts.max { ($0.value, $1.key) < ($1.value, $0.key) }?.key ?? 0
    }
    return components.labels.map { winners[Int($0)] }
  }

  /// Calls a function with each voxel of at least 130 HU and the place of the grid's voxel it lies in.
  private static func forEachBright(
    in ct: Volume<Int16>, on grid: SlabGrid, _ body: (_ voxel: Int, _ place: Int) -> Void
  ) {
    let places = (0..<3).map { grid.places(axis: $0) }
    let extent = ct.extent
    var voxel = 0
    for z in 0..<extent.slices {
      for y in 0..<extent.rows {
        let row = (places[0][z] * grid.extent.rows + places[1][y]) * grid.extent.columns
        for x in 0..<extent.columns {
          if ct.voxels[voxel] >= TrainingScan.threshold { body(voxel, row + places[2][x]) }
          voxel += 1
        }
      }
    }
  }
}
