// SPDX-License-Identifier: Apache-2.0
import Testing
import Volume

@Suite struct `A geometry` {
  let oblique = Geometry(
    extent: Extent(slices: 4, rows: 5, columns: 6), spacing: [0.4, 0.5, 3],
    origin: [-80, -190, 12],
    direction: Direction(x: [0.8, 0.6, 0], y: [-0.6, 0.8, 0], z: [0, 0, 1]))

  @Test func `a voxel index and its position convert into each other`() {
    let index = SIMD3(2.5, 1.0, 3.0)
    let back = oblique.voxel(at: oblique.position(ofVoxel: index))
    let error = back - index
    #expect((error * error).sum() < 1e-20)
  }

  @Test func `a position is origin plus steps along the directions`() {
    // Column 1: 0.4 mm along (0.8, 0.6, 0).
    let position = oblique.position(ofVoxel: [1, 0, 0])
    #expect(abs(position.x - (-80 + 0.32)) < 1e-12)
    #expect(abs(position.y - (-190 + 0.24)) < 1e-12)
    #expect(position.z == 12)
  }

  @Test func `grids that differ by float32 rounding agree`() {
    var other = oblique
    other.spacing.x = Double(Float(0.4))
    #expect(oblique.mismatch(with: other) == nil)
  }

  @Test(arguments: [SIMD3(0.41, 0.5, 3.0), SIMD3(0.4, 0.5, 3.1), SIMD3(.nan, 0.5, 3.0)])
  func `grids that differ in spacing are told apart`(spacing: SIMD3<Double>) {
    var other = oblique
    other.spacing = spacing
    #expect(oblique.mismatch(with: other) != nil)
  }

  @Test func `a mismatch error prints both grids`() throws {
    let ct = Volume<Int16>(geometry: oblique, repeating: 0)
    let mask = Volume<UInt8>(
      geometry: Geometry(extent: Extent(slices: 4, rows: 5, columns: 7), spacing: [1, 1, 1]),
      repeating: 0)
    let error = try #require(throws: GeometryError.self) {
      try mask.requireSameGrid(as: ct, subject: "mask and CT")
    }
    #expect(error.description == "mask and CT lie on different grids: grid 4×5×7 against 4×5×6")
  }
}
