// SPDX-License-Identifier: Apache-2.0
import Testing
import Volume

@Suite struct `A volume in axial order` {
  /// A volume of 2 × 3 × 4 voxels (z, y, x) whose value is its index.
  private func volume(_ direction: Direction) -> Volume<Int16> {
    let grid = Geometry(
      extent: Extent(slices: 2, rows: 3, columns: 4), spacing: [0.5, 0.7, 3], origin: [1, 2, 3],
      direction: direction)
    return Volume(geometry: grid, voxels: (0..<24).map { Int16($0) })
  }

  private static let axes: [SIMD3<Double>] = [[1, 0, 0], [0, 1, 0], [0, 0, 1]]
  private static let orders = [
    [0, 1, 2], [1, 0, 2], [0, 2, 1], [2, 1, 0], [1, 2, 0], [2, 0, 1],
  ]

  @Test(arguments: orders, [1.0, -1.0])
  func `has every voxel where it was`(order: [Int], sign: Double) {
    let direction = Direction(
      x: Self.axes[order[0]] * sign, y: Self.axes[order[1]], z: Self.axes[order[2]])
    let stored = volume(direction)
    let axial = stored.axial
    #expect(abs(axial.geometry.direction.z.z) == 1 && abs(axial.geometry.direction.x.x) == 1)
    for z in 0..<2 {
      for y in 0..<3 {
        for x in 0..<4 {
          let position = stored.geometry.position(ofVoxel: [Double(x), Double(y), Double(z)])
          let index = axial.geometry.voxel(at: position)
          let (i, j, k) = (Int(index.x.rounded()), Int(index.y.rounded()), Int(index.z.rounded()))
          #expect(axial[k, j, i] == stored[z, y, x])
        }
      }
    }
  }

  @Test func `is as it was where it is axial already, tilted or not`() {
    let tilted = Direction(x: [1, 0, 0], y: [0, 0.9, 0.435889894], z: [0, -0.435889894, 0.9])
    for direction in [Direction.identity, tilted] {
      let stored = volume(direction)
      #expect(stored.axial.geometry == stored.geometry && stored.axial.voxels == stored.voxels)
    }
  }

  @Test func `can be padded to the grid that it is a part of, and no other`() throws {
    let grid = Geometry(extent: Extent(slices: 5, rows: 6, columns: 7), spacing: [0.5, 0.7, 3])
    var part = grid
    part.extent = Extent(slices: 2, rows: 2, columns: 3)
    part.origin = grid.position(ofVoxel: [2, 3, 1])
    let small = Volume<UInt8>(geometry: part, voxels: (1...12).map { UInt8($0) })
    let padded = try #require(small.padded(to: grid, with: 0))
    #expect(padded.geometry == grid && padded.voxels.count { $0 != 0 } == 12)
    #expect(padded[1, 3, 2] == 1 && padded[2, 4, 4] == 12)
    part.origin += [0.2, 0, 0]
    #expect(Volume<UInt8>(geometry: part, repeating: 1).padded(to: grid, with: 0) == nil)
    part.origin = grid.position(ofVoxel: [6, 0, 0])
    #expect(Volume<UInt8>(geometry: part, repeating: 1).padded(to: grid, with: 0) == nil)
  }
}
