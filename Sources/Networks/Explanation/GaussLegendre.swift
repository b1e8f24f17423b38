// SPDX-License-Identifier: Apache-2.0
import Foundation

/// The rule of Gauss and Legendre for integrals from 0 to 1 (Abramowitz and Stegun 25.4.30).
enum GaussLegendre {
  /// The places and weights of a rule of n points; exact for polynomials of degree 2 n − 1.
  static func rule(points n: Int) -> [(place: Double, weight: Double)] {
    precondition(n > 0, "a rule of points")
    return (1...n).map { i in
      // Newton's iteration finds the root of Legendre's polynomial from a good first guess.
      var x = cos(Double.pi * (Double(i) - 0.25) / (Double(n) + 0.5))
      var slope = 1.0
      for _ in 0..<20 {
        var (before, value) = (1.0, x)
        for k in stride(from: 2, through: n, by: 1) {
          let k = Double(k)
          (before, value) = (value, ((2 * k - 1) * x * value - (k - 1) * before) / k)
        }
        slope = Double(n) * (x * value - before) / (x * x - 1)
        x -= value / slope
      }
      return (place: (1 - x) / 2, weight: 1 / ((1 - x * x) * slope * slope))
    }
  }
}
