// SPDX-License-Identifier: Apache-2.0

/// The bias and the limits of agreement of two measurements of the same subjects.
public struct BlandAltman: Hashable, Codable, Sendable {
  /// The mean difference, first minus second.
  public let bias: Double
  /// The sample standard deviation of the differences, with the divisor n − 1.
  public let deviation: Double
  /// The limits of agreement, bias ± 1.96 standard deviations at a level of 0.95.
  public let limits: Interval
  /// The confidence interval of the bias.
  public let biasInterval: Interval
  /// The confidence interval of the lower limit.
  public let lowerLimitInterval: Interval
  /// The confidence interval of the upper limit.
  public let upperLimitInterval: Interval
  /// The number of pairs.
  public let count: Int

  private enum CodingKeys: String, CodingKey {
    case bias, limits
    case deviation = "sd"
    case biasInterval = "bias_interval"
    case lowerLimitInterval = "lower_limit_interval"
    case upperLimitInterval = "upper_limit_interval"
    case count = "n"
  }
}

/// The agreement of paired measurements, first minus second.
///
/// ```swift
/// let agreement = try blandAltman(computed, reference)
/// print(agreement.bias, agreement.limits.lower, agreement.limits.upper)
/// ```
///
/// The bias has the standard error s/√n with t of n − 1 degrees of freedom (Bland & Altman 1999,
/// doi:10.1177/096228029900800204). The interval of a limit is exact for normal differences, from the
/// quantiles k of Student's noncentral t: bias ± k·s (Carkeet 2015,
/// doi:10.1097/OPX.0000000000000513); it reaches farther outwards than inwards. Differences that are
/// all equal are fine. Throws `.tooFew` below two pairs, `.notFinite`, or `.invalid`.
public func blandAltman(
  _ first: [Double], _ second: [Double], level: Double = 0.95
) throws(StatisticsError) -> BlandAltman {
  let subject = "limits of agreement"
  try require(first, second, atLeast: 2, of: subject)
  try requireLevel(level, of: subject)
  let differences = zip(first, second).map { $0 - $1 }
  let n = Double(differences.count)
  let bias = try mean(differences)
  let s = try standardDeviation(differences)
  let z = try NormalDistribution.quantile(0.5 + level / 2)
  let t = try StudentDistribution.quantile(0.5 + level / 2, degrees: n - 1)
  let limits = Interval(lower: bias - z * s, upper: bias + z * s)
  let half = t * s / n.squareRoot()
  let inner = try toleranceFactor(z: z, count: differences.count, 0.5 - level / 2)
  let outer = try toleranceFactor(z: z, count: differences.count, 0.5 + level / 2)
  try requireFinite(limits.lower, limits.upper, bias - outer * s, bias + outer * s, of: subject)
  return BlandAltman(
    bias: bias, deviation: s, limits: limits,
    biasInterval: Interval(lower: bias - half, upper: bias + half),
    lowerLimitInterval: Interval(lower: bias - outer * s, upper: bias - inner * s),
    upperLimitInterval: Interval(lower: bias + inner * s, upper: bias + outer * s),
    count: differences.count)
}
