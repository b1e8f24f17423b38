// SPDX-License-Identifier: Apache-2.0
import Agatston
public import Statistics

/// What resampling gives intervals to.
public enum Metric: String, Codable, CaseIterable, Sendable {
  /// Pearson's correlation of Agatston scores.
  case pearson
  /// Spearman's correlation of Agatston scores.
  case spearman
  /// The slope of the least-squares line, computed over reference.
  case slope
  /// The intercept of that line.
  case intercept
  /// Cohen's kappa of the five risk classes, with linear weights.
  case linearKappa = "linear_kappa"
  /// Cohen's kappa of the five risk classes, with quadratic weights.
  case quadraticKappa = "quadratic_kappa"
  /// The mean of computed less reference scores.
  case bias
  /// The mean absolute difference.
  case meanAbsoluteError = "mean_absolute_error"

  /// Those that models are compared by.
  public static let compared: [Metric] = [
    .pearson, .spearman, .slope, .linearKappa, .bias, .meanAbsoluteError,
  ]

  /// The statistic of subjects, ready to be resampled.
  ///
  /// Throws as the statistic does.
  func statistic(of rows: [HeldOutRow]) throws(StatisticsError) -> WeightedStatistic {
    let sample = try PairedSample(x: rows.map(\.reference), y: rows.map(\.computed))
    switch self {
    case .pearson: return sample.pearson
    case .spearman: return sample.spearman
    case .slope: return sample.slope
    case .intercept: return sample.intercept
    case .linearKappa: return try kappa(of: rows, .linear)
    case .quadraticKappa: return try kappa(of: rows, .quadratic)
    case .bias: return try sample.meanDifference
    case .meanAbsoluteError: return try sample.meanAbsoluteDifference
    }
  }

  private func kappa(
    of rows: [HeldOutRow], _ weights: KappaWeights
  ) throws(StatisticsError) -> WeightedStatistic {
    try .kappa(
      reference: rows.map(\.referenceClass.index), computed: rows.map(\.computedClass.index),
      classes: FiveClassRisk.allCases.count, weights: weights)
  }
}

/// Metrics by their names, each with its bootstrap interval or the reason why there is none.
public typealias ResampledMetrics = [String: Statistic<Bootstrap>]

/// The metrics of subjects, all from the same resamples.
func resampledMetrics(
  of rows: [HeldOutRow], _ options: BootstrapOptions
) async -> ResampledMetrics {
  await resampled(Metric.allCases, options) { metric throws(StatisticsError) in
    try metric.statistic(of: rows)
  }
}

/// Resamples the statistics that exist, and keeps the reasons of the others.
func resampled(
  _ metrics: [Metric], _ options: BootstrapOptions,
  _ statistic: (Metric) throws(StatisticsError) -> WeightedStatistic
) async -> ResampledMetrics {
  var results: ResampledMetrics = [:]
  var usable: [(Metric, WeightedStatistic)] = []
  for metric in metrics {
    do throws(StatisticsError) {
      usable.append((metric, try statistic(metric)))
    } catch {
      results[metric.rawValue] = .undefined(error.description)
    }
  }
  for (one, result) in zip(usable, await bootstrap(usable.map(\.1), options)) {
    results[one.0.rawValue] = Statistic { () throws(StatisticsError) in try result.get() }
  }
  return results
}
