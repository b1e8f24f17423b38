// SPDX-License-Identifier: Apache-2.0
import Foundation

/// The χ² distribution.
public enum ChiSquare {
  /// How often a value is exceeded by chance, with whole degrees of freedom.
  ///
  /// By the finite sums for even and odd degrees (Abramowitz and Stegun 26.4.4 and 26.4.5).
  public static func upperTail(_ value: Double, degrees: Int) -> Double {
    guard value > 0, degrees > 0 else { return value.isNaN ? .nan : 1 }
    let half = value / 2
    var (sum, term): (Double, Double)
    if degrees.isMultiple(of: 2) {
      (sum, term) = (0, exp(-half))
      for i in 0..<degrees / 2 {
        sum += term
        term *= half / Double(i + 1)
      }
    } else {
      sum = erfc(half.squareRoot())
      term = exp(-half) * (half / .pi).squareRoot() * 2
      for i in 0..<(degrees - 1) / 2 {
        sum += term
        term *= half / (Double(i) + 1.5)
      }
    }
    return min(sum, 1)
  }
}
