// SPDX-License-Identifier: Apache-2.0

/// The border of a mask along pixel edges.
public struct Outline: Sendable {
  /// Closed lines over pixel corners (x, y): pixel (column, row) spans column…column + 1, row…row + 1.
  ///
  /// Corners where the line goes straight on are left out, the first corner is not repeated. The
  /// mask lies to the right of the way as seen on a screen (y downwards): outer borders run
  /// clockwise, those of holes anticlockwise. Pixels that touch at a corner only are outlined apart.
  public let loops: [[SIMD2<Int>]]

  private static let steps: [SIMD2<Int>] = [[1, 0], [0, 1], [-1, 0], [0, -1]]

  /// The border of the pixels that are not zero, in a slice stored row by row.
  public init(of mask: some RandomAccessCollection<UInt8>, rows: Int, columns: Int) {
    precondition(mask.count == rows * columns, "a mask of \(rows) × \(columns) pixels")
    let isSet = mask.map { $0 != 0 }
    guard isSet.contains(true) else {
      loops = []
      return
    }
    func inside(_ row: Int, _ column: Int) -> Bool {
      row >= 0 && row < rows && column >= 0 && column < columns && isSet[row * columns + column]
    }
    // For each corner a bit for each direction, east, south, west, north, in which an edge leaves.
    var edges = [UInt8](repeating: 0, count: (rows + 1) * (columns + 1))
    let stride = columns + 1
    for row in 0..<rows {
      for column in 0..<columns where isSet[row * columns + column] {
        if !inside(row - 1, column) { edges[row * stride + column] |= 1 }
        if !inside(row, column + 1) { edges[row * stride + column + 1] |= 2 }
        if !inside(row + 1, column) { edges[(row + 1) * stride + column + 1] |= 4 }
        if !inside(row, column - 1) { edges[(row + 1) * stride + column] |= 8 }
      }
    }
    let all = edges
    var loops: [[SIMD2<Int>]] = []
    for start in edges.indices {
      while edges[start] != 0 {
        var corner = SIMD2(start % stride, start / stride)
        let first = edges[start].trailingZeroBitCount
        var direction = first
        var last = -1
        var loop: [SIMD2<Int>] = []
        repeat {
          edges[corner.y * stride + corner.x] &= ~(1 << direction)
          if direction != last { loop.append(corner) }
          last = direction
          corner = corner &+ Outline.steps[direction]
          // Turning right first stays on the same pixel where two pixels touch at a corner.
          let leaving = all[corner.y * stride + corner.x]
          direction =
            [direction + 1, direction, direction + 3].map { $0 % 4 }
            .first { leaving & (1 << $0) != 0 } ?? direction
        } while edges[corner.y * stride + corner.x] & (1 << direction) != 0
        // The walk may have begun in the middle of a straight border.
        if last == first { loop.removeFirst() }
        loops.append(loop)
      }
    }
    self.loops = loops
  }

  /// The enclosed area in pixels, holes subtracted: the number of pixels of the mask.
  public var area: Int {
    var twice = 0
    for loop in loops {
      for (a, b) in zip(loop, loop.dropFirst() + loop.prefix(1)) {
        twice += a.x * b.y - b.x * a.y
      }
    }
    return twice / 2
  }
}
