// SPDX-License-Identifier: Apache-2.0
package import Agatston
import Foundation
import Segmentation
import Statistics

/// The range of a score that the model's own doubts leave.
///
/// The middle 90 % of the sums that its probabilities make possible, and the score itself. Where the model
/// was calibrated, both ends are moved apart until so many of the scans of its calibration lie within that
/// another scan like these does with a probability of 90 %: conformalised quantiles (Romano 2019, "Conformalized
/// quantile regression", NeurIPS, algorithm 1), on a logarithmic scale, since errors grow with the score.
/// A range that holds 0 alone stays: margins are of rims, and no calcium has none.
///
/// It says nothing of scans unlike those of the calibration, nor of another scan of the same person,
/// which differs by 10 to 20 % by itself.
package struct ScoreRange: Encodable, Hashable, Sendable {
  /// The share of the sums, or of the scans, that lie within.
  package static let level = 0.9

  /// The lower end in Agatston points.
  package let low: Double
  /// The upper end in Agatston points.
  package let high: Double
  /// Whether it holds as many scans as it says, where they are like those of the calibration.
  let isCalibrated: Bool

  private enum CodingKeys: String, CodingKey { case low, high, method, level }

  /// The range of a score.
  ///
  /// - Parameters:
  ///   - sum: the distribution of the sum of all candidates that may count.
  ///   - score: the score that is reported.
  ///   - margin: by how much the logarithms of 1 + the ends are moved; `nil` without a calibration.
  init(_ sum: CountedSum, score: Double, margin: Double? = nil) {
    let ends = Self.ends(sum, score: score)
    isCalibrated = margin != nil
    let factor = exp(margin ?? 0)
    low = max(0, (1 + ends.low) / factor - 1)
    high = ends.high > 0 ? (1 + ends.high) * factor - 1 : 0
  }

  /// The ends without a margin.
  private static func ends(_ sum: CountedSum, score: Double) -> (low: Double, high: Double) {
    (
      min(score, sum.quantile((1 - level) / 2)), max(score, sum.quantile((1 + level) / 2))
    )
  }

  /// The least margin with which the range of a score holds the truth; infinite where none does.
  static func margin(toHold truth: Double, _ sum: CountedSum, score: Double) -> Double {
    let ends = ends(sum, score: score)
    if truth > 0, ends.high == 0 { return .infinity }
    return max(log1p(ends.low) - log1p(truth), log1p(truth) - log1p(ends.high))
  }

  /// How the range was found.
  var method: String {
    isCalibrated ? "candidate probabilities, conformal" : "candidate probabilities"
  }

  /// The customary classes that it meets, the lowest first.
  package var classes: [StandardClass] {
    let all = StandardClass.allCases
    guard let first = StandardClass(agatston: low).flatMap(all.firstIndex),
      let last = StandardClass(agatston: high).flatMap(all.firstIndex), first <= last
    else { return [] }
    return Array(all[first...last])
  }

  /// Writes the ends, and what they mean.
  package func encode(to encoder: any Encoder) throws {
    var container = encoder.container(keyedBy: CodingKeys.self)
    try container.encode(low, forKey: .low)
    try container.encode(high, forKey: .high)
    try container.encode(method, forKey: .method)
    try container.encode(Self.level, forKey: .level)
  }
}
