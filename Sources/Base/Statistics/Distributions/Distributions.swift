// SPDX-License-Identifier: Apache-2.0
import Foundation

/// The standard normal distribution.
public enum NormalDistribution {
  /// The probability of a value up to z.
  public static func cdf(_ z: Double) -> Double { 0.5 * erfc(-z / 2.0.squareRoot()) }

  /// The value that a probability in (0, 1) lies below.
  ///
  /// Throws `.invalid` for other probabilities.
  public static func quantile(_ p: Double) throws(StatisticsError) -> Double {
    try requireLevel(p, of: "normal quantile")
    // By symmetry only the lower tail is inverted, where the probability keeps its digits.
    if p > 0.5 { return -lowerQuantile(1 - p) }
    return lowerQuantile(p)
  }

  private static func lowerQuantile(_ p: Double) -> Double {
    invert(p, lower: -40, upper: 0, cdf: cdf) {
      exp(-0.5 * $0 * $0) / (2 * Double.pi).squareRoot()
    }
  }
}

/// Student's t distribution.
public enum StudentDistribution {
  /// The probability of a value up to t, with degrees of freedom above 0.
  ///
  /// P = I_x(ν/2, 1/2)/2 in the lower tail, with x = ν/(ν + t²) (Abramowitz & Stegun 26.7.1).
  public static func cdf(_ t: Double, degrees: Double) -> Double {
    let tail = 0.5 * bothTails(t, degrees: degrees)
    return t > 0 ? 1 - tail : tail
  }

  /// The probability of a value at least as far from 0 as t: the two-sided p value.
  public static func bothTails(_ t: Double, degrees: Double) -> Double {
    if t.isInfinite { return 0 }
    let square = t * t
    return incompleteBeta(
      degrees / (degrees + square), complement: square / (degrees + square), a: degrees / 2, b: 0.5)
  }

  /// The value that a probability in (0, 1) lies below, with degrees of freedom above 0.
  ///
  /// Throws `.invalid` for other probabilities or degrees.
  public static func quantile(_ p: Double, degrees: Double) throws(StatisticsError) -> Double {
    try requireLevel(p, of: "t quantile")
    guard degrees > 0, degrees.isFinite else {
      throw StatisticsError(
        .invalid, subject: "t quantile", detail: "\(degrees) degrees of freedom are not above 0")
    }
    if p > 0.5 { return -lowerQuantile(1 - p, degrees) }
    return lowerQuantile(p, degrees)
  }

  private static func lowerQuantile(_ p: Double, _ degrees: Double) -> Double {
    var lower = -1.0
    while cdf(lower, degrees: degrees) > p, lower > -1e300 { lower *= 4 }
    let constant =
      exp(lgamma((degrees + 1) / 2) - lgamma(degrees / 2)) / (degrees * Double.pi).squareRoot()
    return invert(p, lower: lower, upper: 0, cdf: { cdf($0, degrees: degrees) }) {
      constant * pow(1 + $0 * $0 / degrees, -(degrees + 1) / 2)
    }
  }
}

/// Inverts a distribution function by Newton's steps inside a shrinking bracket.
///
/// The steps are taken on the logarithm of the probability, which is nearly straight in the far tail.
func invert(
  _ p: Double, lower: Double, upper: Double, cdf: (Double) -> Double, density: (Double) -> Double
) -> Double {
  var (low, high) = (lower, upper)
  var x = (low + high) / 2
  for _ in 0..<2000 {
    let value = cdf(x)
    if value == p { return x }
    if value > p { high = x } else { low = x }
    let newton = x - log(value / p) * value / density(x)
    let next = newton > low && newton < high ? newton : (low + high) / 2
    if abs(next - x) <= 1e-15 * abs(x) || next == low || next == high { return next }
    x = next
  }
  return x
}
