// SPDX-License-Identifier: Apache-2.0

/// Cubic voxels along the axes of a mesh.
///
/// The centre of the voxel (i, j, k) lies at `origin + spacing · (i, j, k)`, and its index is
/// `(k · extent.y + j) · extent.x + i`.
public struct VoxelGrid: Sendable, Hashable {
  /// The centre of the first voxel in mm: x, y, z.
  public var origin: SIMD3<Float>
  /// The edge of a voxel in mm; positive.
  public var spacing: Float
  /// The number of voxels along x, y and z; no more than 2³¹ − 1 in all.
  public var extent: SIMD3<Int>

  /// A grid by the centre of its first voxel, the edge of a voxel in mm, and the voxels along x, y, z.
  public init(origin: SIMD3<Float>, spacing: Float, extent: SIMD3<Int>) {
    self.origin = origin
    self.spacing = spacing
    self.extent = extent
  }
}
