// SPDX-License-Identifier: Apache-2.0
import Meshes
import Testing

@testable import Atlas

@Suite struct `Voxel sets` {
  private let grid = VoxelGrid(origin: [0, 0, 0], spacing: 2, extent: [20, 20, 9])

  private func ball(_ centre: SIMD3<Float>, _ radius: Float) -> VoxelSet {
    VoxelSet(grid) { squared(grid.position(ofVoxel: $0) - centre) <= radius * radius }
  }

  @Test func `grow and shrink by mm`() {
    let small = ball([20, 20, 8], 4)
    #expect(
      small.dilated(4).bits
        == VoxelSet(grid) { i in
          small.bits.indices.contains { j in
            small.bits[j] != 0
              && squared(grid.position(ofVoxel: i) - grid.position(ofVoxel: j)) <= 16
          }
        }.bits)
    // What was added around a ball is taken away again.
    #expect(
      ball([20, 20, 8], 6).closed(4).bits.elementsEqual(
        ball([20, 20, 8], 6).closed(4).closed(4).bits))
  }

  @Test func `close the gap between two near parts and leave a wide one open`() {
    var near = ball([12, 20, 8], 4)
    near.formUnion(ball([26, 20, 8], 4))
    let middle = grid.index(at: [18, 20, 8])!
    #expect(near.bits[middle] == 0 && near.closed(6).bits[middle] == 1)
    var far = ball([6, 20, 8], 3)
    far.formUnion(ball([32, 20, 8], 3))
    #expect(far.closed(6).bits[middle] == 0)
  }

  @Test func `are filled plane by plane where a ring encloses`() {
    let ring = VoxelSet(grid) { i in
      let p = grid.position(ofVoxel: i)
      let r = ((p.x - 20) * (p.x - 20) + (p.y - 20) * (p.y - 20)).squareRoot()
      return r > 10 && r < 14
    }
    let filled = ring.filledPlanes()
    #expect(filled.bits[grid.index(at: [20, 20, 8])!] == 1)
    #expect(filled.bits[grid.index(at: [0, 0, 8])!] == 0)
    var open = ring
    for x in 10..<20 { for z in 0..<9 { open.bits[(z * 20 + 10) * 20 + x] = 0 } }
    #expect(open.filledPlanes().bits[grid.index(at: [20, 20, 8])!] == 0)
  }
}
