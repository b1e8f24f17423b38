// SPDX-License-Identifier: Apache-2.0
import Foundation

/// The factor k at which mean + k·s of a normal sample lies above the population's mean + z·σ with a
/// probability p.
///
/// k = t'(p; n − 1, z√n)/√n with Student's noncentral t' (Owen 1968,
/// doi:10.1080/00401706.1968.10490580). The distribution is summed over w = s/σ on a logarithmic
/// scale, where the trapezoidal rule converges exponentially, for two subjects as for a million.
///
/// Throws `.tooFew` below two subjects, `.invalid` for p outside 0 to 1.
func toleranceFactor(z: Double, count: Int, _ p: Double) throws(StatisticsError) -> Double {
  let subject = "tolerance factor"
  guard count >= 2 else {
    throw StatisticsError(.tooFew, subject: subject, detail: "needs at least 2 subjects")
  }
  guard p > 0, p < 1, z.isFinite else {
    throw StatisticsError(.invalid, subject: subject, detail: "\(p) is not between 0 and 1")
  }
  let (n, nu) = (Double(count), Double(count - 1))
  let root = n.squareRoot()
  let (nodes, weights) = chiNodes(nu)
  func probability(_ k: Double) -> Double {
    var sum = 0.0
    for (w, weight) in zip(nodes, weights) {
      sum += weight * NormalDistribution.cdf(root * (k * w - z))
    }
    return sum
  }
  var (low, high) = (-1.0, 1.0)
  while probability(low) > p, low > -1e300 { low *= 2 }
  while probability(high) < p, high < 1e300 { high *= 2 }
  while true {
    let middle = low + (high - low) / 2
    guard middle > low, middle < high else { return middle }
    if probability(middle) < p { low = middle } else { high = middle }
  }
}

/// Values of s/σ with n − 1 = ν degrees of freedom, and their weights.
private func chiNodes(_ nu: Double) -> (nodes: [Double], weights: [Double]) {
  // The density of u = ln w is in proportion to exp(ν(u − (e²ᵘ − 1)/2)), which is 1 at its peak u = 0.
  let step = 0.1 / (nu + 1).squareRoot()
  func density(_ u: Double) -> Double { exp(nu * (u - expm1(2 * u) / 2)) }
  var points: [(u: Double, density: Double)] = [(0, 1)]
  for sign in [-1.0, 1] {
    var i = 1.0
    while true {
      let d = density(sign * i * step)
      guard d > 1e-18 else { break }
      points.append((sign * i * step, d))
      i += 1
    }
  }
  let total = points.reduce(0) { $0 + $1.density }
  return (points.map { exp($0.u) }, points.map { $0.density / total })
}
