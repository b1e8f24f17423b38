// SPDX-License-Identifier: Apache-2.0
import Text

/// A statistic of a sample in which each subject counts a number of times.
///
/// A resample of n subjects is a list of n counts. Everything that depends on the subjects alone
/// (their order, their deviations from the mean, their classes) is therefore computed once and not in
/// each resample.
///
/// ```swift
/// let error = try WeightedStatistic.mean("mean error", of: differences)
/// let whole = error.value([Double](repeating: 1, count: differences.count))
/// ```
public struct WeightedStatistic: Sendable {
  /// The statistic's name.
  public let name: String
  /// The number of subjects, and so of counts.
  public let count: Int
  /// The value for the subjects' counts; `nil` where it does not exist for them.
  public let value: @Sendable (_ counts: [Double]) -> Double?

  /// The values that the statistic can take, which its intervals never pass; `nil` for no bounds.
  public let bounds: ClosedRange<Double>?

  /// A statistic of a fixed list of subjects.
  public init(
    _ name: String, count: Int, bounds: ClosedRange<Double>? = nil,
    value: @escaping @Sendable (_ counts: [Double]) -> Double?
  ) {
    self.name = name
    self.count = count
    self.bounds = bounds
    self.value = value
  }

  /// The mean of values, one a subject: of the differences, for example, or of ones and zeros.
  ///
  /// Throws `.tooFew` without values, or `.notFinite`.
  public static func mean(
    _ name: String, of values: [Double], bounds: ClosedRange<Double>? = nil
  ) throws(StatisticsError) -> WeightedStatistic {
    try require(values, atLeast: 1, of: name)
    let middle = centre(values)
    let rest = values.map { $0 - middle }
    return WeightedStatistic(name, count: values.count, bounds: bounds) { counts in
      var (sum, total) = (0.0, 0.0)
      for i in rest.indices {
        sum += counts[i] * rest[i]
        total += counts[i]
      }
      return total > 0 ? middle + sum / total : nil
    }
  }

  /// Cohen's weighted kappa of class indices below `classes`.
  ///
  /// Throws like `ConfusionMatrix`.
  public static func kappa(
    reference: [Int], computed: [Int], classes: Int, weights: KappaWeights
  ) throws(StatisticsError) -> WeightedStatistic {
    _ = try ConfusionMatrix(reference: reference, computed: computed, classes: classes)
    let cells = zip(reference, computed).map { $0 * classes + $1 }
    let disagreements = (0..<classes * classes).map {
      weights.disagreement($0 / classes, $0 % classes)
    }
    return WeightedStatistic(
      "\(weights.rawValue) kappa", count: cells.count, bounds: -1...1
    ) { counts in
      var table = [Double](repeating: 0, count: classes * classes)
      for i in cells.indices { table[cells[i]] += counts[i] }
      var rows = [Double](repeating: 0, count: classes)
      var columns = rows
      var (observed, expected, total) = (0.0, 0.0, 0.0)
      for c in table.indices where table[c] > 0 {
        observed += disagreements[c] * table[c]
        rows[c / classes] += table[c]
        columns[c % classes] += table[c]
        total += table[c]
      }
      for c in table.indices {
        expected += disagreements[c] * rows[c / classes] * columns[c % classes]
      }
      return expected > 0 ? 1 - observed * total / expected : nil
    }
  }

  /// The difference of two statistics of the same subjects, for example of two models.
  ///
  /// Throws `.invalid` where the numbers of subjects differ.
  public static func difference(
    _ first: WeightedStatistic, _ second: WeightedStatistic
  ) throws(StatisticsError) -> WeightedStatistic {
    guard first.count == second.count else {
      throw StatisticsError(
        .invalid, subject: first.name,
        detail:
          "\(counted(first.count, "subject is", "subjects are")) compared with \(second.count)")
    }
    var bounds: ClosedRange<Double>?
    if let a = first.bounds, let b = second.bounds {
      bounds = (a.lowerBound - b.upperBound)...(a.upperBound - b.lowerBound)
    }
    return WeightedStatistic(first.name, count: first.count, bounds: bounds) { counts in
      guard let a = first.value(counts), let b = second.value(counts) else { return nil }
      return a - b
    }
  }
}
