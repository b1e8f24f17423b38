// SPDX-License-Identifier: Apache-2.0
import Volume

/// Sums over the voxels of homogeneous windows: their spread and the correlation of neighbours.
struct NoiseSums {
  /// How often each residual occurs; index `reach` is the residual 0.
  private var histogram = [Int](repeating: 0, count: 2 * NoiseSums.reach + 1)
  private static let reach = 2000
  /// Σ a · b and Σ (a² + b²) / 2 of pairs by axis, for lags of one and two voxels.
  private var products = [SIMD3<Double>](repeating: .zero, count: 2)
  private var squares = [SIMD3<Double>](repeating: .zero, count: 2)
  /// The median of the windows' means.
  let median: Double

  init(_ ct: Volume<Int16>, blocks: BlockGrid, windows: [Window]) {
    let means = windows.map { Double($0.mean) }.sorted()
    median = means.isEmpty ? 0 : (means[(means.count - 1) / 2] + means[means.count / 2]) / 2
    // Some hundred windows of a thousand pixels give the noise to within a per cent.
    let step = max(1, windows.count / 400)
    let meanOfBlock = Dictionary(
      windows.map { (BlockIndex($0.slice, $0.row, $0.column), $0.mean) },
      uniquingKeysWith: { a, _ in a }
    )
    for index in stride(from: 0, to: windows.count, by: step) {
      let window = windows[index]
      add(
        ct, blocks, window,
        meanAbove: meanOfBlock[BlockIndex(window.slice + 1, window.row, window.column)])
    }
  }

  private struct BlockIndex: Hashable {
    let slice: Int
    let row: Int
    let column: Int
    init(_ slice: Int, _ row: Int, _ column: Int) {
      (self.slice, self.row, self.column) = (slice, row, column)
    }
  }

  private mutating func add(
    _ ct: Volume<Int16>, _ blocks: BlockGrid, _ window: Window, meanAbove: Float?
  ) {
    let columns = window.column * blocks.side.x..<(window.column + 4) * blocks.side.x
    let rows = window.row * blocks.side.y..<(window.row + 4) * blocks.side.y
    let width = ct.extent.columns
    let mean = Double(window.mean)
    // Calcium or fat within a window must not pass for correlation.
    let limit = 3 * Double(window.deviation)
    ct.voxels.withUnsafeBufferPointer { hu in
      func residual(_ voxel: Int, _ mean: Double) -> Double {
        min(max(Double(hu[voxel]) - mean, -limit), limit)
      }
      for row in rows {
        let line = ct.offset(window.slice, row, 0)
        for column in columns {
          let voxel = line + column
          let exact = Double(hu[voxel]) - mean
          let bin = Int(exact.rounded()) + NoiseSums.reach
          histogram[min(max(bin, 0), 2 * NoiseSums.reach)] += 1
          let a = residual(voxel, mean)
          for lag in 1...2 {
            if column + lag < columns.upperBound {
              add(a, residual(voxel + lag, mean), axis: 0, lag: lag - 1)
            }
            if row + lag < rows.upperBound {
              add(a, residual(voxel + lag * width, mean), axis: 1, lag: lag - 1)
            }
          }
          if let meanAbove {
            add(
              a, residual(voxel + ct.extent.sliceCount, Double(meanAbove)), axis: 2, lag: 0)
          }
        }
      }
    }
  }

  private mutating func add(_ a: Double, _ b: Double, axis: Int, lag: Int) {
    products[lag][axis] += a * b
    squares[lag][axis] += (a * a + b * b) / 2
  }

  /// The correlation by axis at one (0) or two (1) voxels; 0 where there were no pairs.
  func correlation(lag: Int) -> SIMD3<Double> {
    SIMD3((0..<3).map { squares[lag][$0] > 0 ? products[lag][$0] / squares[lag][$0] : 0 })
  }

  /// The distance between the quartiles ÷ 1.349, which a Gaussian has in common with its deviation.
  ///
  /// HU are whole numbers, so quartiles are interpolated within their bin.
  var deviation: Double { (quantile(0.75) - quantile(0.25)) / 1.3489795 }

  private func quantile(_ share: Double) -> Double {
    let wanted = share * Double(histogram.reduce(0, +))
    var below = 0.0
    for (bin, count) in histogram.enumerated() where count > 0 {
      if below + Double(count) >= wanted {
        return Double(bin - NoiseSums.reach) - 0.5 + (wanted - below) / Double(count)
      }
      below += Double(count)
    }
    return 0
  }
}
