// SPDX-License-Identifier: Apache-2.0
import Meshes
import Volume

/// A set of voxels of a grid, with the operations of mathematical morphology in mm.
struct VoxelSet: Sendable {
  let grid: VoxelGrid
  /// 1 for each voxel of the set, x fastest.
  var bits: [UInt8]

  init(_ grid: VoxelGrid) {
    self.grid = grid
    bits = Array(repeating: 0, count: grid.extent.x * grid.extent.y * grid.extent.z)
  }

  init(_ grid: VoxelGrid, where condition: (Int) -> Bool) {
    self.grid = grid
    bits = (0..<grid.extent.x * grid.extent.y * grid.extent.z).map { condition($0) ? 1 : 0 }
  }

  var shape: [Int] { [grid.extent.z, grid.extent.y, grid.extent.x] }

  /// The distance of each voxel to the set, in mm.
  func distances() -> [Float] {
    squaredDistances(to: bits, shape: shape).map { $0.squareRoot() * grid.spacing }
  }

  /// The voxels within a distance of the set.
  func dilated(_ mm: Float) -> VoxelSet {
    let limit = (mm / grid.spacing) * (mm / grid.spacing)
    var result = self
    result.bits = squaredDistances(to: bits, shape: shape).map { $0 <= limit ? 1 : 0 }
    return result
  }

  /// The voxels that are farther than a distance from all others; beyond the grid the set goes on.
  func eroded(_ mm: Float) -> VoxelSet { complement.dilated(mm).complement }

  /// The set with gaps and notches of twice the radius filled.
  func closed(_ mm: Float) -> VoxelSet { dilated(mm).eroded(mm) }

  var complement: VoxelSet {
    var result = self
    result.bits = bits.map { $0 == 0 ? 1 : 0 }
    return result
  }

  mutating func formUnion(_ other: VoxelSet) {
    for i in bits.indices where other.bits[i] != 0 { bits[i] = 1 }
  }

  mutating func subtract(_ other: VoxelSet) {
    for i in bits.indices where other.bits[i] != 0 { bits[i] = 0 }
  }

  mutating func formIntersection(_ other: VoxelSet) {
    for i in bits.indices where other.bits[i] == 0 { bits[i] = 0 }
  }

  /// The set with everything filled that its voxels enclose in their axial plane.
  func filledPlanes() -> VoxelSet {
    var result = self
    let (nx, ny, nz) = (grid.extent.x, grid.extent.y, grid.extent.z)
    var queue: [Int] = []
    for z in 0..<nz {
      let base = z * nx * ny
      // What is reached from the border is outside, marked by 2.
      func reach(_ i: Int) {
        if result.bits[i] == 0 {
          result.bits[i] = 2
          queue.append(i)
        }
      }
      for x in 0..<nx {
        reach(base + x)
        reach(base + (ny - 1) * nx + x)
      }
      for y in 0..<ny {
        reach(base + y * nx)
        reach(base + y * nx + nx - 1)
      }
      while let i = queue.popLast() {
        let (y, x) = ((i - base) / nx, (i - base) % nx)
        if x > 0 { reach(i - 1) }
        if x + 1 < nx { reach(i + 1) }
        if y > 0 { reach(i - nx) }
        if y + 1 < ny { reach(i + nx) }
      }
      for i in base..<base + nx * ny { result.bits[i] = result.bits[i] == 2 ? 0 : 1 }
    }
    return result
  }
}
