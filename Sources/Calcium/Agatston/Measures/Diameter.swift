// SPDX-License-Identifier: Apache-2.0
import Volume

/// The largest diameter in mm of each component within a slice: the longest line between two pixel
/// corners.
///
/// Only the convex hull's corners can be its ends, and those lie on the left and right outline.
func largestDiameters(
  _ all: Runs, of components: Components, spacing: SIMD2<Double>
) -> [Double] {
  var outlines = [Outline](repeating: Outline(), count: components.count)
  for (run, component) in zip(all.runs, components.ofRun) { outlines[Int(component)].add(run) }
  return outlines.map { $0.diameter(spacing: spacing) }
}

/// The leftmost and rightmost pixel edges of a component, line by line.
private struct Outline {
  private var firstLine: Int32 = 0
  private var left: [Int32] = []
  private var right: [Int32] = []

  mutating func add(_ run: Run) {
    if left.isEmpty { firstLine = run.line }
    let row = Int(run.line - firstLine)
    if row < left.count {
      left[row] = min(left[row], run.start)
      right[row] = max(right[row], run.end)
    } else {
      // Lines of a component follow each other without a gap.
      left.append(run.start)
      right.append(run.end)
    }
  }

  func diameter(spacing: SIMD2<Double>) -> Double {
    var chainLeft: [SIMD2<Double>] = []
    var chainRight: [SIMD2<Double>] = []
    for edge in 0...left.count {
      let above = max(edge - 1, 0)
      let below = min(edge, left.count - 1)
      let y = Double(edge) * spacing.y
      push(SIMD2(Double(min(left[above], left[below])) * spacing.x, y), onto: &chainLeft, side: 1)
      push(
        SIMD2(Double(max(right[above], right[below])) * spacing.x, y), onto: &chainRight, side: -1)
    }
    let hull = chainLeft + chainRight
    var longest = 0.0
    for (i, p) in hull.enumerated() {
      for q in hull[(i + 1)...] {
        let d = p - q
        longest = max(longest, (d * d).sum())
      }
    }
    return longest.squareRoot()
  }

  /// Andrew's monotone chain (1979), on points that come in rising y.
  private func push(_ point: SIMD2<Double>, onto chain: inout [SIMD2<Double>], side: Double) {
    while chain.count >= 2 {
      let a = chain[chain.count - 2]
      let b = chain[chain.count - 1]
      let turn = (b.x - a.x) * (point.y - a.y) - (b.y - a.y) * (point.x - a.x)
      if turn * side < 0 { break }
      chain.removeLast()
    }
    chain.append(point)
  }
}
