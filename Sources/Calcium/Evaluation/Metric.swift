// SPDX-License-Identifier: Apache-2.0
public import Statistics

/// A metric of a model's evaluation: the key by which tables, cards and comparisons find its value.
///
/// Raw values are the keys of the resampled metrics and of the differences between models in
/// `evaluation.json`. The name and the digits that a metric is shown with are decided where it is
/// shown.
///
/// ```swift
/// let model = try ModelEvaluation(name: "3d", table: table)
/// if case .number(let rho) = model.value(of: .spearman).value { print(rho) }
/// ```
public enum Metric: String, Codable, CodingKeyRepresentable, CaseIterable, Sendable {
  /// The number of subjects.
  case subjects
  /// Pearson's correlation of Agatston scores.
  case pearson
  /// Spearman's correlation of Agatston scores.
  case spearman
  /// Cohen's kappa of the five risk classes, with linear weights.
  case linearKappa = "linear_kappa"
  /// Cohen's kappa of the five risk classes, with quadratic weights.
  case quadraticKappa = "quadratic_kappa"
  /// The share of subjects whose computed risk class is the reference's.
  case sameClass = "same_class"
  /// The slope of the least-squares line, computed over reference.
  case slope
  /// The intercept of that line.
  case intercept
  /// The mean of computed less reference scores.
  case bias
  /// The limits of agreement of computed less reference scores.
  case limitsOfAgreement = "limits_of_agreement"
  /// The mean absolute difference.
  case meanAbsoluteError = "mean_absolute_error"
  /// The highest reference and the highest computed score.
  case maximum
  /// The share of subjects with calcium in whom some was found.
  case calciumSensitivity = "calcium_sensitivity"
  /// The share of subjects without calcium in whom none was found.
  case calciumSpecificity = "calcium_specificity"
  /// The mean Dice coefficient of the subjects that have one.
  case meanDice = "mean_dice"

  /// Those that resampling gives intervals to.
  public static let resampled: [Metric] = [
    .pearson, .spearman, .slope, .intercept, .linearKappa, .quadraticKappa, .bias,
    .meanAbsoluteError,
  ]

  /// Those that models are compared by; each is among the resampled ones.
  public static let compared: [Metric] = [
    .pearson, .spearman, .slope, .linearKappa, .bias, .meanAbsoluteError,
  ]
}

/// The value of a metric for one model, before anything is put into words.
public struct MetricValue: Hashable, Sendable {
  /// What a metric's value consists of.
  public enum Value: Hashable, Sendable {
    /// A count.
    case count(Int)
    /// A number in the metric's own unit.
    case number(Double)
    /// A share, 0 to 1.
    case share(Double)
    /// Two limits.
    case limits(Interval)
    /// One value of the reference, one of the computed scores.
    case pair(reference: Double, computed: Double)
    /// There is no value, for a reason if one is known.
    case undefined(String?)
  }

  /// The metric.
  public let metric: Metric
  /// Its value.
  public let value: Value
  /// The 95 % interval by formula; `nil` where there is none.
  public let interval: Interval?
  /// The p value of a correlation.
  public let pValue: Double?
  /// The bootstrap's result; `nil` where the metric is not resampled or there is no value.
  public let resampled: Statistic<Bootstrap>?

  /// A value; one that is undefined has no intervals.
  init(
    _ metric: Metric, _ value: Value, interval: Interval? = nil, pValue: Double? = nil,
    resampled: Statistic<Bootstrap>? = nil
  ) {
    self.metric = metric
    self.value = value
    self.interval = interval
    self.pValue = pValue
    if case .undefined = value { self.resampled = nil } else { self.resampled = resampled }
  }
}

extension ModelEvaluation {
  /// Every metric, in the order of `Metric.allCases`.
  public var metrics: [MetricValue] { Metric.allCases.map(value(of:)) }

  /// The value of a metric.
  public func value(of metric: Metric) -> MetricValue {
    func found(
      _ value: MetricValue.Value, _ interval: Interval? = nil, pValue: Double? = nil
    ) -> MetricValue {
      MetricValue(
        metric, value, interval: interval, pValue: pValue, resampled: resampled?[metric])
    }
    func correlation(_ statistic: Statistic<Correlation>) -> MetricValue {
      switch statistic {
      case .value(let r): found(.number(r.coefficient), r.interval, pValue: r.pValue)
      case .undefined(let reason): found(.undefined(reason))
      }
    }
    func kappa(_ statistic: Statistic<Kappa>) -> MetricValue {
      switch statistic {
      case .value(let kappa): found(.number(kappa.coefficient), kappa.interval)
      case .undefined(let reason): found(.undefined(reason))
      }
    }
    func share(_ statistic: Statistic<Proportion>?) -> MetricValue {
      switch statistic {
      case .value(let share): found(.share(share.share), share.interval)
      case .undefined(let reason): found(.undefined(reason))
      case nil: found(.undefined(nil))
      }
    }
    func line(_ value: (Line) -> (Double, Interval?)) -> MetricValue {
      switch agatston.line {
      case .value(let line):
        let (number, interval) = value(line)
        return found(.number(number), interval)
      case .undefined(let reason): return found(.undefined(reason))
      }
    }
    func blandAltman(_ value: (BlandAltman) -> MetricValue) -> MetricValue {
      switch agatston.blandAltman {
      case .value(let bland): value(bland)
      case .undefined(let reason): found(.undefined(reason))
      }
    }
    switch metric {
    case .subjects: return found(.count(agatston.count))
    case .pearson: return correlation(agatston.pearson)
    case .spearman: return correlation(agatston.spearman)
    case .linearKappa: return kappa(classes.linearKappa)
    case .quadraticKappa: return kappa(classes.quadraticKappa)
    case .sameClass: return share(classes.sameClass)
    case .slope: return line { ($0.slope, $0.slopeInterval) }
    case .intercept: return line { ($0.intercept, $0.interceptInterval) }
    case .bias: return blandAltman { found(.number($0.bias), $0.biasInterval) }
    case .limitsOfAgreement: return blandAltman { found(.limits($0.limits)) }
    case .meanAbsoluteError: return found(.number(agatston.meanAbsoluteError))
    case .maximum:
      return found(
        .pair(
          reference: heldOut.map(\.reference).max() ?? .nan,
          computed: heldOut.map(\.computed).max() ?? .nan))
    case .calciumSensitivity: return share(anyCalcium?.sensitivity)
    case .calciumSpecificity: return share(anyCalcium?.specificity)
    case .meanDice: return found(meanDice.map { .number($0) } ?? .undefined(nil))
    }
  }

  /// How well subjects with any calcium are told from those without.
  private var anyCalcium: CutoffAccuracy? { cutoffs.first { $0.cutoff == .any } }
}
