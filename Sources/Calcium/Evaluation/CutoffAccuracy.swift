// SPDX-License-Identifier: Apache-2.0
public import Statistics

/// A bound of Agatston scores at which decisions are made.
public enum Cutoff: String, Codable, CaseIterable, Sendable {
  /// Any calcium.
  case any = ">0"
  /// From 10.
  case from10 = ">=10"
  /// From 100.
  case from100 = ">=100"
  /// From 300, where CAC-DRS's highest band begins.
  case from300 = ">=300"
  /// From 400, where the highest of the five risk classes begins.
  case from400 = ">=400"

  /// Whether a score lies beyond the bound.
  public func holds(_ score: Double) -> Bool {
    switch self {
    case .any: score > 0
    case .from10: score >= 10
    case .from100: score >= 100
    case .from300: score >= 300
    case .from400: score >= 400
    }
  }
}

/// How well subjects beyond a bound are told from the others.
public struct CutoffAccuracy: Hashable, Codable, Sendable {
  /// The bound.
  public let cutoff: Cutoff
  /// The counts.
  public let counts: DetectionTable
  /// The share of subjects beyond the bound that were found.
  public let sensitivity: Statistic<Proportion>
  /// The share of the others that were confirmed.
  public let specificity: Statistic<Proportion>
  /// The share of those found that are beyond the bound.
  public let positivePredictiveValue: Statistic<Proportion>
  /// The share of those not found that are not beyond it.
  public let negativePredictiveValue: Statistic<Proportion>
  /// The harmonic mean of sensitivity and positive predictive value.
  public let f1: Statistic<Estimate>

  private enum CodingKeys: String, CodingKey {
    case cutoff, counts, sensitivity, specificity, f1
    case positivePredictiveValue = "ppv"
    case negativePredictiveValue = "npv"
  }

  /// Compares scores at a bound; throws `.invalid` for lists of unequal length.
  init(
    _ cutoff: Cutoff, reference: [Double], computed: [Double]
  ) throws(StatisticsError) {
    let counts = try DetectionTable(
      reference: reference.map(cutoff.holds), computed: computed.map(cutoff.holds))
    self.cutoff = cutoff
    self.counts = counts
    sensitivity = Statistic { () throws(StatisticsError) in try counts.sensitivity() }
    specificity = Statistic { () throws(StatisticsError) in try counts.specificity() }
    positivePredictiveValue = Statistic { () throws(StatisticsError) in
      try counts.positivePredictiveValue()
    }
    negativePredictiveValue = Statistic { () throws(StatisticsError) in
      try counts.negativePredictiveValue()
    }
    f1 = Statistic { () throws(StatisticsError) in try counts.f1() }
  }
}
