// SPDX-License-Identifier: Apache-2.0

/// Where rays through the centres of voxels cross a surface.
///
/// Each crossing flips one bit: that of its axis, at the first centre behind it. A running exclusive or
/// along each axis then says which centres have an odd number of crossings before them, so that
/// nothing has to be sorted.
struct RayCrossings {
  private let box: VoxelBox
  // Bit 0 for rays along x, 1 for y, 2 for z; x is the fastest axis.
  private var cells: [UInt8]
  // The parity of all crossings of a ray, at its place in the plane across it.
  private var alongX: [UInt8]
  private var alongY: [UInt8]
  private var alongZ: [UInt8]

  init(box: VoxelBox) {
    let extent = box.extent
    self.box = box
    cells = .init(repeating: 0, count: extent.x * extent.y * extent.z)
    alongX = .init(repeating: 0, count: extent.y * extent.z)
    alongY = .init(repeating: 0, count: extent.x * extent.z)
    alongZ = .init(repeating: 0, count: extent.x * extent.y)
  }

  /// Adds the crossings of all triangles of a mesh.
  mutating func add(_ mesh: Mesh) {
    let places = mesh.vertices.map(box.place)
    let (nx, ny, nz) = (box.extent.x, box.extent.y, box.extent.z)
    for triangle in mesh.triangles {
      let a = places[Int(triangle.x)]
      let b = places[Int(triangle.y)]
      let c = places[Int(triangle.z)]
      let low = pointwiseMin(pointwiseMin(a, b), c)
      let high = pointwiseMax(pointwiseMax(a, b), c)
      let x = roundedUp(low.x, atMost: nx)..<roundedUp(high.x, atMost: nx)
      let y = roundedUp(low.y, atMost: ny)..<roundedUp(high.y, atMost: ny)
      let z = roundedUp(low.z, atMost: nz)..<roundedUp(high.z, atMost: nz)
      // A triangle that is met by rays lies over at least one centre of the plane across them.
      if !y.isEmpty, !z.isEmpty {
        Self.cross(
          (a.y, a.z, a.x), (b.y, b.z, b.x), (c.y, c.z, c.x), columns: ny, rows: z
        ) { j, k, depth in
          let i = roundedUp(depth, atMost: nx)
          if i < nx { cells[(k * ny + j) * nx + i] ^= 1 }
          alongX[k * ny + j] ^= 1
        }
      }
      if !x.isEmpty, !z.isEmpty {
        Self.cross(
          (a.x, a.z, a.y), (b.x, b.z, b.y), (c.x, c.z, c.y), columns: nx, rows: z
        ) { i, k, depth in
          let j = roundedUp(depth, atMost: ny)
          if j < ny { cells[(k * ny + j) * nx + i] ^= 2 }
          alongY[k * nx + i] ^= 1
        }
      }
      if !x.isEmpty, !y.isEmpty {
        Self.cross(
          (a.x, a.y, a.z), (b.x, b.y, b.z), (c.x, c.y, c.z), columns: nx, rows: y
        ) { i, j, depth in
          let k = roundedUp(depth, atMost: nz)
          if k < nz { cells[(k * ny + j) * nx + i] ^= 4 }
          alongZ[j * nx + i] ^= 1
        }
      }
    }
  }

  /// A corner of a triangle: column and row in the plane across the rays, and the depth along them.
  private typealias Corner = (column: Double, row: Double, depth: Double)

  /// Calls `mark` with the column, the row and the depth of each ray that crosses a triangle.
  ///
  /// Two triangles with an edge in common cut it at the same numbers, and a row and a column belong to
  /// what begins there: each ray crosses exactly one of them.
  @inline(__always)
  private static func cross(
    _ a: Corner, _ b: Corner, _ c: Corner, columns: Int, rows: Range<Int>,
    mark: (Int, Int, Double) -> Void
  ) {
    for row in rows {
      let y = Double(row)
      let (isLowA, isLowB, isLowC) = (a.row <= y, b.row <= y, c.row <= y)
      // The corner that lies alone on its side of the row is an end of both edges that cross it.
      let (alone, one, other): (Corner, Corner, Corner)
      if isLowB == isLowC {
        (alone, one, other) = (a, b, c)
      } else if isLowA == isLowC {
        (alone, one, other) = (b, c, a)
      } else {
        (alone, one, other) = (c, a, b)
      }
      var from = cut(alone, one, at: y)
      var to = cut(alone, other, at: y)
      if from.column > to.column { swap(&from, &to) }
      let first = roundedUp(from.column, atMost: columns)
      let end = roundedUp(to.column, atMost: columns)
      guard first < end else { continue }
      let slope = (to.depth - from.depth) / (to.column - from.column)
      for column in first..<end {
        mark(column, row, from.depth + (Double(column) - from.column) * slope)
      }
    }
  }

  /// Where the edge between two corners on either side of a row crosses it; the order of the two makes
  /// no difference.
  @inline(__always)
  private static func cut(
    _ p: Corner, _ q: Corner, at row: Double
  ) -> (column: Double, depth: Double) {
    let (low, high) = p.row <= q.row ? (p, q) : (q, p)
    let part = (row - low.row) / (high.row - low.row)
    return (
      low.column + part * (high.column - low.column), low.depth + part * (high.depth - low.depth)
    )
  }

  /// The voxels inside by the vote of the three axes, as ascending indices in the grid.
  ///
  /// It uses the flipped bits up.
  consuming func inside(of grid: VoxelGrid) -> [Int32] {
    let (nx, ny, nz) = (box.extent.x, box.extent.y, box.extent.z)
    let nowhere = [UInt8](repeating: 0, count: nx)
    let isInside = Self.isInside
    var voxels: [Int32] = []
    var cells = cells
    cells.withUnsafeMutableBufferPointer { cells in
      nowhere.withUnsafeBufferPointer { nowhere in
        for k in 0..<nz {
          for j in 0..<ny {
            let start = (k * ny + j) * nx
            let before =
              j > 0 ? UnsafeBufferPointer(rebasing: cells[(start - nx)..<start]) : nowhere
            let below =
              k > 0
              ? UnsafeBufferPointer(rebasing: cells[(start - nx * ny)..<(start - nx * ny + nx)])
              : nowhere
            let silentX = alongX[k * ny + j]
            var left: UInt8 = 0
            let index =
              ((box.first.z + k) * grid.extent.y + box.first.y + j) * grid.extent.x + box.first.x
            for i in 0..<nx {
              let crossed = cells[start + i] ^ left & 1 ^ before[i] & 2 ^ below[i] & 4
              cells[start + i] = crossed
              left = crossed
              let silent = silentX | alongY[k * nx + i] << 1 | alongZ[j * nx + i] << 2
              if isInside[Int(silent << 3 | crossed)] { voxels.append(Int32(index + i)) }
            }
          }
        }
      }
    }
    return voxels
  }

  /// Whether a centre is inside, by the axes without a vote (bits 3 to 5) and the votes (bits 0 to 2).
  private static let isInside: [Bool] = (0..<64).map { bits in
    let voters = ~(bits >> 3) & 7
    return 2 * (bits & voters).nonzeroBitCount > voters.nonzeroBitCount
  }
}
