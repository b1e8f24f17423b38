// SPDX-License-Identifier: Apache-2.0

/// The mean of values.
///
/// Throws `.tooFew` without values, `.notFinite` for NaN or infinity.
public func mean(_ values: [Double]) throws(StatisticsError) -> Double {
  try require(values, atLeast: 1, of: "mean")
  return centre(values)
}

/// The sample variance of values, with the divisor n − 1.
///
/// Throws `.tooFew` below two values, `.notFinite` for NaN or infinity.
public func variance(_ values: [Double]) throws(StatisticsError) -> Double {
  try require(values, atLeast: 2, of: "variance")
  return squares(deviations(values)) / Double(values.count - 1)
}

/// The sample standard deviation of values, with the divisor n − 1.
///
/// Throws like `variance`.
public func standardDeviation(_ values: [Double]) throws(StatisticsError) -> Double {
  try variance(values).squareRoot()
}

/// The quantile of values at a share from 0 to 1, interpolated between order statistics.
///
/// Position share · (n − 1), type 7 of Hyndman & Fan 1996; 0.5 is the median. Throws `.tooFew`,
/// `.notFinite`, or `.invalid` for a share outside 0 to 1.
public func quantile(_ values: [Double], _ share: Double) throws(StatisticsError) -> Double {
  try require(values, atLeast: 1, of: "quantile")
  guard share >= 0, share <= 1 else {
    throw StatisticsError(
      .invalid, subject: "quantile", detail: "the share \(share) is not between 0 and 1")
  }
  return sortedQuantile(values.sorted(), share)
}

/// The quantile of values in ascending order, at least one.
func sortedQuantile(_ sorted: [Double], _ share: Double) -> Double {
  let position = share * Double(sorted.count - 1)
  let below = Int(position)
  let above = min(below + 1, sorted.count - 1)
  return sorted[below] + (sorted[above] - sorted[below]) * (position - Double(below))
}

/// The mean of finite values; the second pass takes up what the first rounded away.
func centre(_ values: [Double]) -> Double {
  let n = Double(values.count)
  // Dividing before adding keeps sums of huge values finite.
  let first = values.reduce(0) { $0 + $1 / n }
  return first + values.reduce(0) { $0 + ($1 - first) / n }
}

/// The deviations of values from their mean.
func deviations(_ values: [Double]) -> [Double] {
  let middle = centre(values)
  return values.map { $0 - middle }
}

/// The sum of squares.
func squares(_ values: [Double]) -> Double { values.reduce(0) { $0 + $1 * $1 } }

/// The sum of products.
func products(_ x: [Double], _ y: [Double]) -> Double {
  zip(x, y).reduce(0) { $0 + $1.0 * $1.1 }
}
