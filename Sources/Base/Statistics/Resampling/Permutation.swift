// SPDX-License-Identifier: Apache-2.0
import Concurrency
import Text

/// The result of a permutation test of two models on the same subjects.
public struct PermutationTest: Hashable, Codable, Sendable {
  /// The first model's statistic less the second's.
  public let difference: Double
  /// The two-sided p value.
  public let pValue: Double
  /// The number of random exchanges.
  public let permutations: Int

  private enum CodingKeys: String, CodingKey {
    case difference, permutations
    case pValue = "p"
  }
}

/// Tests whether two models differ in a statistic, by exchanging their results subject by subject.
///
/// ```swift
/// // Both models' absolute errors, subject by subject in the same order.
/// let error = try WeightedStatistic.mean("mean absolute error", of: firstErrors + secondErrors)
/// let test = try await permutationTest(error, permutations: 10_000, seed: 1)
/// ```
///
/// The statistic is that of the first model's pairs followed by the second's, subject by subject in
/// the same order; a permutation takes each subject's pair from the one or the other (Good 2005,
/// Permutation, Parametric and Bootstrap Tests of Hypotheses, ch. 3). p = (1 + permutations with at
/// least the difference)/(1 + permutations) (Phipson & Smyth 2010, doi:10.2202/1544-6115.1585); one
/// in which the statistic does not exist counts as at least as far, so p errs to the safe side.
/// Throws `.tooFew` below two subjects, `.constant` where the statistic does not exist for a model,
/// `.invalid` for an odd number of pairs or options out of range.
public func permutationTest(
  _ statistic: WeightedStatistic, permutations: Int = 10_000, seed: UInt64 = 0
) async throws(StatisticsError) -> PermutationTest {
  let subject = statistic.name
  guard statistic.count % 2 == 0, (1...10_000_000).contains(permutations) else {
    throw StatisticsError(
      .invalid, subject: subject,
      detail: "two models' pairs in 1 to 10,000,000 permutations are needed, not "
        + "\(counted(statistic.count, "pair")) in \(permutations)")
  }
  let n = statistic.count / 2
  guard n >= 2 else {
    throw StatisticsError(
      .tooFew, subject: subject, detail: "needs at least 2 subjects, there are \(n)")
  }
  guard permutations <= mostResampledValues / n else {
    throw StatisticsError(
      .resampling, subject: subject,
      detail:
        "\(permutations) permutations of \(counted(n, "subject")) would take hours; take fewer")
  }
  let firstOnly = [Double](repeating: 1, count: n) + [Double](repeating: 0, count: n)
  guard let first = statistic.value(firstOnly),
    let second = statistic.value(firstOnly.map { 1 - $0 })
  else {
    throw StatisticsError(
      .constant, subject: subject, detail: "it does not exist for one of the models")
  }
  let difference = first - second
  // Exchanges that give the same difference in another order of sums count as equal.
  let bound = abs(difference) - 1e-12 * max(abs(first), abs(second))
  let block = 250
  let extreme = await stride(from: 0, to: permutations, by: block).concurrentMap { start in
    var (taken, left) = (firstOnly, firstOnly)
    var extreme = 0
    for b in start..<min(start + block, permutations) {
      var stream = ResampleStream(seed: seed, resample: b)
      for i in 0..<n {
        let isFirst = stream.next() >> 63 == 0
        (taken[i], taken[n + i]) = isFirst ? (1, 0) : (0, 1)
        (left[i], left[n + i]) = isFirst ? (0, 1) : (1, 0)
      }
      guard let a = statistic.value(taken), let b = statistic.value(left) else {
        extreme += 1
        continue
      }
      if abs(a - b) >= bound { extreme += 1 }
    }
    return extreme
  }.reduce(0, +)
  return PermutationTest(
    difference: difference, pValue: Double(1 + extreme) / Double(1 + permutations),
    permutations: permutations)
}

/// p values corrected for being several (Holm 1979, Scand J Stat 6:65–70), in the order given.
///
/// Throws `.invalid` for a value outside 0 to 1.
public func holmCorrected(_ pValues: [Double]) throws(StatisticsError) -> [Double] {
  if let p = pValues.first(where: { !($0 >= 0 && $0 <= 1) }) {
    throw StatisticsError(
      .invalid, subject: "Holm's correction", detail: "the p value \(p) is not between 0 and 1")
  }
  var corrected = pValues
  var least = 0.0
  for (rank, i) in pValues.indices.sorted(by: { pValues[$0] < pValues[$1] }).enumerated() {
    least = max(least, min(Double(pValues.count - rank) * pValues[i], 1))
    corrected[i] = least
  }
  return corrected
}
