// SPDX-License-Identifier: Apache-2.0

/// The distribution of a sum whose parts each count or not: that of Poisson and the binomial, with weights.
///
/// It is found by convolution, one part after the other, on a grid of values; nothing is drawn. Several
/// opinions about the parts, as of several networks, are mixed: within an opinion parts are independent,
/// and where opinions differ about many parts at once, these go together.
///
/// ```swift
/// let sum = CountedSum([(value: 120, chances: [0.9, 0.7]), (value: 40, chances: [0.2, 0.3])])
/// print(sum.quantile(0.05), sum.quantile(0.95))
/// ```
public struct CountedSum: Sendable {
  /// One part: what it adds, not negative, and its probability of counting, 0 to 1, by each opinion.
  public typealias Part = (value: Double, chances: [Double])

  /// The distance of the grid's values: a tenth, or a 20,000th of the sum of all parts.
  public let step: Double
  /// The probability of each multiple of the step, from 0.
  public let probabilities: [Double]
  /// The mean of the sum.
  public let mean: Double
  /// The variance of the sum.
  public let variance: Double
  /// What each part adds to the variance; these add up to it.
  ///
  /// The mean over opinions of v² p (1 − p), which is its own, and v times the covariance over opinions of
  /// p with the mean of the whole sum, which it shares with the parts that it goes together with.
  public let shares: [Double]

  /// The sum of parts; one with fewer opinions than others keeps its last, one without any never counts.
  public init(_ parts: [Part]) {
    let count = max(1, parts.map(\.chances.count).max() ?? 1)
    func chance(_ part: Part, _ opinion: Int) -> Double {
      guard let last = part.chances.last else { return 0 }
      let p = opinion < part.chances.count ? part.chances[opinion] : last
      return min(1, max(0, p))
    }
    let total = parts.reduce(0) { $0 + max(0, $1.value) }
    let step = max(0.1, total / 20_000)
    var mixed: [Double] = []
    var means: [Double] = []
    for opinion in 0..<count {
      var sums = [1.0]
      for part in parts where part.value > 0 {
        let p = chance(part, opinion)
        guard p > 0 else { continue }
        let shift = Int((part.value / step).rounded())
        var next = sums.map { $0 * (1 - p) } + Array(repeating: 0, count: shift)
        for i in sums.indices { next[i + shift] += sums[i] * p }
        sums = next
      }
      if mixed.count < sums.count {
        mixed += Array(repeating: 0, count: sums.count - mixed.count)
      }
      for i in sums.indices { mixed[i] += sums[i] / Double(count) }
      means.append(parts.reduce(0) { $0 + $1.value * chance($1, opinion) })
    }
    let middle = means.reduce(0, +) / Double(count)
    shares = parts.map { part in
      (0..<count).reduce(0) { sum, opinion in
        let p = chance(part, opinion)
        return sum
          + (part.value * part.value * p * (1 - p) + part.value * p * (means[opinion] - middle))
          / Double(count)
      }
    }
    (self.step, probabilities, mean) = (step, mixed, middle)
    variance = shares.reduce(0, +)
  }

  /// The least value up to which a share of the sums lies, 0 to 1.
  public func quantile(_ share: Double) -> Double {
    var sum = 0.0
    for (i, probability) in probabilities.enumerated() {
      sum += probability
      // Sums of products of probabilities are a little less than what they should be.
      if sum >= share - 1e-9 { return Double(i) * step }
    }
    return Double(max(0, probabilities.count - 1)) * step
  }

  /// The probability of the sums of which a condition holds.
  public func probability(where holds: (Double) -> Bool) -> Double {
    var sum = 0.0
    for (i, probability) in probabilities.enumerated() where holds(Double(i) * step) {
      sum += probability
    }
    return min(1, sum)
  }
}
