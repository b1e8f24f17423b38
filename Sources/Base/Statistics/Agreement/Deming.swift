// SPDX-License-Identifier: Apache-2.0

/// A line through pairs of which both sides are measured with error.
public struct MethodLine: Hashable, Codable, Sendable {
  /// The slope; 1 where the methods differ by a constant only.
  public let slope: Estimate
  /// The value at x = 0.
  public let intercept: Estimate
  /// The number of pairs.
  public let count: Int

  private enum CodingKeys: String, CodingKey {
    case slope, intercept
    case count = "n"
  }
}

/// Deming's line through paired values.
///
/// `errorRatio` is the variance of y's errors over that of x's; 1 makes the line that of the smallest
/// perpendicular distances (Deming 1943; Linnet 1993, doi:10.1093/clinchem/39.3.424). Intervals are
/// those of the jackknife's pseudo-values with t of n − 2 degrees of freedom (Linnet 1993); `nil`
/// below four pairs, or where leaving out one pair leaves no line. Throws `.tooFew` below
/// two pairs, `.constant` where no direction stands out or the line is vertical, `.notFinite`, or
/// `.invalid`.
public func demingLine(
  x: [Double], y: [Double], errorRatio: Double = 1, level: Double = 0.95
) throws(StatisticsError) -> MethodLine {
  let subject = "Deming's line"
  try require(x, y, atLeast: 2, of: subject)
  try requireLevel(level, of: subject)
  guard errorRatio > 0, errorRatio.isFinite else {
    throw StatisticsError(
      .invalid, subject: subject, detail: "the ratio of variances \(errorRatio) is not above 0")
  }
  let sample = DemingSample(x, y, errorRatio)
  let line = try sample.line(without: nil)
  let n = Double(x.count)
  let alone = MethodLine(
    slope: Estimate(value: line.slope, interval: nil),
    intercept: Estimate(value: line.intercept, interval: nil), count: x.count)
  guard x.count > 3 else { return alone }
  var slopes: [Double] = []
  var intercepts: [Double] = []
  for i in x.indices {
    guard let part = try? sample.line(without: i) else { return alone }
    slopes.append(n * line.slope - (n - 1) * part.slope)
    intercepts.append(n * line.intercept - (n - 1) * part.intercept)
  }
  let t = try StudentDistribution.quantile(0.5 + level / 2, degrees: n - 2)
  func estimate(_ value: Double, _ pseudo: [Double]) throws(StatisticsError) -> Estimate {
    try requireFinite(pseudo.reduce(0) { max($0, abs($1)) }, of: subject)
    let half = try t * standardDeviation(pseudo) / n.squareRoot()
    try requireFinite(value - half, value + half, of: subject)
    return Estimate(value: value, interval: Interval(lower: value - half, upper: value + half))
  }
  return MethodLine(
    slope: try estimate(line.slope, slopes),
    intercept: try estimate(line.intercept, intercepts), count: x.count)
}

/// Sums of pairs, from which those without one pair follow at once.
private struct DemingSample {
  private let x: [Double]
  private let y: [Double]
  private let ratio: Double
  private let mx: Double
  private let my: Double
  /// The largest deviation, the unit of all that follow.
  private let unit: Double
  private let dx: [Double]
  private let dy: [Double]
  private let sums: (xx: Double, yy: Double, xy: Double)

  init(_ x: [Double], _ y: [Double], _ ratio: Double) {
    (self.x, self.y, self.ratio) = (x, y, ratio)
    (mx, my) = (centre(x), centre(y))
    let (u, v) = (deviations(x), deviations(y))
    let unit = (u + v).reduce(0) { max($0, abs($1)) }
    self.unit = unit
    (dx, dy) = (u.map { $0 / unit }, v.map { $0 / unit })
    sums = (squares(dx), squares(dy), products(dx, dy))
  }

  /// The line through all pairs but one.
  ///
  /// Without pair i a sum of squares is less by n/(n−1) · d². Where hardly anything is left of it,
  /// which is so for two pairs at most, its digits are gone, and it is summed anew.
  func line(without i: Int?) throws(StatisticsError) -> (slope: Double, intercept: Double) {
    guard let i else { return try fit(sums.xx, sums.yy, sums.xy, mx, my) }
    let n = Double(x.count)
    let (u, v, share) = (dx[i], dy[i], n / (n - 1))
    let (xx, yy) = (sums.xx - share * u * u, sums.yy - share * v * v)
    guard xx > 1e-3 * sums.xx, yy > 1e-3 * sums.yy else {
      var (a, b) = (x, y)
      a.remove(at: i)
      b.remove(at: i)
      return try DemingSample(a, b, ratio).line(without: nil)
    }
    return try fit(
      xx, yy, sums.xy - share * u * v, mx - u * unit / (n - 1), my - v * unit / (n - 1))
  }

  private func fit(
    _ sxx: Double, _ syy: Double, _ sxy: Double, _ mx: Double, _ my: Double
  ) throws(StatisticsError) -> (slope: Double, intercept: Double) {
    let isUnrelated = abs(sxy) <= 1e-14 * (sxx * syy).squareRoot()
    guard unit > 0, unit.isFinite, sxx > 0, !isUnrelated || syy < ratio * sxx else {
      throw StatisticsError(
        .constant, subject: "Deming's line",
        detail: "no line stands out: one side does not vary, or the sides do not vary together")
    }
    let d = syy - ratio * sxx
    let root = (d * d + 4 * ratio * sxy * sxy).squareRoot()
    // Of two equivalent formulas, the one without a difference of close numbers.
    let slope = d > 0 ? (d + root) / (2 * sxy) : 2 * ratio * sxy / (root - d)
    let intercept = my - slope * mx
    try requireFinite(slope, intercept, of: "Deming's line")
    return (slope, intercept)
  }
}
