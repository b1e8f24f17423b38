// SPDX-License-Identifier: Apache-2.0
public import Meshes

extension VoxelGrid {
  /// The number of voxels.
  public var count: Int { extent.x * extent.y * extent.z }

  /// The centre of a voxel, in mm.
  public func position(ofVoxel index: Int) -> SIMD3<Float> {
    let (x, y, z) = (
      index % extent.x, index / extent.x % extent.y, index / (extent.x * extent.y)
    )
    return origin + spacing * SIMD3(Float(x), Float(y), Float(z))
  }

  /// The voxel that a point lies in, or nil outside the grid.
  public func index(at point: SIMD3<Float>) -> Int? {
    let p = ((point - origin) / spacing).rounded(.toNearestOrAwayFromZero)
    guard (0..<3).allSatisfy({ p[$0] >= 0 && Int(p[$0]) < extent[$0] }) else { return nil }
    return (Int(p.z) * extent.y + Int(p.y)) * extent.x + Int(p.x)
  }

  /// The voxels whose centre lies within a distance of a point.
  func indices(within radius: Float, of point: SIMD3<Float>) -> [Int] {
    let reach = Int((radius / spacing).rounded(.up))
    let p = ((point - origin) / spacing).rounded(.toNearestOrAwayFromZero)
    var found: [Int] = []
    for k in -reach...reach {
      for j in -reach...reach {
        for i in -reach...reach {
          let q = SIMD3(Int(p.x) + i, Int(p.y) + j, Int(p.z) + k)
          guard (0..<3).allSatisfy({ q[$0] >= 0 && q[$0] < extent[$0] }) else { continue }
          let centre = origin + spacing * SIMD3(Float(q.x), Float(q.y), Float(q.z))
          if squared(centre - point) <= radius * radius {
            found.append((q.z * extent.y + q.y) * extent.x + q.x)
          }
        }
      }
    }
    return found
  }
}
