// SPDX-License-Identifier: Apache-2.0
import Agatston
import Testing

@testable import Scoring

@Suite struct `The range of a score` {
  @Test func `is the score alone where every candidate is certain`() {
    let range = ScoreRange([(120, [1]), (30.5, [1]), (900, [0])], score: 150.5)
    #expect(abs(range.low - 150.5) < 0.1 && abs(range.high - 150.5) < 0.1)
    #expect(range.classes == [.moderate])
    #expect(ScoreRange([], score: 0).classes == [.zero])
  }

  @Test(arguments: [(0.03, 0.0, 0.0), (0.2, 0, 50), (0.8, 0, 50), (0.97, 50, 50)])
  func `holds the one candidate that is more likely than a twentieth`(
    chance: Double, low: Double, high: Double
  ) {
    let range = ScoreRange([(50, [chance])], score: chance > 0.5 ? 50 : 0)
    #expect(abs(range.low - low) < 0.2 && abs(range.high - high) < 0.2)
  }

  @Test func `agrees with all subsets counted one by one`() {
    let candidates: [(points: Double, chance: Double)] = [
      (3.2, 0.9), (10.1, 0.5), (40, 0.3), (0.7, 0.6), (25.5, 0.75), (100, 0.1),
    ]
    var sums: [(sum: Double, chance: Double)] = []
    for subset in 0..<1 << candidates.count {
      var (sum, chance) = (0.0, 1.0)
      for (i, candidate) in candidates.enumerated() {
        let isIn = subset >> i & 1 == 1
        sum += isIn ? candidate.points : 0
        chance *= isIn ? candidate.chance : 1 - candidate.chance
      }
      sums.append((sum, chance))
    }
    sums.sort { $0.sum < $1.sum }
    func quantile(_ share: Double) -> Double {
      var total = 0.0
      return sums.first {
        total += $0.chance; return total >= share
      }?.sum ?? 0
    }
    let range = ScoreRange(candidates.map { ($0.points, [$0.chance]) }, score: 38.8)
    #expect(abs(range.low - quantile(0.05)) < 0.5)
    #expect(abs(range.high - quantile(0.95)) < 0.5)
  }

  @Test func `is wide where the places of the localiser's cubes disagree about all at once`() {
    // Each place is sure, one of all, the other of none.
    let range = ScoreRange(Array(repeating: (40, [0.0, 1]), count: 5), score: 0)
    #expect(range.low == 0 && abs(range.high - 200) < 0.5)
    // A candidate that was not looked at again keeps its chance.
    let kept = ScoreRange([(40, [0, 1, 1]), (10, [1])], score: 10)
    #expect(abs(kept.low - 10) < 0.2 && abs(kept.high - 50) < 0.2)
  }

  @Test func `holds the score that is reported, and names every class that it meets`() {
    // Many unlikely candidates, none of which is counted.
    let range = ScoreRange(Array(repeating: (20, [0.4]), count: 30), score: 0)
    #expect(range.low == 0 && range.high > 200)
    #expect(range.classes == [.zero, .minimal, .mild, .moderate])
  }
}
