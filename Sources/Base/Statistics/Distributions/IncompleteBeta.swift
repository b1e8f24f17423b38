// SPDX-License-Identifier: Apache-2.0
import Foundation

/// The regularised incomplete beta function I_x(a, b), for a and b above 0 and x in [0, 1].
///
/// The continued fraction DLMF 8.17.22 (https://dlmf.nist.gov/8.17#v), evaluated by the modified
/// Lentz method (Thompson & Barnett 1986), with the symmetry I_x(a, b) = 1 − I_{1−x}(b, a) where it
/// converges faster. Own code rather than a C++ library: forty lines, checked against SciPy.
///
/// `complement` is 1 − x, given apart so that tails keep their digits.
func incompleteBeta(_ x: Double, complement: Double, a: Double, b: Double) -> Double {
  if x <= 0 { return 0 }
  if complement <= 0 { return 1 }
  if x > (a + 1) / (a + b + 2) {
    return 1 - incompleteBeta(complement, complement: x, a: b, b: a)
  }
  let front = exp(
    lgamma(a + b) - lgamma(a) - lgamma(b) + a * log(x) + b * log(complement) - log(a))
  let tiny = 1e-300
  var c = 1.0
  var d = 1 - (a + b) * x / (a + 1)
  d = 1 / (abs(d) < tiny ? tiny : d)
  var fraction = d
  // Converges in about √max(a, b) steps.
  let limit = 200 + Int(min(20 * max(a, b).squareRoot(), 1e6))
  for step in 1...limit {
    let m = Double(step)
    let even = m * (b - m) * x / ((a + 2 * m - 1) * (a + 2 * m))
    d = 1 + even * d
    d = 1 / (abs(d) < tiny ? tiny : d)
    c = 1 + even / c
    if abs(c) < tiny { c = tiny }
    fraction *= d * c
    let odd = -(a + m) * (a + b + m) * x / ((a + 2 * m) * (a + 2 * m + 1))
    d = 1 + odd * d
    d = 1 / (abs(d) < tiny ? tiny : d)
    c = 1 + odd / c
    if abs(c) < tiny { c = tiny }
    let change = d * c
    fraction *= change
    if abs(change - 1) < 1e-16 { break }
  }
  return front * fraction
}
