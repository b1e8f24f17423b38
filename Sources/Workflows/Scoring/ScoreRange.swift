// SPDX-License-Identifier: Apache-2.0

/// The range of a score that the classifier's own doubts leave, where they are right.
///
/// Each candidate counts with its probability of being coronary calcium, independently of the others.
/// The localiser is asked with its cubes at several places; the distributions of the score that follow
/// from each are mixed. The range holds 90 % of that, and the score itself. It says nothing of what the
/// localiser missed, of motion, or of another scan of the same person, which differs by 10 to 20 % by
/// itself.
struct ScoreRange: Encodable, Hashable, Sendable {
  /// How the range is found.
  static let method = "candidate probabilities"
  /// The share of the sums that lie within.
  static let level = 0.9

  /// The lower end in Agatston points.
  let low: Double
  /// The upper end in Agatston points.
  let high: Double

  private enum CodingKeys: String, CodingKey { case low, high, method, level }

  /// The range of a score.
  ///
  /// - Parameters:
  ///   - candidates: the points of each candidate and its probabilities, 0 to 1, for each place of the
  ///     localiser's cubes; one that has fewer keeps its last.
  ///   - score: the score that is reported.
  init(_ candidates: [(points: Double, chances: [Double])], score: Double) {
    let open = candidates.filter { $0.points > 0 && $0.chances.contains { $0 > 0.001 } }
    let total = open.reduce(0) { $0 + $1.points }
    // Steps of a tenth of a point, or of a 20,000th of the largest possible score.
    let step = max(0.1, total / 20_000)
    let places = max(1, open.map(\.chances.count).max() ?? 1)
    var chances: [Double] = []
    for place in 0..<places {
      let sums = Self.sums(
        open.map { ($0.points, $0.chances[min(place, $0.chances.count - 1)]) }, step: step)
      if chances.isEmpty { chances = Array(repeating: 0, count: sums.count) }
      for i in sums.indices { chances[i] += sums[i] / Double(places) }
    }
    func quantile(_ share: Double) -> Double {
      var sum = 0.0
      for (i, chance) in chances.enumerated() {
        sum += chance
        // Sums of products of probabilities are a little less than what they should be.
        if sum >= share - 1e-9 { return Double(i) * step }
      }
      return total
    }
    low = min(score, quantile((1 - Self.level) / 2))
    high = max(score, quantile((1 + Self.level) / 2))
  }

  /// The probability of each sum, in steps of some points.
  private static func sums(_ candidates: [(points: Double, chance: Double)], step: Double)
    -> [Double]
  {
    var chances = [1.0]
    for candidate in candidates {
      let shift = Int((candidate.points / step).rounded())
      let p = min(1, max(0, candidate.chance))
      var next = chances.map { $0 * (1 - p) } + Array(repeating: 0, count: shift)
      for i in chances.indices { next[i + shift] += chances[i] * p }
      chances = next
    }
    return chances
  }

  /// Writes the ends, and what they mean.
  func encode(to encoder: any Encoder) throws {
    var container = encoder.container(keyedBy: CodingKeys.self)
    try container.encode(low, forKey: .low)
    try container.encode(high, forKey: .high)
    try container.encode(Self.method, forKey: .method)
    try container.encode(Self.level, forKey: .level)
  }
}
