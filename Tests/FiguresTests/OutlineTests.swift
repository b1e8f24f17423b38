// SPDX-License-Identifier: Apache-2.0
import Figures
import Testing

@Suite struct `An outline` {
  /// The number of sets of `value` pixels in a grid with a margin; joined over corners or not.
  private func components(_ grid: [[Bool]], of value: Bool, overCorners: Bool) -> Int {
    var grid = grid
    var count = 0
    func clear(_ y: Int, _ x: Int) {
      guard grid.indices.contains(y), grid[y].indices.contains(x), grid[y][x] == value else {
        return
      }
      grid[y][x] = !value
      for dy in -1...1 {
        for dx in -1...1 where overCorners || dx == 0 || dy == 0 { clear(y + dy, x + dx) }
      }
    }
    for y in grid.indices {
      for x in grid[y].indices where grid[y][x] == value {
        count += 1
        clear(y, x)
      }
    }
    return count
  }

  @Test func `every mask of nine pixels is enclosed exactly`() {
    for pattern in 0..<512 {
      let mask = (0..<9).map { UInt8(pattern >> $0 & 1) * 7 }
      let outline = Outline(of: mask, rows: 3, columns: 3)
      #expect(outline.area == mask.count { $0 != 0 }, "pattern \(pattern)")
      var grid = Array(repeating: Array(repeating: false, count: 5), count: 5)
      for i in 0..<9 where mask[i] != 0 { grid[i / 3 + 1][i % 3 + 1] = true }
      let count = components(grid, of: true, overCorners: false)
      let holes = components(grid, of: false, overCorners: true) - 1
      #expect(outline.loops.count == count + holes, "pattern \(pattern)")
      for loop in outline.loops {
        #expect(loop.count >= 4 && loop.count % 2 == 0)
        for (i, corner) in loop.enumerated() {
          let next = loop[(i + 1) % loop.count]
          let after = loop[(i + 2) % loop.count]
          // Straight segments that turn at every corner.
          #expect((corner.x == next.x) != (corner.y == next.y))
          #expect((corner.x == next.x) == (next.y == after.y))
        }
      }
    }
  }

  @Test func `one pixel is a square round it`() {
    let outline = Outline(of: [0, 0, 0, 0, 0, 1] as [UInt8], rows: 2, columns: 3)
    #expect(outline.loops == [[[2, 1], [3, 1], [3, 2], [2, 2]]])
  }

  @Test func `an empty mask and an empty slice have none`() {
    #expect(Outline(of: [0, 0] as [UInt8], rows: 1, columns: 2).loops.isEmpty)
    #expect(Outline(of: [] as [UInt8], rows: 0, columns: 5).loops.isEmpty)
  }
}
