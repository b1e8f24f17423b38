// SPDX-License-Identifier: Apache-2.0
public import Statistics

/// How well a computed quantity agrees with its reference.
public struct QuantityAgreement: Hashable, Codable, Sendable {
  /// The number of subjects.
  public let count: Int
  /// Pearson's correlation.
  public let pearson: Statistic<Correlation>
  /// Spearman's correlation.
  public let spearman: Statistic<Correlation>
  /// The least-squares line, computed over reference.
  public let line: Statistic<Line>
  /// Limits of agreement of computed minus reference.
  public let blandAltman: Statistic<BlandAltman>
  /// Lin's concordance correlation.
  public let concordance: Statistic<Estimate>
  /// The intraclass correlation ICC(2,1) of reference and computed.
  public let intraclass: Statistic<Estimate>
  /// Deming's line with equal error variances, computed over reference.
  public let deming: Statistic<MethodLine>
  /// Passing and Bablok's line, computed over reference.
  public let passingBablok: Statistic<MethodLine>
  /// The mean absolute difference.
  public let meanAbsoluteError: Double
  /// The median absolute difference, which single large plaques do not move.
  public let medianAbsoluteError: Double

  private enum CodingKeys: String, CodingKey {
    case count = "n"
    case pearson, spearman, line, deming
    case concordance = "lin_concordance"
    case intraclass = "icc_2_1"
    case passingBablok = "passing_bablok"
    case blandAltman = "bland_altman"
    case meanAbsoluteError = "mean_absolute_error"
    case medianAbsoluteError = "median_absolute_error"
  }

  /// Compares paired values; `nil` without any pair.
  init?(reference: [Double], computed: [Double]) {
    let errors = zip(reference, computed).map { abs($1 - $0) }
    guard let meanError = try? mean(errors), let medianError = try? quantile(errors, 0.5)
    else { return nil }
    count = errors.count
    pearson = Statistic { () throws(StatisticsError) in try Statistics.pearson(reference, computed)
    }
    spearman = Statistic { () throws(StatisticsError) in
      try Statistics.spearman(reference, computed)
    }
    line = Statistic { () throws(StatisticsError) in
      try leastSquaresLine(x: reference, y: computed)
    }
    blandAltman = Statistic { () throws(StatisticsError) in
      try Statistics.blandAltman(computed, reference)
    }
    concordance = Statistic { () throws(StatisticsError) in
      try linConcordance(reference, computed)
    }
    intraclass = Statistic { () throws(StatisticsError) in
      try intraclassCorrelation(zip(reference, computed).map { [$0, $1] })
    }
    deming = Statistic { () throws(StatisticsError) in
      try demingLine(x: reference, y: computed)
    }
    passingBablok = Statistic { () throws(StatisticsError) in
      try passingBablokLine(x: reference, y: computed)
    }
    meanAbsoluteError = meanError
    medianAbsoluteError = medianError
  }
}
