// SPDX-License-Identifier: Apache-2.0

/// The line of Passing & Bablok 1983 (doi:10.1515/cclm.1983.21.11.709) through paired values.
///
/// The slope is the median of the slopes of all pairs of points, shifted by the number of slopes
/// below −1; slopes of −1 and pairs of equal points are left out. Where only x is equal the slope is
/// +∞, whichever point comes first. Intervals are those of the paper; `nil` where the order
/// statistics that they need do not exist or are infinite. Slopes are selected by counting, so memory
/// does not grow with n². Throws `.tooFew` below two pairs, `.constant` where no slope is left or
/// their median is infinite, `.notFinite`, or `.invalid`, also where the two sides run against each
/// other.
public func passingBablokLine(
  x: [Double], y: [Double], level: Double = 0.95
) throws(StatisticsError) -> MethodLine {
  let subject = "Passing-Bablok line"
  try require(x, y, atLeast: 2, of: subject)
  try requireLevel(level, of: subject)
  let slopes = PairSlopes(x: x, y: y)
  var (count, offset) = (0, 0)
  slopes.forEach {
    count += 1
    if $0 < -1 { offset += 1 }
  }
  guard count > 0 else {
    throw StatisticsError(.constant, subject: subject, detail: "no two points have a slope")
  }
  let n = Double(x.count)
  let z = try NormalDistribution.quantile(0.5 + level / 2)
  let spread = z * (n * (n - 1) * (2 * n + 5) / 18).squareRoot()
  let first = Int(((Double(count) - spread) / 2).rounded())
  // From 0 where the paper counts from 1.
  let middle = ((count - 1) / 2 + offset, count / 2 + offset)
  let bounds = (first + offset - 1, count - first + offset)
  guard middle.1 < count else {
    throw StatisticsError(
      .invalid, subject: subject,
      detail: "\(offset) of \(count) slopes are below -1: the two sides run against each other")
  }
  let hasBounds = first >= 1 && bounds.1 < count
  let found = slopes.select([middle.0, middle.1] + (hasBounds ? [bounds.0, bounds.1] : []))
  // Half of each, so that the sum of huge slopes is finite.
  let slope = found[0] == found[1] ? found[0] : found[0] / 2 + found[1] / 2
  guard slope.isFinite else {
    throw StatisticsError(.constant, subject: subject, detail: "most values of x are equal")
  }
  func intercept(_ slope: Double) throws(StatisticsError) -> Double {
    let rest = zip(x, y).map { $1 - slope * $0 }
    try requireFinite(rest.reduce(0) { max($0, abs($1)) }, of: subject)
    return try quantile(rest, 0.5)
  }
  var intervals: (slope: Interval, intercept: Interval)?
  if hasBounds, found[2].isFinite, found[3].isFinite {
    intervals = (
      Interval(lower: found[2], upper: found[3]),
      Interval(lower: try intercept(found[3]), upper: try intercept(found[2]))
    )
  }
  return MethodLine(
    slope: Estimate(value: slope, interval: intervals?.slope),
    intercept: Estimate(value: try intercept(slope), interval: intervals?.intercept),
    count: x.count)
}

/// The slopes of all pairs of points, made anew each time they are walked.
private struct PairSlopes {
  let x: [Double]
  let y: [Double]

  /// Calls a body with every slope that counts.
  func forEach(_ body: (Double) -> Void) {
    for i in x.indices {
      for j in (i + 1)..<max(x.count, i + 1) {
        let (dx, dy) = (x[j] - x[i], y[j] - y[i])
        if dx == 0 {
          if dy != 0 { body(.infinity) }
        } else {
          let slope = dy / dx
          if slope != -1 { body(slope) }
        }
      }
    }
  }

  /// The slopes with the given places in ascending order, from 0.
  ///
  /// A radix search: each walk settles 16 more bits of every place's slope.
  func select(_ places: [Int]) -> [Double] {
    var prefixes = places.map { _ in UInt64(0) }
    var places = places
    for shift in [UInt64(48), 32, 16, 0] {
      let wanted = Array(Set(prefixes)).sorted()
      var histograms = [[Int]](
        repeating: [Int](repeating: 0, count: 1 << 16), count: wanted.count)
      forEach { slope in
        let key = sortKey(slope)
        let prefix = shift == 48 ? 0 : key >> (shift + 16)
        for (w, want) in wanted.enumerated() where want == prefix {
          histograms[w][Int(key >> shift & 0xFFFF)] += 1
        }
      }
      for i in places.indices {
        guard let w = wanted.firstIndex(of: prefixes[i]) else { continue }
        var bin = 0
        while bin < 0xFFFF, places[i] >= histograms[w][bin] {
          places[i] -= histograms[w][bin]
          bin += 1
        }
        prefixes[i] = prefixes[i] << 16 | UInt64(bin)
      }
    }
    return prefixes.map(value)
  }

  /// A word that is in the order of the numbers; both zeros are one.
  private func sortKey(_ number: Double) -> UInt64 {
    let bits = (number + 0).bitPattern
    return bits >> 63 == 1 ? ~bits : bits | 1 << 63
  }

  private func value(ofKey key: UInt64) -> Double {
    Double(bitPattern: key >> 63 == 1 ? key & ~(1 << 63) : ~key)
  }
}
