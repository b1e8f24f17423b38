// SPDX-License-Identifier: Apache-2.0

extension Mesh {
  /// The voxels whose centre lies inside the mesh: their indices in the grid, ascending.
  ///
  /// A centre is inside where rays along x, y and z have crossed the surface an odd number of times;
  /// the majority of the three decides, so that a mesh with a few open edges is filled rightly. A ray
  /// that leaves the mesh by a gap has an odd number of crossings in all, and its axis has no vote;
  /// where two axes are left, both have to agree.
  ///
  /// By this rule a shell within another is a cavity, whichever way its triangles run, and so is what
  /// two overlapping parts of one mesh share. A centre on the surface counts where what lies next to it
  /// on the side of higher coordinates is inside.
  public func voxels(on grid: VoxelGrid) -> [Int32] {
    guard let box = VoxelBox(of: self, on: grid) else { return [] }
    var crossings = RayCrossings(box: box)
    crossings.add(self)
    return crossings.inside(of: grid)
  }
}

/// The part of a grid that a mesh may fill.
struct VoxelBox {
  /// The first voxel of the grid that belongs to it: x, y, z.
  let first: SIMD3<Int>
  /// The number of its voxels along x, y and z; positive.
  let extent: SIMD3<Int>
  private let origin: SIMD3<Double>
  private let spacing: Double

  /// What is added to each centre, in voxels: numbers at which no file puts a vertex, so that no ray
  /// meets one, nor a face in its own plane.
  private static let shift = SIMD3(2.0.squareRoot(), 3.0.squareRoot(), 5.0.squareRoot()) * 1e-5

  /// The box round a mesh, or `nil` where no centre of a voxel can lie inside.
  init?(of mesh: Mesh, on grid: VoxelGrid) {
    let (size, overflow) = grid.extent.x.multipliedReportingOverflow(by: grid.extent.y)
    let (count, overflows) = size.multipliedReportingOverflow(by: grid.extent.z)
    precondition(
      grid.spacing > 0 && grid.extent.min() >= 0 && !overflow && !overflows
        && count <= Int(Int32.max), "a grid has a positive spacing and up to 2³¹ − 1 voxels")
    guard count > 0, let bounds = mesh.bounds else { return nil }
    origin = SIMD3<Double>(grid.origin)
    spacing = Double(grid.spacing)
    let low = (SIMD3<Double>(bounds.low) - origin) / spacing - Self.shift
    let high = (SIMD3<Double>(bounds.high) - origin) / spacing - Self.shift
    var (first, extent) = (SIMD3<Int>(), SIMD3<Int>())
    for axis in 0..<3 {
      first[axis] = roundedUp(low[axis], atMost: grid.extent[axis])
      extent[axis] = roundedUp(high[axis], atMost: grid.extent[axis]) - first[axis]
    }
    guard extent.min() > 0 else { return nil }
    (self.first, self.extent) = (first, extent)
  }

  /// A vertex in voxels from the shifted centre of the first voxel.
  func place(of vertex: SIMD3<Float>) -> SIMD3<Double> {
    (SIMD3<Double>(vertex) - origin) / spacing - Self.shift - SIMD3<Double>(first)
  }
}

/// The lowest whole number from 0 to a limit that is not below a finite number; else the limit.
@inline(__always)
func roundedUp(_ value: Double, atMost limit: Int) -> Int {
  if value <= 0 { return 0 }
  if value > Double(limit) { return limit }
  let whole = Int(value)
  return Double(whole) < value ? whole + 1 : whole
}
