// SPDX-License-Identifier: Apache-2.0
import Agatston
public import Statistics

/// How well the number of calcified arteries agrees, 0 to 4.
public struct VesselCountAgreement: Hashable, Codable, Sendable {
  /// The number of subjects of whom all four arteries are known on both sides.
  public let count: Int
  /// Counts by [reference number][computed number].
  public let confusion: ConfusionMatrix
  /// The share of subjects whose number was met.
  public let accuracy: Double?
  /// Cohen's kappa with linear weights.
  public let linearKappa: Statistic<Kappa>
  /// The mean of computed less reference numbers.
  public let bias: Double

  private enum CodingKeys: String, CodingKey {
    case confusion, accuracy, bias
    case count = "n"
    case linearKappa = "linear_kappa"
  }

  /// Counts the arteries of rows; `nil` where no row has all of them on both sides.
  init?(_ rows: [ResultRow]) {
    let pairs = rows.compactMap { row -> (Int, Int)? in
      guard let reference = row.reference.calcifiedArteries,
        let computed = row.computed.calcifiedArteries
      else { return nil }
      return (reference, computed)
    }
    let classes = Artery.allCases.count + 1
    guard let bias = try? mean(pairs.map { Double($1 - $0) }),
      let matrix = try? ConfusionMatrix(
        reference: pairs.map(\.0), computed: pairs.map(\.1), classes: classes)
    else { return nil }
    count = pairs.count
    confusion = matrix
    accuracy = matrix.accuracy
    linearKappa = Statistic { () throws(StatisticsError) in
      try cohenKappa(matrix, weights: .linear)
    }
    self.bias = bias
  }
}

extension SubjectScores {
  /// The number of arteries with calcium; `nil` unless all are known.
  fileprivate var calcifiedArteries: Int? {
    guard Artery.allCases.allSatisfy({ arteries[$0] != nil }) else { return nil }
    return arteries.values.count { $0 > 0 }
  }
}
