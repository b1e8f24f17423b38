// SPDX-License-Identifier: Apache-2.0
import Text

/// The line of Passing & Bablok 1983 (doi:10.1515/cclm.1983.21.11.709) through paired values.
///
/// ```swift
/// let line = try passingBablokLine(x: reference, y: computed)
/// print(line.slope.value, line.intercept.value)
/// ```
///
/// The slope is the median of the slopes of all pairs of points, shifted by the number of slopes
/// below −1; slopes of −1, to 10⁻¹² as in R's package mcr, and pairs of equal points are left out.
/// Where only x is equal the slope is +∞, whichever point comes first. Intervals are those of the
/// paper; `nil` where the order statistics that they need do not exist or are infinite. The slopes
/// are never listed: time grows with n log n, a million pairs take seconds. Throws `.tooFew` below two
/// pairs, `.constant` where no slope is left or their median is infinite, `.notFinite`, or
/// `.invalid`, also where the two sides run against each other.
public func passingBablokLine(
  x: [Double], y: [Double], level: Double = 0.95
) throws(StatisticsError) -> MethodLine {
  let subject = "Passing-Bablok line"
  try require(x, y, atLeast: 2, of: subject)
  try requireLevel(level, of: subject)
  let slopes = try PairSlopes(x: x, y: y, subject: subject)
  let offset = slopes.count(below: -1 - 1e-12)
  let excluded = slopes.count(below: -1 + 1e-12) - offset
  let count = slopes.total - excluded
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
      detail:
        "\(offset) of \(counted(count, "slope")) lie below -1: the two sides run against each other"
    )
  }
  let hasBounds = first >= 1 && bounds.1 < count
  // All ranks lie above the slopes of −1, which are still counted here.
  let ranks = [middle.0, middle.1] + (hasBounds ? [bounds.0, bounds.1] : [])
  let found = slopes.select(ranks.map { $0 + excluded })
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
