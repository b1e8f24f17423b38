// SPDX-License-Identifier: Apache-2.0
public import Agatston
public import Statistics

/// A statistic, or the sentence that says why it does not exist for these subjects.
public enum Statistic<Value: Codable & Hashable & Sendable>: Hashable, Sendable {
  /// The statistic exists.
  case value(Value)
  /// It does not, for the reason given.
  case undefined(String)

  /// Computes a statistic and keeps a refusal as its reason.
  init(_ body: () throws(StatisticsError) -> Value) {
    do {
      self = .value(try body())
    } catch {
      self = .undefined(error.description)
    }
  }

  /// The statistic, if it exists.
  public var value: Value? {
    if case .value(let value) = self { value } else { nil }
  }
}

extension Statistic: Codable {
  private enum CodingKeys: String, CodingKey { case undefined }

  /// Writes the value, or an object with the key "undefined" and the reason.
  public func encode(to encoder: any Encoder) throws {
    switch self {
    case .value(let value): try value.encode(to: encoder)
    case .undefined(let reason):
      var container = encoder.container(keyedBy: CodingKeys.self)
      try container.encode(reason, forKey: .undefined)
    }
  }

  /// Reads what `encode(to:)` writes.
  public init(from decoder: any Decoder) throws {
    if let container = try? decoder.container(keyedBy: CodingKeys.self),
      let reason = try container.decodeIfPresent(String.self, forKey: .undefined)
    {
      self = .undefined(reason)
    } else {
      self = .value(try Value(from: decoder))
    }
  }
}

/// How well a computed quantity agrees with its reference.
public struct Agreement: Hashable, Codable, Sendable {
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

/// How well the computed risk classes of the seed study agree with the reference's.
public struct ClassAgreement: Hashable, Codable, Sendable {
  /// The classes, in order.
  public let classes: [SeedClass]
  /// Counts by [reference class][computed class].
  public let confusion: ConfusionMatrix
  /// Cohen's kappa with linear weights.
  public let linearKappa: Statistic<Kappa>
  /// Cohen's kappa with quadratic weights.
  public let quadraticKappa: Statistic<Kappa>
  /// The share of subjects in their class.
  public let accuracy: Double?
  /// That share with its Wilson interval.
  public let sameClass: Statistic<Proportion>
  /// For each class the share of its subjects that were found; `nil` for an empty class.
  public let sensitivities: [Double?]

  private enum CodingKeys: String, CodingKey {
    case classes, confusion, accuracy, sensitivities
    case sameClass = "same_class"
    case linearKappa = "linear_kappa"
    case quadraticKappa = "quadratic_kappa"
  }

  init(reference: [SeedClass], computed: [SeedClass]) throws(StatisticsError) {
    classes = SeedClass.allCases
    let matrix = try ConfusionMatrix(
      reference: reference.map(\.index), computed: computed.map(\.index), classes: classes.count)
    confusion = matrix
    linearKappa = Statistic { () throws(StatisticsError) in
      try cohenKappa(matrix, weights: .linear)
    }
    quadraticKappa = Statistic { () throws(StatisticsError) in
      try cohenKappa(matrix, weights: .quadratic)
    }
    accuracy = matrix.accuracy
    sameClass = Statistic { () throws(StatisticsError) in
      try Proportion(
        matrix.counts.indices.reduce(0) { $0 + matrix.counts[$1][$1] }, of: matrix.total,
        subject: "share in the same class")
    }
    sensitivities = matrix.sensitivities
  }
}
