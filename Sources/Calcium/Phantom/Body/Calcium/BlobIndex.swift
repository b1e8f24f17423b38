// SPDX-License-Identifier: Apache-2.0
import Atlas
import Meshes

/// Which blobs may touch a point: a coarse grid over the atlas.
struct BlobIndex: Sendable {
  let blobs: [CalciumBlob]
  private let low: Point
  private let extent: SIMD3<Int>
  /// 0 where there is none, else one more than the place in `lists`.
  private var cells: [UInt16]
  private var lists: [[Int32]] = []
  private static let edge: Float = 6

  init(_ blobs: [CalciumBlob], on grid: VoxelGrid, margin: Float) {
    self.blobs = blobs
    low = grid.origin
    let size = Point(Float(grid.extent.x), Float(grid.extent.y), Float(grid.extent.z))
    let count = (size * grid.spacing / Self.edge).rounded(.up)
    extent = SIMD3(Int(count.x), Int(count.y), Int(count.z))
    cells = Array(repeating: 0, count: extent.x * extent.y * extent.z)
    for (number, blob) in blobs.enumerated() {
      let box = blob.bounds.expanded(by: margin)
      let a = ((box.low - low) / Self.edge).rounded(.down)
      let b = ((box.high - low) / Self.edge).rounded(.down)
      let (first, last) = (
        SIMD3(Int(a.x), Int(a.y), Int(a.z)), SIMD3(Int(b.x), Int(b.y), Int(b.z))
      )
      for z in max(0, first.z)...max(0, min(last.z, extent.z - 1)) {
        for y in max(0, first.y)...max(0, min(last.y, extent.y - 1)) {
          for x in max(0, first.x)...max(0, min(last.x, extent.x - 1)) {
            guard z < extent.z, y < extent.y, x < extent.x else { continue }
            let cell = (z * extent.y + y) * extent.x + x
            if cells[cell] == 0 {
              lists.append([])
              cells[cell] = UInt16(lists.count)
            }
            lists[Int(cells[cell]) - 1].append(Int32(number))
          }
        }
      }
    }
  }

  /// The places in `blobs` of those near a point.
  @inline(__always)
  func near(_ p: Point) -> [Int32]? {
    let q = (p - low) / Self.edge
    guard q.x >= 0, q.y >= 0, q.z >= 0 else { return nil }
    let (x, y, z) = (Int(q.x), Int(q.y), Int(q.z))
    guard x < extent.x, y < extent.y, z < extent.z else { return nil }
    let list = cells[(z * extent.y + y) * extent.x + x]
    return list == 0 ? nil : lists[Int(list) - 1]
  }
}
