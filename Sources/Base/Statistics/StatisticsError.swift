// SPDX-License-Identifier: Apache-2.0
import Text

@_exported public import Errors

/// A statistic that does not exist for the numbers given.
public struct StatisticsError: SubjectError, Hashable, Sendable {
  /// Why it does not exist.
  public enum Code: String, Codable, Sendable {
    /// There are too few values.
    case tooFew
    /// All values of a variable, or all ratings, are the same.
    case constant
    /// A value is NaN or infinite.
    case notFinite
    /// Resamples of the values lack the statistic, or say nothing about it.
    case resampling
    /// Paired lists differ in length, or a parameter lies outside its range.
    case invalid
  }

  /// Why it does not exist.
  public let code: Code
  /// The statistic.
  public let subject: String
  /// What was wrong.
  public let detail: String

  /// An error about a statistic.
  public init(_ code: Code, subject: String, detail: String) {
    self.code = code
    self.subject = subject
    self.detail = detail
  }
}

/// A confidence interval.
public struct Interval: Hashable, Codable, Sendable {
  /// The lower end.
  public let lower: Double
  /// The upper end.
  public let upper: Double

  /// An interval from its ends.
  public init(lower: Double, upper: Double) {
    self.lower = lower
    self.upper = upper
  }

  /// The interval cut to the values that its statistic can take.
  func within(_ bounds: ClosedRange<Double>) -> Interval {
    func cut(_ value: Double) -> Double {
      min(max(value, bounds.lowerBound), bounds.upperBound)
    }
    return Interval(lower: cut(lower), upper: cut(upper))
  }
}

/// Throws unless values are finite and at least `count`.
func require(
  _ values: [Double], atLeast count: Int, of subject: String
) throws(StatisticsError) {
  if let i = values.firstIndex(where: { !$0.isFinite }) {
    throw StatisticsError(
      .notFinite, subject: subject, detail: "value \(i + 1) is \(values[i]), not a number to use")
  }
  if values.count < count {
    throw StatisticsError(
      .tooFew, subject: subject,
      detail:
        "needs at least \(counted(count, "value")), there \(values.count == 1 ? "is" : "are") \(values.count)"
    )
  }
}

/// Throws unless two lists are paired, finite and at least `count` long.
func require(
  _ x: [Double], _ y: [Double], atLeast count: Int, of subject: String
) throws(StatisticsError) {
  if x.count != y.count {
    throw StatisticsError(
      .invalid, subject: subject,
      detail: "\(counted(x.count, "value is", "values are")) paired with \(y.count)")
  }
  try require(x, atLeast: count, of: subject)
  try require(y, atLeast: count, of: subject)
}

/// Throws unless results are finite, which those of huge values are not.
func requireFinite(
  _ results: Double..., of subject: String
) throws(StatisticsError) {
  if results.contains(where: { !$0.isFinite }) {
    throw StatisticsError(.notFinite, subject: subject, detail: "the values are too large")
  }
}

/// Throws unless a confidence level lies between 0 and 1.
func requireLevel(_ level: Double, of subject: String) throws(StatisticsError) {
  if !(level > 0 && level < 1) {
    throw StatisticsError(
      .invalid, subject: subject, detail: "the confidence level \(level) is not between 0 and 1")
  }
}
