// SPDX-License-Identifier: Apache-2.0
import Evaluation

/// How metrics are shown: their names and digits. For display only: code finds a metric by its case.
extension Metric {
  /// What the metric is called in tables.
  var title: String {
    switch self {
    case .subjects: "subjects"
    case .pearson: "Pearson r"
    case .spearman: "Spearman ρ"
    case .linearKappa: "linear κ, five classes"
    case .quadraticKappa: "quadratic κ"
    case .sameClass: "same class"
    case .slope: "slope"
    case .intercept: "intercept"
    case .bias: "bias"
    case .limitsOfAgreement: "limits of agreement"
    case .meanAbsoluteError: "mean absolute error"
    case .maximum: "maximum, reference | computed"
    case .calciumSensitivity: "sensitivity for any calcium"
    case .calciumSpecificity: "specificity for any calcium"
    case .meanDice: "mean Dice"
    }
  }

  /// A shorter title for narrow columns.
  var shortTitle: String { self == .linearKappa ? "linear κ" : title }

  /// The digits behind the point: one for Agatston scores and for percent, three for coefficients.
  var decimals: Int {
    switch self {
    case .subjects: 0
    case .sameClass, .intercept, .bias, .limitsOfAgreement, .meanAbsoluteError, .maximum,
      .calciumSensitivity, .calciumSpecificity:
      1
    case .pearson, .spearman, .linearKappa, .quadraticKappa, .slope, .meanDice: 3
    }
  }

  /// A note that explains its value, where there is no other one.
  var note: String {
    self == .meanDice ? "over subjects where either mask has calcium" : ""
  }
}
