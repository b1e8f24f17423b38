// SPDX-License-Identifier: Apache-2.0

/// A least-squares line y = intercept + slope · x.
public struct Line: Hashable, Codable, Sendable {
  /// The slope.
  public let slope: Double
  /// The value at x = 0.
  public let intercept: Double
  /// The confidence interval of the slope; `nil` below three pairs.
  public let slopeInterval: Interval?
  /// The confidence interval of the intercept; `nil` below three pairs.
  public let interceptInterval: Interval?
  /// The standard deviation of the residuals, with the divisor n − 2; `nil` below three pairs.
  public let residualDeviation: Double?
  /// The share of the variance of y that the line explains; `nil` where y does not vary.
  public let determination: Double?
  /// The number of pairs.
  public let count: Int

  private enum CodingKeys: String, CodingKey {
    case slope, intercept
    case slopeInterval = "slope_interval"
    case interceptInterval = "intercept_interval"
    case residualDeviation = "residual_sd"
    case determination = "r_squared"
    case count = "n"
  }
}

/// The least-squares line through paired values.
///
/// Intervals are estimate ± t · standard error with n − 2 degrees of freedom (ordinary least
/// squares; Draper & Smith, Applied Regression Analysis, ch. 1). Throws `.tooFew` below two pairs,
/// `.constant` where x does not vary, `.notFinite`, or `.invalid`.
public func leastSquaresLine(
  x: [Double], y: [Double], level: Double = 0.95
) throws(StatisticsError) -> Line {
  let subject = "least-squares line"
  try require(x, y, atLeast: 2, of: subject)
  try requireLevel(level, of: subject)
  let (mx, my) = (centre(x), centre(y))
  let dx = x.map { $0 - mx }
  let dy = y.map { $0 - my }
  let sxx = squares(dx)
  try requireFinite(sxx, of: subject)
  guard sxx > 0, x.contains(where: { $0 != x[0] }) else {
    throw StatisticsError(.constant, subject: subject, detail: "all values of x are equal")
  }
  let slope = products(dx, dy) / sxx
  let intercept = my - slope * mx
  try requireFinite(slope, intercept, of: subject)
  let n = Double(x.count)
  let residual = zip(dx, dy).reduce(0) {
    let e = $1.1 - slope * $1.0
    return $0 + e * e
  }
  let syy = squares(dy)
  var intervals: (slope: Interval, intercept: Interval)?
  var deviation: Double?
  if x.count > 2 {
    let sigma = (residual / (n - 2)).squareRoot()
    let t = try StudentDistribution.quantile(0.5 + level / 2, degrees: n - 2)
    let a = t * sigma / sxx.squareRoot()
    let b = t * sigma * (1 / n + mx * mx / sxx).squareRoot()
    try requireFinite(slope - a, slope + a, intercept - b, intercept + b, sigma, of: subject)
    deviation = sigma
    intervals = (
      Interval(lower: slope - a, upper: slope + a),
      Interval(lower: intercept - b, upper: intercept + b)
    )
  }
  return Line(
    slope: slope, intercept: intercept, slopeInterval: intervals?.slope,
    interceptInterval: intervals?.intercept, residualDeviation: deviation,
    determination: syy > 0 ? 1 - residual / syy : nil, count: x.count)
}
