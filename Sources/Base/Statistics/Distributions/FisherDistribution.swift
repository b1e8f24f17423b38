// SPDX-License-Identifier: Apache-2.0
import Foundation

/// Fisher's F distribution.
public enum FisherDistribution {
  /// The probability of a value up to f, with degrees of freedom above 0.
  ///
  /// I_x(d₁/2, d₂/2) with x = d₁f/(d₁f + d₂) (Abramowitz & Stegun 26.6.2).
  public static func cdf(_ f: Double, _ d1: Double, _ d2: Double) -> Double {
    guard f > 0 else { return 0 }
    if f.isInfinite { return 1 }
    let sum = d1 * f + d2
    return incompleteBeta(d1 * f / sum, complement: d2 / sum, a: d1 / 2, b: d2 / 2)
  }

  /// The value that a probability in (0, 1) lies below, with degrees of freedom above 0.
  ///
  /// Throws `.invalid` for other probabilities or degrees.
  public static func quantile(
    _ p: Double, _ d1: Double, _ d2: Double
  ) throws(StatisticsError) -> Double {
    try requireLevel(p, of: "F quantile")
    guard d1 > 0, d2 > 0, d1.isFinite, d2.isFinite else {
      throw StatisticsError(
        .invalid, subject: "F quantile",
        detail: "\(d1) and \(d2) degrees of freedom are not both above 0")
    }
    // The lower tail keeps its digits; the upper one is the other's reciprocal.
    if p > 0.5 { return 1 / lowerQuantile(1 - p, d2, d1) }
    return lowerQuantile(p, d1, d2)
  }

  private static func lowerQuantile(_ p: Double, _ d1: Double, _ d2: Double) -> Double {
    // Inverted in log f, in which the distribution has no wall at 0.
    let constant = lgamma((d1 + d2) / 2) - lgamma(d1 / 2) - lgamma(d2 / 2)
    var (low, high) = (-1.0, 1.0)
    while cdf(exp(low), d1, d2) > p, low > -700 { low *= 2 }
    while cdf(exp(high), d1, d2) < p, high < 700 { high *= 2 }
    return exp(
      invert(p, lower: low, upper: high, cdf: { cdf(exp($0), d1, d2) }) { u in
        let sum = d1 * exp(u) + d2
        return exp(constant + d1 / 2 * (u + log(d1 / sum)) + d2 / 2 * log(d2 / sum))
      })
  }
}
