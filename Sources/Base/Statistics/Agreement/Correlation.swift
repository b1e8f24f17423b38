// SPDX-License-Identifier: Apache-2.0
import Foundation

/// A correlation of paired values.
public struct Correlation: Hashable, Codable, Sendable {
  /// The coefficient, −1 to 1.
  public let coefficient: Double
  /// The two-sided p value of no correlation; `nil` below three pairs.
  public let pValue: Double?
  /// The confidence interval by a z transformation; `nil` below four pairs.
  public let interval: Interval?
  /// The number of pairs.
  public let count: Int

  private enum CodingKeys: String, CodingKey {
    case coefficient
    case pValue = "p"
    case interval
    case count = "n"
  }
}

/// Pearson's correlation of paired values.
///
/// ```swift
/// let r = try pearson(reference, computed)
/// print(r.coefficient, r.pValue ?? .nan)
/// ```
///
/// p from t = r √((n−2)/(1−r²)) with n − 2 degrees of freedom; the interval is
/// tanh(atanh r ± z/√(n−3)) (Fisher 1921). Throws `.tooFew` below two pairs, `.constant` where one
/// side does not vary, `.notFinite`, or `.invalid` for unequal lengths or a level outside (0, 1).
public func pearson(
  _ x: [Double], _ y: [Double], level: Double = 0.95
) throws(StatisticsError) -> Correlation {
  try correlation(x, y, level: level, subject: "Pearson's correlation")
}

/// Spearman's rank correlation of paired values, with average ranks for ties.
///
/// Pearson's correlation of the ranks. p is that of Pearson's t, an approximation for large samples;
/// the interval is tanh(atanh ρ ± z·√((1 + ρ²/2)/(n−3))) (Bonett & Wright 2000,
/// doi:10.1007/BF02294183), wider than Fisher's, which covers too seldom. Throws like `pearson`.
public func spearman(
  _ x: [Double], _ y: [Double], level: Double = 0.95
) throws(StatisticsError) -> Correlation {
  let subject = "Spearman's correlation"
  try require(x, y, atLeast: 2, of: subject)
  return try correlation(
    averageRanks(x), averageRanks(y), level: level, subject: subject,
    spread: { 1 + $0 * $0 / 2 })
}

/// The ranks of values from 1; equal values share the mean of their ranks.
public func averageRanks(_ values: [Double]) -> [Double] {
  let order = values.indices.sorted { values[$0] < values[$1] }
  var ranks = [Double](repeating: 0, count: values.count)
  var i = 0
  while i < order.count {
    var j = i
    while j + 1 < order.count, values[order[j + 1]] == values[order[i]] { j += 1 }
    for k in i...j { ranks[order[k]] = Double(i + j) / 2 + 1 }
    i = j + 1
  }
  return ranks
}

private func correlation(
  _ x: [Double], _ y: [Double], level: Double, subject: String,
  spread: (_ coefficient: Double) -> Double = { _ in 1 }
) throws(StatisticsError) -> Correlation {
  try require(x, y, atLeast: 2, of: subject)
  try requireLevel(level, of: subject)
  let dx = try unitDeviations(x, of: subject)
  let dy = try unitDeviations(y, of: subject)
  let product = min(max(products(dx, dy), -1), 1)
  // Two points always lie on a line; others do if only rounding says that they do not.
  let isLine = x.count == 2 || 1 - abs(product) < 1e-15
  let r = isLine ? (product < 0 ? -1 : 1) : product
  let n = Double(x.count)
  var pValue: Double?
  if x.count > 2 {
    // 1 − r² as a product keeps its digits near ±1.
    let t = r * ((n - 2) / ((1 - r) * (1 + r))).squareRoot()
    pValue = StudentDistribution.bothTails(t, degrees: n - 2)
  }
  var interval: Interval?
  if x.count > 3 {
    let half = try NormalDistribution.quantile(0.5 + level / 2) * (spread(r) / (n - 3)).squareRoot()
    interval = Interval(lower: tanh(atanh(r) - half), upper: tanh(atanh(r) + half))
  }
  return Correlation(coefficient: r, pValue: pValue, interval: interval, count: x.count)
}

/// Deviations from the mean, scaled to length 1; huge and tiny values neither overflow nor vanish.
private func unitDeviations(
  _ values: [Double], of subject: String
) throws(StatisticsError) -> [Double] {
  let d = deviations(values)
  let largest = d.reduce(0) { max($0, abs($1)) }
  guard largest > 0, largest.isFinite, values.contains(where: { $0 != values[0] }) else {
    throw StatisticsError(
      .constant, subject: subject, detail: "all values of one variable are equal")
  }
  let scaled = d.map { $0 / largest }
  let length = squares(scaled).squareRoot()
  return scaled.map { $0 / length }
}
