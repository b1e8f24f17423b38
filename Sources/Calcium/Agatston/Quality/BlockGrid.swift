// SPDX-License-Identifier: Apache-2.0
import Volume

/// Means and standard deviations of HU over small square blocks of each slice.
///
/// They find tissue: within a block of one tissue HU vary by the noise alone.
struct BlockGrid {
  /// The pixels of a block along x and y.
  let side: (x: Int, y: Int)
  /// Blocks along x, blocks along y, slices; an incomplete block at the border is left out.
  let columns: Int
  let rows: Int
  let slices: Int
  /// The mean of each block, in array order.
  private(set) var mean: [Float]
  /// The standard deviation of each block.
  private(set) var deviation: [Float]

  /// Blocks of about `millimetres` a side, but of at least 3 × 3 pixels.
  init(_ ct: Volume<Int16>, millimetres: Double) {
    func pixels(_ spacing: Double) -> Int {
      max(3, Int(min(millimetres / spacing, 1000).rounded()))
    }
    side = (pixels(ct.geometry.spacing.x), pixels(ct.geometry.spacing.y))
    let extent = ct.extent
    (columns, rows) = (extent.columns / side.x, extent.rows / side.y)
    slices = columns * rows > 0 ? extent.slices : 0
    mean = []
    deviation = []
    mean.reserveCapacity(columns * rows * slices)
    deviation.reserveCapacity(columns * rows * slices)
    var sums = [Int64](repeating: 0, count: columns)
    var squares = sums
    let n = Double(side.x * side.y)
    ct.voxels.withUnsafeBufferPointer { hu in
      for slice in 0..<slices {
        for row in 0..<rows {
          for i in 0..<columns { (sums[i], squares[i]) = (0, 0) }
          for y in row * side.y..<(row + 1) * side.y {
            var voxel = (slice * extent.rows + y) * extent.columns
            for i in 0..<columns {
              // A line of a block is short: its sum and its squares fit 32 bits each way.
              var (sum, square) = (Int32(0), Int64(0))
              for _ in 0..<side.x {
                let value = Int32(hu[voxel])
                sum &+= value
                square &+= Int64(value &* value)
                voxel += 1
              }
              sums[i] &+= Int64(sum)
              squares[i] &+= square
            }
          }
          for i in 0..<columns {
            let average = Double(sums[i]) / n
            let variance = max(0, (Double(squares[i]) - Double(sums[i]) * average) / (n - 1))
            mean.append(Float(average))
            deviation.append(Float(variance.squareRoot()))
          }
        }
      }
    }
  }

  /// The index of a block.
  func index(_ slice: Int, _ row: Int, _ column: Int) -> Int {
    (slice * rows + row) * columns + column
  }
}

/// The half-sample mode of sorted values (Bickel 2002): where they lie closest together.
///
/// It needs no bins and does not follow a long tail.
func halfSampleMode(_ sorted: [Float]) -> Float? {
  guard !sorted.isEmpty else { return nil }
  var range = 0..<sorted.count
  while range.count > 3 {
    let half = (range.count + 1) / 2
    var best = range.lowerBound
    for start in range.lowerBound...(range.upperBound - half)
    where sorted[start + half - 1] - sorted[start] < sorted[best + half - 1] - sorted[best] {
      best = start
    }
    range = best..<best + half
  }
  if range.count == 3 {
    let (a, b, c) = (
      sorted[range.lowerBound], sorted[range.lowerBound + 1], sorted[range.lowerBound + 2]
    )
    return b - a < c - b ? (a + b) / 2 : b - a > c - b ? (b + c) / 2 : b
  }
  return (sorted[range.lowerBound] + sorted[range.upperBound - 1]) / 2
}
