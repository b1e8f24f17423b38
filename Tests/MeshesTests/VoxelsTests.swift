// SPDX-License-Identifier: Apache-2.0
import Meshes
import Testing

@Suite struct `The voxels inside a mesh` {
  private let grid = VoxelGrid(origin: [-20, -15, -10], spacing: 0.5, extent: [81, 61, 41])

  private func indices(where isInside: (SIMD3<Float>) -> Bool) -> [Int32] {
    var indices: [Int32] = []
    for k in 0..<grid.extent.z {
      for j in 0..<grid.extent.y {
        for i in 0..<grid.extent.x
        where isInside(grid.origin + grid.spacing * SIMD3(Float(i), Float(j), Float(k))) {
          indices.append(Int32((k * grid.extent.y + j) * grid.extent.x + i))
        }
      }
    }
    return indices
  }

  private func isIn(_ p: SIMD3<Float>, _ low: SIMD3<Float>, _ high: SIMD3<Float>) -> Bool {
    // A centre on a face belongs to the side of higher coordinates.
    all(p .>= low) && all(p .< high)
  }

  @Test(
    arguments: [
      ([-3, -2, -1], [4, 5, 6]), ([-3.2, -2.1, -1.3], [4.1, 5.7, 6.6]),
      ([-3, -2.2, -1], [-2, 5, 0]),
      ([0.5, 0.5, 0.5], [1, 1, 1]), ([-25, -2, -30], [4, 90, 6]), ([-90, -90, -90], [90, 90, 90]),
    ] as [(SIMD3<Float>, SIMD3<Float>)])
  func `of a box are those whose centre it holds, each once`(
    low: SIMD3<Float>, high: SIMD3<Float>
  ) {
    #expect(Shapes.box(low, high).voxels(on: grid) == indices { isIn($0, low, high) })
  }

  @Test(arguments: [5.0, 9.3]) func `of a sphere fill its volume`(radius: Double) {
    let sphere = Shapes.sphere(at: [1.3, -0.7, 0.2], radius: radius)
    let volume = Double(sphere.voxels(on: grid).count) * 0.125
    #expect(abs(volume / sphere.volume - 1) < 0.01)
    #expect(abs(volume / (4 * .pi / 3 * radius * radius * radius) - 1) < 0.01)
  }

  @Test func `of a shell leave its cavity out, whichever way that runs`() {
    let outer = Shapes.box([-9, -9, -9], [9, 9, 9])
    let inner = Shapes.box([-4, -3, -2], [5, 6, 7])
    let expected = indices {
      isIn($0, [-9, -9, -9], [9, 9, 9]) && !isIn($0, [-4, -3, -2], [5, 6, 7])
    }
    #expect(Shapes.both(outer, inner).voxels(on: grid) == expected)
    var turned = inner
    turned.triangles = turned.triangles.map { SIMD3($0.x, $0.z, $0.y) }
    #expect(Shapes.both(outer, turned).voxels(on: grid) == expected)
  }

  @Test func `of two parts of a mesh are those of both`() {
    let one = Shapes.sphere(at: [-8, 0, 0], radius: 4)
    let other = Shapes.sphere(at: [8, 0, 0], radius: 5)
    #expect(
      Shapes.both(one, other).voxels(on: grid)
        == (one.voxels(on: grid) + other.voxels(on: grid)).sorted())
  }

  @Test(arguments: 0..<12) func `are the same where one triangle is missing`(triangle: Int) {
    var box = Shapes.box([-3.2, -2.1, -1.3], [4.1, 5.7, 6.6])
    let whole = box.voxels(on: grid)
    box.triangles.remove(at: triangle)
    #expect(box.voxels(on: grid) == whole)
  }

  @Test(arguments: [[0, 4], [3, 9], [7, 10]])
  func `are the same where two sides have gaps, whose rays have no vote`(triangles: [Int]) {
    var box = Shapes.box([-3.2, -2.1, -1.3], [4.1, 5.7, 6.6])
    let whole = box.voxels(on: grid)
    for triangle in triangles.reversed() { box.triangles.remove(at: triangle) }
    #expect(box.voxels(on: grid) == whole)
  }

  @Test func `are nearly the same where many triangles are missing`() {
    var sphere = Shapes.sphere(at: [0, 0, 0], radius: 9)
    let whole = sphere.voxels(on: grid).count
    for index in stride(from: 900, to: 12_000, by: 1_100) { sphere.triangles.remove(at: index) }
    let count = sphere.voxels(on: grid).count
    #expect(abs(Double(count) / Double(whole) - 1) < 0.001)
  }

  @Test func `are none outside the grid, and none of no mesh`() {
    for offset in [[100, 0, 0], [0, -100, 0], [0, 0, 1e30]] as [SIMD3<Float>] {
      #expect(Shapes.box(offset, offset + 5).voxels(on: grid).isEmpty)
    }
    #expect(Mesh(vertices: [], triangles: []).voxels(on: grid).isEmpty)
    #expect(Mesh(vertices: [[0, 0, 0]], triangles: []).voxels(on: grid).isEmpty)
    let nowhere = VoxelGrid(origin: [0, 0, 0], spacing: 1, extent: [0, 5, 5])
    #expect(Shapes.box([0, 0, 0], [5, 5, 5]).voxels(on: nowhere).isEmpty)
  }

  @Test func `do not depend on the part of the mesh that the grid holds`() {
    let sphere = Shapes.sphere(at: [20, 15, 10], radius: 12)
    let inside = Set(
      indices { p in
        let d = p - [20, 15, 10]
        return (d * d).sum() < 11.9 * 11.9
      })
    let voxels = Set(sphere.voxels(on: grid))
    #expect(!inside.isEmpty && inside.isSubset(of: voxels))
    #expect(
      voxels.isSubset(
        of: indices { p in
          let d = p - [20, 15, 10]
          return (d * d).sum() < 12.01 * 12.01
        }))
  }
}
