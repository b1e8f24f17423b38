// SPDX-License-Identifier: Apache-2.0
import Concurrency
import Foundation
import Text

/// The method by which an interval is made from the values of a statistic in resamples.
public enum BootstrapMethod: String, Codable, CaseIterable, Sendable {
  /// Bias-corrected and accelerated (Efron 1987, doi:10.1080/01621459.1987.10478410).
  case bca
  /// The quantiles of the resamples' values (Efron 1981, doi:10.1093/biomet/68.3.589).
  case percentile
  /// The estimate ± one standard deviation of the resamples' values, as the Erasmus study gave it,
  /// cut to the values that the statistic can take; no confidence interval.
  case deviation = "sd"
}

/// The options of a bootstrap.
public struct BootstrapOptions: Hashable, Codable, Sendable {
  /// The number of resamples.
  public var resamples: Int
  /// The seed of the resamples; the same seed gives the same intervals on any machine.
  public var seed: UInt64
  /// The method of the interval.
  public var method: BootstrapMethod
  /// The confidence level of the interval; `deviation` has none.
  public var level: Double

  /// Options; by default BCa intervals of 95 % from 10,000 resamples.
  public init(
    resamples: Int = 10_000, seed: UInt64 = 0, method: BootstrapMethod = .bca, level: Double = 0.95
  ) {
    self.resamples = resamples
    self.seed = seed
    self.method = method
    self.level = level
  }

  /// What the Erasmus study did: ± one standard deviation of 100 resamples.
  public static let erasmusStudy = BootstrapOptions(resamples: 100, method: .deviation)
}

/// A statistic with the interval that resampling gives it.
public struct Bootstrap: Hashable, Codable, Sendable {
  /// The statistic of the subjects as they are.
  public let estimate: Double
  /// Its interval.
  public let interval: Interval
  /// The standard deviation of the resamples' values, with the divisor B − 1.
  public let deviation: Double
  /// The number of resamples in which the statistic exists.
  public let resamples: Int
  /// The number of resamples left out because it does not, for example where all values are equal.
  public let undefined: Int
  /// BCa's bias correction z₀, 0 where half of the values lie below the estimate.
  public let biasCorrection: Double?
  /// BCa's acceleration, from the jackknife.
  public let acceleration: Double?

  private enum CodingKeys: String, CodingKey {
    case estimate, interval, resamples, acceleration
    case undefined = "undefined_resamples"
    case deviation = "sd"
    case biasCorrection = "bias_correction"
  }
}

/// Intervals of several statistics of the same subjects from the same resamples, on all cores.
///
/// ```swift
/// let pairs = try PairedSample(x: reference, y: computed)
/// let results = await bootstrap([pairs.pearson, pairs.spearman])
/// let interval = try results[0].get().interval
/// ```
///
/// Values that a resample lacks are counted and left out. An entry fails with `.tooFew` below three
/// subjects, `.invalid` for options or numbers of subjects that do not fit, `.constant` where the
/// statistic does not exist for the subjects, and `.resampling` where it does not exist in more than
/// one resample of twenty, has the same value in all (a kappa of 1, for example), lies in all on
/// one side of the estimate (no BCa interval), or would take hours.
public func bootstrap(
  _ statistics: [WeightedStatistic], _ options: BootstrapOptions = BootstrapOptions()
) async -> [Result<Bootstrap, StatisticsError>] {
  let usable = statistics.map { statistic in
    Result { () throws(StatisticsError) in try check(statistic, options) }
  }
  let values = await resample(
    zip(statistics, usable).map { (try? $1.get()) == nil ? nil : $0 }, options)
  return statistics.indices.map { i in
    usable[i].flatMap { estimate in
      Result { () throws(StatisticsError) in
        try summarise(values[i], of: statistics[i], estimate: estimate, options)
      }
    }
  }
}

/// The estimate of a statistic that can be resampled.
private func check(
  _ statistic: WeightedStatistic, _ options: BootstrapOptions
) throws(StatisticsError) -> Double {
  let subject = statistic.name
  try requireLevel(options.level, of: subject)
  guard (2...10_000_000).contains(options.resamples) else {
    throw StatisticsError(
      .invalid, subject: subject,
      detail: "2 to 10,000,000 resamples are needed, not \(options.resamples)")
  }
  guard statistic.count >= 3 else {
    throw StatisticsError(
      .tooFew, subject: subject,
      detail: "resampling needs at least 3 subjects, there are \(statistic.count)")
  }
  // BCa's jackknife takes as many values as there are subjects.
  let rounds = max(options.resamples, options.method == .bca ? statistic.count : 0)
  guard rounds <= mostResampledValues / statistic.count else {
    throw StatisticsError(
      .resampling, subject: subject,
      detail:
        "\(rounds) resamples of \(counted(statistic.count, "subject")) would take hours; take fewer, "
        + "percentile intervals, or those of formulas")
  }
  return try value(of: statistic)
}

/// The number of values of subjects that a bootstrap or a permutation test takes in: minutes.
let mostResampledValues = 10_000_000_000

/// The value for subjects that count once each.
func value(of statistic: WeightedStatistic) throws(StatisticsError) -> Double {
  guard let value = statistic.value([Double](repeating: 1, count: statistic.count)) else {
    throw StatisticsError(
      .constant, subject: statistic.name, detail: "it does not exist: all values are equal")
  }
  try requireFinite(value, of: statistic.name)
  return value
}

/// The values of each statistic in each resample; NaN where there is none.
private func resample(
  _ statistics: [WeightedStatistic?], _ options: BootstrapOptions
) async -> [[Double]] {
  // Statistics of different numbers of subjects have resamples of their own.
  let sizes = Set(statistics.compactMap { $0?.count })
  let block = 250
  let starts = stride(from: 0, to: options.resamples, by: block)
  let blocks = await starts.concurrentMap { start in
    var values = statistics.map { _ in [Double]() }
    for b in start..<min(start + block, options.resamples) {
      for n in sizes {
        var counts = [Double](repeating: 0, count: n)
        var stream = ResampleStream(seed: options.seed, resample: b)
        stream.counts(into: &counts)
        for (i, statistic) in statistics.enumerated() where statistic?.count == n {
          values[i].append(statistic?.value(counts) ?? .nan)
        }
      }
    }
    return values
  }
  return statistics.indices.map { i in blocks.flatMap { $0[i] } }
}

/// The interval of a statistic from its values in resamples.
private func summarise(
  _ all: [Double], of statistic: WeightedStatistic, estimate: Double, _ options: BootstrapOptions
) throws(StatisticsError) -> Bootstrap {
  let values = all.filter(\.isFinite).sorted()
  let missing = all.count - values.count
  guard values.count >= 2, missing * 20 <= all.count else {
    throw StatisticsError(
      .resampling, subject: statistic.name,
      detail:
        "it does not exist in \(missing) of \(counted(all.count, "resample")); there are too few "
        + "subjects that differ")
  }
  // Values that differ by rounding only would give an interval of no width: a false certainty.
  guard values[values.count - 1] - values[0] > 1e-12 * abs(estimate) else {
    throw StatisticsError(
      .resampling, subject: statistic.name,
      detail: "it is \(estimate) in every resample, which says nothing about its uncertainty")
  }
  let deviation = try standardDeviation(values)
  try requireFinite(deviation, of: statistic.name)
  func result(_ interval: Interval, _ z0: Double? = nil, _ a: Double? = nil) -> Bootstrap {
    Bootstrap(
      estimate: estimate, interval: statistic.bounds.map(interval.within) ?? interval,
      deviation: deviation, resamples: values.count,
      undefined: missing, biasCorrection: z0, acceleration: a)
  }
  func between(_ low: Double, _ high: Double) -> Interval {
    Interval(lower: sortedQuantile(values, low), upper: sortedQuantile(values, high))
  }
  let tail = (1 - options.level) / 2
  switch options.method {
  case .deviation:
    return result(Interval(lower: estimate - deviation, upper: estimate + deviation))
  case .percentile: return result(between(tail, 1 - tail))
  case .bca:
    let z0 = try biasCorrection(values, estimate: estimate, of: statistic.name)
    let a = try acceleration(of: statistic)
    let z = try NormalDistribution.quantile(1 - tail)
    func share(_ z: Double) -> Double {
      let shrink = 1 - a * (z0 + z)
      // Past the pole of the correction the quantile is the outermost.
      guard shrink > 0 else { return z > 0 ? 1 : 0 }
      return NormalDistribution.cdf(z0 + (z0 + z) / shrink)
    }
    return result(between(share(-z), share(z)), z0, a)
  }
}

/// z₀ = Φ⁻¹(share of values below the estimate), where equal ones count half.
private func biasCorrection(
  _ values: [Double], estimate: Double, of subject: String
) throws(StatisticsError) -> Double {
  // Sums in another order differ in the last digits only.
  let slack = 1e-13 * abs(estimate)
  let below = values.count { $0 < estimate - slack }
  let equal = values.count { abs($0 - estimate) <= slack }
  let share = (Double(below) + Double(equal) / 2) / Double(values.count)
  guard share > 0, share < 1 else {
    throw StatisticsError(
      .resampling, subject: subject,
      detail: "every resample lies on one side of the estimate; take percentile intervals")
  }
  return try NormalDistribution.quantile(share)
}

/// The acceleration Σ d³ / (6 (Σ d²)^1.5) of the jackknife's deviations d (Efron 1987).
private func acceleration(of statistic: WeightedStatistic) throws(StatisticsError) -> Double {
  var counts = [Double](repeating: 1, count: statistic.count)
  var values: [Double] = []
  for i in counts.indices {
    counts[i] = 0
    guard let value = statistic.value(counts), value.isFinite else {
      throw StatisticsError(
        .resampling, subject: statistic.name,
        detail: "it does not exist without subject \(i + 1); take percentile intervals")
    }
    values.append(value)
    counts[i] = 1
  }
  let middle = centre(values)
  let d = values.map { middle - $0 }
  let largest = d.reduce(0) { max($0, abs($1)) }
  // Values that are all equal, but for rounding, do not accelerate.
  guard largest > 1e-14 * abs(middle) else { return 0 }
  let scaled = d.map { $0 / largest }
  return scaled.reduce(0) { $0 + $1 * $1 * $1 } / (6 * pow(squares(scaled), 1.5))
}
