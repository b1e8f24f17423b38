// SPDX-License-Identifier: Apache-2.0
import Foundation

/// The slopes of all pairs of points, counted and selected without being listed.
///
/// For two points in the order of x, the slope is below s exactly where y − s·x falls. The slopes
/// below s are therefore the inversions of that sequence, which a merge sort counts. Between two
/// bounds the merge sort can also pick random inversions, which are a random sample of the slopes;
/// its quantiles narrow the bounds around the wanted slope until few enough slopes are left to be
/// listed (Matoušek 1991, doi:10.1016/0020-0190(91)90177-J). y − s·x is held in two numbers, so
/// rounding moves a slope by no more than its own rounding.
struct PairSlopes {
  /// The number of pairs that have a slope: all but those of equal points.
  let total: Int
  /// The number of slopes that are not infinite.
  private let finite: Int
  private let x: [Double]
  private let y: [Double]
  /// A power of two that turns a slope here into one of the points given.
  private let unit: Double
  /// No slope lies beyond ± this.
  private let bound: Double

  /// Throws `.notFinite` for differences that no slope can be made of.
  init(x: [Double], y: [Double], subject: String) throws(StatisticsError) {
    let (scaleX, scaleY) = (powerOfTwo(above: x), powerOfTwo(above: y))
    let order = x.indices.sorted { x[$0] == x[$1] ? y[$0] < y[$1] : x[$0] < x[$1] }
    // Powers of two change no digit, and keep differences and products finite.
    self.x = order.map { x[$0] / scaleX }
    self.y = order.map { y[$0] / scaleY }
    unit = scaleY / scaleX
    var gap = Double.infinity
    var (upright, equal) = (0, 0)
    var (sameX, samePoint) = (0, 0)
    for i in order.indices.dropFirst() {
      let d = self.x[i] - self.x[i - 1]
      if d > 0 { gap = min(gap, d) }
      sameX = d > 0 ? 0 : sameX + 1
      samePoint = d > 0 || self.y[i] != self.y[i - 1] ? 0 : samePoint + 1
      upright += sameX
      equal += samePoint
    }
    let pairs = x.count * (x.count - 1) / 2
    total = pairs - equal
    finite = pairs - upright
    bound = finite == 0 ? 1 : 4 / gap
    guard bound < 0x1p900, unit > 0, unit.isFinite else {
      throw StatisticsError(
        .notFinite, subject: subject, detail: "the values are too large, or too small, for slopes")
    }
  }

  /// The number of slopes below one that is given in the units of the points.
  func count(below slope: Double) -> Int {
    inversions(from: -bound, to: min(max(slope / unit, -bound), bound))
  }

  /// The slopes with the given ranks in ascending order, from 0.
  func select(_ ranks: [Int]) -> [Double] {
    var slopes: [Int: Double] = [:]
    for rank in ranks where slopes[rank] == nil {
      slopes[rank] = rank < finite ? slope(rank: rank) * unit : .infinity
    }
    return ranks.map { slopes[$0] ?? .nan }
  }

  /// The finite slope of a rank in ascending order.
  private func slope(rank: Int) -> Double {
    var (low, high) = (-bound, bound)
    var (below, upTo) = (0, finite)
    var random = ResampleStream(seed: 0, resample: rank)
    let limit = max(4 * x.count, 1 << 14)
    func narrow(to s: Double) {
      guard s > low, s < high else { return }
      let count = inversions(from: -bound, to: s)
      if count <= rank { (low, below) = (s, count) } else { (high, upTo) = (s, count) }
    }
    while upTo - below > limit {
      // Slopes that differ by rounding only are one.
      if high <= low.nextUp || high - low <= 1e-14 * max(abs(low), abs(high)) { return low }
      let left = upTo - below
      let slopes = sample(min(x.count, left / 2), of: left, from: low, to: high, &random)
      guard !slopes.isEmpty else { return low }
      let share = (Double(rank - below) + 0.5) / Double(left)
      let size = Double(slopes.count)
      let width = 3 * (size * share * (1 - share)).squareRoot() + 2
      func quantile(_ position: Double) -> Double {
        slopes[min(max(Int(position), 0), slopes.count - 1)]
      }
      narrow(to: quantile(share * size - width))
      narrow(to: quantile(share * size + width).nextUp)
      if (upTo - below) * 2 > left {
        // Perhaps many slopes are equal; narrow the bounds to that one slope.
        narrow(to: quantile(share * size))
        narrow(to: quantile(share * size).nextUp)
      }
    }
    var slopes: [Double] = []
    slopes.reserveCapacity(upTo - below)
    inversions(from: low, to: high) { _, pairs, right in
      for left in pairs { slopes.append(slope(left, right)) }
    }
    slopes.sort()
    return slopes.isEmpty ? low : slopes[min(max(rank - below, 0), slopes.count - 1)]
  }

  private func slope(_ a: Int, _ b: Int) -> Double { (y[b] - y[a]) / (x[b] - x[a]) }

  /// A random sample of the slopes between two bounds, in ascending order.
  private func sample(
    _ size: Int, of count: Int, from low: Double, to high: Double, _ random: inout ResampleStream
  ) -> [Double] {
    let wanted = (0..<size).map { _ in
      Int(random.next().multipliedFullWidth(by: UInt64(count)).high)
    }.sorted()
    var slopes: [Double] = []
    slopes.reserveCapacity(size)
    var next = 0
    inversions(from: low, to: high) { start, pairs, right in
      while next < size, wanted[next] < start + pairs.count {
        slopes.append(slope(pairs[pairs.startIndex + wanted[next] - start], right))
        next += 1
      }
    }
    slopes.sort()
    return slopes
  }

  /// y − s·x of each point, without the rounding of the product and the difference.
  private func residuals(_ s: Double) -> [Residual] {
    x.indices.map { i in
      let product = s * x[i]
      let rest = (-product).addingProduct(s, x[i])
      let sum = y[i] - product
      let part = sum - y[i]
      let error = (y[i] - (sum - part)) + (-product - part) - rest
      let high = sum + error
      return Residual(high: high, low: error - (high - sum), point: i)
    }
  }

  /// Counts the pairs whose slope is at least `low` and below `high`.
  ///
  /// `body` is told, for each point, the points that make such pairs with it, and how many pairs
  /// there were before.
  @discardableResult
  private func inversions(
    from low: Double, to high: Double,
    _ body: ((_ start: Int, _ left: ArraySlice<Int>, _ right: Int) -> Void)? = nil
  ) -> Int {
    guard high > low else { return 0 }
    var sorted = residuals(high)
    if low > -bound {
      // The order at the lower bound, in which its own slopes have not yet turned.
      var first = residuals(low)
      _ = mergeSort(&first, nil)
      sorted = first.map { sorted[$0.point] }
    }
    return mergeSort(&sorted, body)
  }
}

/// A residual in two numbers, of which the second holds what the first rounded away.
private struct Residual {
  var high: Double
  var low: Double
  var point: Int

  static func < (a: Residual, b: Residual) -> Bool {
    a.high < b.high || (a.high == b.high && a.low < b.low)
  }
}

/// Sorts and counts the inversions; equal ones stay in order and are none.
private func mergeSort(
  _ values: inout [Residual],
  _ body: ((_ start: Int, _ left: ArraySlice<Int>, _ right: Int) -> Void)?
) -> Int {
  let n = values.count
  var target = values
  var points = [Int](repeating: 0, count: body == nil ? 0 : n)
  var inversions = 0
  var run = 1
  while run < n {
    if body != nil { for i in 0..<n { points[i] = values[i].point } }
    values.withUnsafeBufferPointer { source in
      target.withUnsafeMutableBufferPointer { target in
        for start in stride(from: 0, to: n, by: 2 * run) {
          let (middle, end) = (min(start + run, n), min(start + 2 * run, n))
          var (i, j) = (start, middle)
          for k in start..<end {
            if j < end, i == middle || source[j] < source[i] {
              if i < middle {
                body?(inversions, points[i..<middle], source[j].point)
                inversions += middle - i
              }
              target[k] = source[j]
              j += 1
            } else {
              target[k] = source[i]
              i += 1
            }
          }
        }
      }
    }
    swap(&values, &target)
    run *= 2
  }
  return inversions
}

/// The power of two at or above the largest size; 1 where all are 0.
private func powerOfTwo(above values: [Double]) -> Double {
  let largest = values.reduce(0) { max($0, abs($1)) }
  guard largest > 0 else { return 1 }
  return min(largest.binade * 2, 0x1p1023)
}
