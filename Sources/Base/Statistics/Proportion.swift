// SPDX-License-Identifier: Apache-2.0
import Text

/// A share of subjects with its Wilson interval.
///
/// ```swift
/// let share = try Proportion(9, of: 10)
/// print(share.share, share.interval.lower, share.interval.upper)
/// ```
public struct Proportion: Hashable, Codable, Sendable {
  /// The number of subjects that are counted.
  public let successes: Int
  /// The number of subjects among whom they are counted.
  public let count: Int
  /// The share.
  public let share: Double
  /// The confidence interval (Wilson 1927, doi:10.1080/01621459.1927.10502953), within 0 to 1 and
  /// not empty for shares of 0 and 1.
  public let interval: Interval

  private enum CodingKeys: String, CodingKey {
    case successes, share, interval
    case count = "n"
  }

  /// A share of a count.
  ///
  /// Throws `.tooFew` for a count of 0, `.invalid` for a number outside 0 to the count.
  public init(
    _ successes: Int, of count: Int, level: Double = 0.95, subject: String = "proportion"
  ) throws(StatisticsError) {
    try requireLevel(level, of: subject)
    guard count > 0 else {
      throw StatisticsError(
        .tooFew, subject: subject, detail: "needs at least 1 subject, there is 0")
    }
    guard (0...count).contains(successes) else {
      throw StatisticsError(
        .invalid, subject: subject, detail: "\(successes) are not a number of \(count)")
    }
    let (n, p) = (Double(count), Double(successes) / Double(count))
    let z = try NormalDistribution.quantile(0.5 + level / 2)
    let middle = (p + z * z / (2 * n)) / (1 + z * z / n)
    let half = z / (1 + z * z / n) * (p * (1 - p) / n + z * z / (4 * n * n)).squareRoot()
    self.successes = successes
    self.count = count
    share = p
    interval = Interval(
      lower: successes == 0 ? 0 : middle - half, upper: successes == count ? 1 : middle + half)
  }
}

/// The four counts of a binary classification against a reference.
public struct DetectionTable: Hashable, Codable, Sendable {
  /// The subjects that are positive in both.
  public let truePositives: Int
  /// The subjects that only the computed answers call positive.
  public let falsePositives: Int
  /// The subjects that only the reference calls positive.
  public let falseNegatives: Int
  /// The subjects that are negative in both.
  public let trueNegatives: Int

  private enum CodingKeys: String, CodingKey {
    case truePositives = "true_positives"
    case falsePositives = "false_positives"
    case falseNegatives = "false_negatives"
    case trueNegatives = "true_negatives"
  }

  /// Counts pairs of answers.
  ///
  /// Throws `.invalid` for unequal lengths.
  public init(reference: [Bool], computed: [Bool]) throws(StatisticsError) {
    guard reference.count == computed.count else {
      throw StatisticsError(
        .invalid, subject: "detection",
        detail:
          "\(counted(reference.count, "answer is", "answers are")) paired with \(computed.count)")
    }
    func count(_ r: Bool, _ c: Bool) -> Int {
      zip(reference, computed).count { $0 == r && $1 == c }
    }
    truePositives = count(true, true)
    falsePositives = count(false, true)
    falseNegatives = count(true, false)
    trueNegatives = count(false, false)
  }

  /// The share of the reference's positives that were found.
  ///
  /// Throws `.tooFew` without positives; the other shares throw where their denominator is 0.
  public func sensitivity(level: Double = 0.95) throws(StatisticsError) -> Proportion {
    try Proportion(
      truePositives, of: truePositives + falseNegatives, level: level, subject: "sensitivity")
  }

  /// The share of the reference's negatives that were confirmed.
  public func specificity(level: Double = 0.95) throws(StatisticsError) -> Proportion {
    try Proportion(
      trueNegatives, of: trueNegatives + falsePositives, level: level, subject: "specificity")
  }

  /// The share of computed positives that are right.
  public func positivePredictiveValue(level: Double = 0.95) throws(StatisticsError) -> Proportion {
    try Proportion(
      truePositives, of: truePositives + falsePositives, level: level,
      subject: "positive predictive value")
  }

  /// The share of computed negatives that are right.
  public func negativePredictiveValue(level: Double = 0.95) throws(StatisticsError) -> Proportion {
    try Proportion(
      trueNegatives, of: trueNegatives + falseNegatives, level: level,
      subject: "negative predictive value")
  }

  /// F1, the harmonic mean of sensitivity and positive predictive value.
  ///
  /// F1 = 2J/(1 + J) grows with Jaccard's index J, which is a share of those with a yes in either;
  /// J's Wilson interval is carried over. Throws `.tooFew` without a yes in either.
  public func f1(level: Double = 0.95) throws(StatisticsError) -> Estimate {
    let jaccard = try Proportion(
      truePositives, of: truePositives + falsePositives + falseNegatives, level: level,
      subject: "F1")
    func f1(_ j: Double) -> Double { 2 * j / (1 + j) }
    return Estimate(
      value: f1(jaccard.share),
      interval: Interval(lower: f1(jaccard.interval.lower), upper: f1(jaccard.interval.upper)))
  }
}

/// A number with its confidence interval.
public struct Estimate: Hashable, Codable, Sendable {
  /// The number.
  public let value: Double
  /// The confidence interval; `nil` where there are too few subjects for one.
  public let interval: Interval?

  /// A number with its interval.
  public init(value: Double, interval: Interval?) {
    self.value = value
    self.interval = interval
  }
}
