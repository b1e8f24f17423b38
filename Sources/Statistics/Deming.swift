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
/// below four pairs. Throws `.tooFew` below two pairs, `.constant` where no direction stands out or
/// the line is vertical, `.notFinite`, or `.invalid`.
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
  let line = try demingFit(x, y, errorRatio)
  let n = Double(x.count)
  guard x.count > 3 else {
    return MethodLine(
      slope: Estimate(value: line.slope, interval: nil),
      intercept: Estimate(value: line.intercept, interval: nil), count: x.count)
  }
  var slopes: [Double] = []
  var intercepts: [Double] = []
  for i in x.indices {
    var (a, b) = (x, y)
    a.remove(at: i)
    b.remove(at: i)
    let part = try demingFit(a, b, errorRatio)
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

private func demingFit(
  _ x: [Double], _ y: [Double], _ ratio: Double
) throws(StatisticsError) -> (slope: Double, intercept: Double) {
  let (dx, dy) = (deviations(x), deviations(y))
  let unit = (dx + dy).reduce(0) { max($0, abs($1)) }
  let (u, v) = (dx.map { $0 / unit }, dy.map { $0 / unit })
  let (sxx, syy, sxy) = (squares(u), squares(v), products(u, v))
  guard unit > 0, unit.isFinite, sxx > 0, sxy != 0 || syy < ratio * sxx else {
    throw StatisticsError(
      .constant, subject: "Deming's line",
      detail: "no line stands out: one side does not vary, or the sides do not vary together")
  }
  let d = syy - ratio * sxx
  let root = (d * d + 4 * ratio * sxy * sxy).squareRoot()
  // Of two equal forms that without a difference of close numbers.
  let slope = d > 0 ? (d + root) / (2 * sxy) : 2 * ratio * sxy / (root - d)
  let intercept = centre(y) - slope * centre(x)
  try requireFinite(slope, intercept, of: "Deming's line")
  return (slope, intercept)
}
