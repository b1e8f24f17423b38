// SPDX-License-Identifier: Apache-2.0

/// Whether groups differ in their events over time: the log-rank test (Mantel 1966).
public struct LogRank: Hashable, Sendable {
  /// The statistic, χ² with `degrees` degrees of freedom under equal hazards.
  public let statistic: Double
  /// The number of groups less one.
  public let degrees: Int
  /// The events observed in each group, in the order of the group numbers.
  public let observed: [Double]
  /// The events expected in each group under equal hazards.
  public let expected: [Double]

  /// Compares groups, within strata where they are given.
  ///
  /// - Throws: `SurvivalError` for fewer than two groups, or no event.
  public init(_ data: SurvivalData, groups: [Int], strata: [Int]? = nil) throws(SurvivalError) {
    let names = Set(groups).sorted()
    guard groups.count == data.count, names.count > 1 else {
      throw SurvivalError("a comparison needs two groups, and a group for each subject")
    }
    guard data.events.contains(true) else { throw SurvivalError("no event") }
    let k = names.count
    var numbers: [Int: Int] = [:]
    for (number, name) in names.enumerated() { numbers[name] = number }
    var observed = Array(repeating: 0.0, count: k)
    var expected = observed
    var variance = SymmetricMatrix(size: k - 1)
    for members in Dictionary(grouping: 0..<data.count, by: { strata?[$0] ?? 0 }).values {
      let order = members.sorted { data.times[$0] > data.times[$1] }
      var risk = Array(repeating: 0.0, count: k)
      var start = 0
      while start < order.count {
        var end = start
        var deaths = Array(repeating: 0.0, count: k)
        while end < order.count, data.times[order[end]] == data.times[order[start]] {
          let i = order[end]
          let g = numbers[groups[i]] ?? 0
          risk[g] += data.weights[i]
          if data.events[i] { deaths[g] += data.weights[i] }
          end += 1
        }
        let (d, n) = (deaths.reduce(0, +), risk.reduce(0, +))
        if d > 0 {
          for g in 0..<k {
            observed[g] += deaths[g]
            expected[g] += d * risk[g] / n
          }
          let factor = n > 1 ? d * (n - d) / (n - 1) : 0
          for a in 0..<k - 1 {
            for b in 0..<k - 1 {
              let share = risk[a] / n
              variance[a, b] += factor * ((a == b ? share : 0) - share * risk[b] / n)
            }
          }
        }
        start = end
      }
    }
    guard let inverse = variance.inverse else {
      throw SurvivalError("the groups are never watched at the same time")
    }
    let difference = (0..<k - 1).map { observed[$0] - expected[$0] }
    let product = inverse.times(difference)
    statistic = zip(difference, product).reduce(0) { $0 + $1.0 * $1.1 }
    degrees = k - 1
    self.observed = observed
    self.expected = expected
  }
}
