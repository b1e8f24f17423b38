// SPDX-License-Identifier: Apache-2.0
import Foundation
import Text

/// Lin's concordance correlation of paired values: correlation and equality in one number.
///
/// ρc = 2 s_xy/(s_x² + s_y² + (x̄ − ȳ)²) with the divisor n (Lin 1989, doi:10.2307/2532051). The
/// interval is tanh(atanh ρc ± z·SE) with the variance as corrected in Lin 2000
/// (doi:10.1111/j.0006-341X.2000.00324.x); `nil` below four pairs. Throws `.tooFew` below two pairs,
/// `.constant` where one side does not vary, `.notFinite`, or `.invalid`.
public func linConcordance(
  _ x: [Double], _ y: [Double], level: Double = 0.95
) throws(StatisticsError) -> Estimate {
  let subject = "Lin's concordance"
  let r = try pearson(x, y, level: level).coefficient
  let n = Double(x.count)
  // One unit for all keeps squares finite.
  let (mx, my) = (centre(x), centre(y))
  let (dx, dy) = (deviations(x), deviations(y))
  let unit = (dx + dy + [mx - my]).reduce(0) { max($0, abs($1)) }
  guard unit.isFinite else {
    throw StatisticsError(.notFinite, subject: subject, detail: "the values are too large")
  }
  let (sx, sy) = (
    (squares(dx.map { $0 / unit }) / n).squareRoot(),
    (squares(dy.map { $0 / unit }) / n).squareRoot()
  )
  let shift = (mx - my) / unit
  // ρc = r · C_b, and C_b stays where r is 0.
  let bias = 2 * sx * sy / (sx * sx + sy * sy + shift * shift)
  let value = min(max(r * bias, -1), 1)
  guard x.count > 3 else { return Estimate(value: value, interval: nil) }
  guard abs(value) < 1 else {
    return Estimate(value: value, interval: Interval(lower: value, upper: value))
  }
  let u2 = shift * shift / (sx * sy)
  let variance =
    ((1 - r * r) * bias * bias * (1 - value * value)
      + 2 * bias * value * value * (1 - value) * u2
      - 0.5 * bias * bias * value * value * u2 * u2) / (n - 2)
  let error = max(variance, 0).squareRoot() / (1 - value * value)
  let half = try NormalDistribution.quantile(0.5 + level / 2) * error
  let z = atanh(value)
  return Estimate(value: value, interval: Interval(lower: tanh(z - half), upper: tanh(z + half)))
}

/// The intraclass correlation ICC(2,1) of ratings: absolute agreement of single ratings, raters drawn
/// at random (two-way random effects).
///
/// Shrout & Fleiss 1979 (doi:10.1037/0033-2909.86.2.420); the interval is that of ICC(A,1) in McGraw
/// & Wong 1996 (doi:10.1037/1082-989X.1.1.30), table 7. A row holds one subject's ratings, in the
/// same order of raters. Throws `.tooFew` below two subjects or raters, `.constant` where all ratings
/// are equal, `.notFinite`, or `.invalid` for rows of different lengths.
public func intraclassCorrelation(
  _ ratings: [[Double]], level: Double = 0.95
) throws(StatisticsError) -> Estimate {
  let subject = "intraclass correlation"
  try requireLevel(level, of: subject)
  let raters = ratings.first?.count ?? 0
  if let i = ratings.firstIndex(where: { $0.count != raters }) {
    throw StatisticsError(
      .invalid, subject: subject,
      detail: "subject \(i + 1) has \(counted(ratings[i].count, "rating")), the first has \(raters)"
    )
  }
  let all = ratings.flatMap(\.self)
  try require(all, atLeast: 1, of: subject)
  guard ratings.count > 1, raters > 1 else {
    throw StatisticsError(
      .tooFew, subject: subject,
      detail: "needs at least 2 subjects and 2 raters, there are \(ratings.count) and \(raters)")
  }
  let d = deviations(all)
  let unit = d.reduce(0) { max($0, abs($1)) }
  guard unit > 0, unit.isFinite, all.contains(where: { $0 != all[0] }) else {
    throw StatisticsError(.constant, subject: subject, detail: "all ratings are equal")
  }
  let scaled = d.map { $0 / unit }
  let (n, k) = (Double(ratings.count), Double(raters))
  let rows = ratings.indices.map { i in centre(Array(scaled[i * raters..<(i + 1) * raters])) }
  let columns = (0..<raters).map { j in centre(ratings.indices.map { scaled[$0 * raters + j] }) }
  let msr = k * squares(rows) / (n - 1)
  let msc = n * squares(columns) / (k - 1)
  let residuals = scaled.indices.map { scaled[$0] - rows[$0 / raters] - columns[$0 % raters] }
  let mse = squares(residuals) / ((n - 1) * (k - 1))
  let value = (msr - mse) / (msr + (k - 1) * mse + k * (msc - mse) / n)
  // Equal ratings leave nothing but rounding between the raters.
  guard mse + msc > 1e-28 * msr else {
    return Estimate(value: 1, interval: Interval(lower: 1, upper: 1))
  }
  let a = k * value / (n * (1 - value))
  let b = 1 + k * value * (n - 1) / (n * (1 - value))
  let top = a * msc + b * mse
  let v = top * top / (a * a * msc * msc / (k - 1) + b * b * mse * mse / ((n - 1) * (k - 1)))
  guard v.isFinite, v > 0 else { return Estimate(value: value, interval: nil) }
  let p = 0.5 + level / 2
  let upperF = try FisherDistribution.quantile(p, n - 1, v)
  let lowerF = try FisherDistribution.quantile(p, v, n - 1)
  let between = k * msc + (k * n - k - n) * mse
  return Estimate(
    value: value,
    interval: Interval(
      lower: n * (msr - upperF * mse) / (upperF * between + n * msr),
      upper: n * (lowerF * msr - mse) / (between + n * lowerF * msr)))
}
