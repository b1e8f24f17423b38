// SPDX-License-Identifier: Apache-2.0
import Agatston
public import Statistics

/// Metrics, each with its bootstrap interval or the reason why there is none.
public typealias ResampledMetrics = [Metric: Statistic<Bootstrap>]

extension Metric {
  /// The statistic of subjects, ready to be resampled; `nil` for a metric that is not resampled.
  ///
  /// Throws as the statistic does.
  func statistic(of rows: [HeldOutRow]) throws(StatisticsError) -> WeightedStatistic? {
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
    case .subjects, .sameClass, .limitsOfAgreement, .maximum, .calciumSensitivity,
      .calciumSpecificity, .meanDice:
      return nil
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

/// The metrics of subjects, all from the same resamples.
func resampledMetrics(
  of rows: [HeldOutRow], _ options: BootstrapOptions
) async -> ResampledMetrics {
  await resampled(Metric.resampled, options) { metric throws(StatisticsError) in
    try metric.statistic(of: rows)
  }
}

/// Resamples the statistics that exist, and keeps the reasons of the others.
func resampled(
  _ metrics: [Metric], _ options: BootstrapOptions,
  _ statistic: (Metric) throws(StatisticsError) -> WeightedStatistic?
) async -> ResampledMetrics {
  var results: ResampledMetrics = [:]
  var usable: [(metric: Metric, statistic: WeightedStatistic)] = []
  for metric in metrics {
    do throws(StatisticsError) {
      if let statistic = try statistic(metric) { usable.append((metric, statistic)) }
    } catch {
      results[metric] = .undefined(error.description)
    }
  }
  for (entry, result) in zip(usable, await bootstrap(usable.map(\.statistic), options)) {
    results[entry.metric] = Statistic { () throws(StatisticsError) in try result.get() }
  }
  return results
}
