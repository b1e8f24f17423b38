// SPDX-License-Identifier: Apache-2.0
public import Agatston
public import Statistics

/// How well the computed risk classes, the Erasmus study's five, agree with the reference's.
public struct ClassAgreement: Hashable, Codable, Sendable {
  /// The classes, in order.
  public let classes: [FiveClassRisk]
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

  init(reference: [FiveClassRisk], computed: [FiveClassRisk]) throws(StatisticsError) {
    classes = FiveClassRisk.allCases
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
