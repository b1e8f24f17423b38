// SPDX-License-Identifier: Apache-2.0
import Meshes
import Testing

@Suite struct `A mesh` {
  @Test func `has the volume that its triangles enclose, wherever it lies`() {
    #expect(Shapes.box([0, 0, 0], [2, 3, 4]).volume == 24)
    #expect(Shapes.box([-1000, 500, 1200], [-998, 503, 1204]).volume == 24)
    let sphere = Shapes.sphere(at: [1, 2, 3], radius: 10).volume
    #expect(abs(sphere / (4_000 * .pi / 3) - 1) < 0.002)
  }

  @Test func `has a negative volume where its triangles run clockwise`() {
    var box = Shapes.box([0, 0, 0], [1, 1, 1])
    box.triangles = box.triangles.map { SIMD3($0.x, $0.z, $0.y) }
    #expect(box.volume == -1)
  }

  @Test func `has the bounds of its vertices, and none without one`() throws {
    let bounds = try #require(Shapes.box([-1, 2, -3], [4, 5, 6]).bounds)
    #expect(bounds.low == [-1, 2, -3] && bounds.high == [4, 5, 6])
    let empty = Mesh(vertices: [], triangles: [])
    #expect(empty.bounds == nil && empty.volume == 0)
  }
}
