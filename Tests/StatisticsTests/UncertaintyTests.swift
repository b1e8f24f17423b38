// SPDX-License-Identifier: Apache-2.0
import Foundation
import Random
import Testing

@testable import Statistics

@Suite struct `The distribution of a sum whose parts count or not` {
  private static let parts: [CountedSum.Part] = [
    (3.2, [0.9, 0.5]), (10.1, [0.5, 0.9]), (40, [0.3, 0.2]), (0.7, [0.6, 0.6]), (25.5, [0.75]),
    (100, [0.1, 0.4]),
  ]

  /// Every subset with its probability, by each of two opinions.
  private static let subsets: [(sum: Double, chance: Double)] = (0..<2).flatMap { opinion in
    (0..<1 << parts.count).map { subset in
      var (sum, chance) = (0.0, 0.5)
      for (i, part) in parts.enumerated() {
        let isIn = subset >> i & 1 == 1
        let p = part.chances[min(opinion, part.chances.count - 1)]
        sum += isIn ? part.value : 0
        chance *= isIn ? p : 1 - p
      }
      return (sum, chance)
    }
  }

  @Test func `agrees with all subsets counted one by one`() {
    let sum = CountedSum(Self.parts)
    #expect(abs(sum.probabilities.reduce(0, +) - 1) < 1e-12)
    let mean = Self.subsets.reduce(0) { $0 + $1.sum * $1.chance }
    let variance = Self.subsets.reduce(0) { $0 + ($1.sum - mean) * ($1.sum - mean) * $1.chance }
    #expect(abs(sum.mean - mean) < 1e-9)
    #expect(abs(sum.variance - variance) < 1e-9)
    let sorted = Self.subsets.sorted { $0.sum < $1.sum }
    for share in [0.05, 0.3, 0.5, 0.95] {
      var total = 0.0
      let quantile = sorted.first {
        total += $0.chance
        return total >= share
      }
      #expect(abs(sum.quantile(share) - (quantile?.sum ?? .nan)) < 0.5)
    }
    let above = Self.subsets.reduce(0) { $0 + ($1.sum > 60 ? $1.chance : 0) }
    #expect(abs(sum.probability { $0 > 60 } - above) < 1e-9)
  }

  @Test func `shares its variance out among the parts`() {
    let sum = CountedSum(Self.parts)
    #expect(abs(sum.shares.reduce(0, +) - sum.variance) < 1e-9)
    #expect(sum.shares.indices.max { sum.shares[$0] < sum.shares[$1] } == 5)
    // Opinions that are sure, one of all parts and one of none: the parts share what they go together in.
    let together = CountedSum([(10, [0, 1]), (30, [0, 1])])
    #expect(abs(together.variance - 400) < 1e-9)
    #expect(abs(together.shares[0] - 100) < 1e-9 && abs(together.shares[1] - 300) < 1e-9)
    let certain = CountedSum([(10, [1]), (30, [0])])
    #expect(certain.variance == 0 && certain.quantile(0.05) == 10 && certain.quantile(0.95) == 10)
  }

  @Test func `is that of nothing without parts, and takes odd ones as they are meant`() {
    #expect(CountedSum([]).probabilities == [1] && CountedSum([]).quantile(0.95) == 0)
    let odd = CountedSum([(0, [0.5]), (5, []), (7, [2]), (9, [-1])])
    #expect(odd.quantile(0.01) == 7 && odd.quantile(0.99) == 7)
    // Many large parts stay on a grid of bounded size.
    let large = CountedSum(Array(repeating: (4_000, [0.5]), count: 40))
    #expect(large.probabilities.count < 20_100)
    #expect(abs(large.mean - 80_000) < 1e-6 && abs(large.quantile(0.5) - 80_000) <= 4_000)
  }
}

@Suite struct `A temperature of probabilities` {
  @Test(arguments: [0.5, 1, 2.5])
  func `is found from what happens`(truth: Double) throws {
    var random = SplitMix64(seed: 3)
    let outcomes = (0..<20_000).map { _ in
      let logit = Double.random(in: -6...6, using: &random)
      let happens = 1 / (1 + exp(-logit / truth)) > Double.random(in: 0..<1, using: &random)
      return (probability: 1 / (1 + exp(-logit)), happened: happens)
    }
    let found = try Temperature.fitted(to: outcomes)
    #expect(abs(found - truth) < 0.08 * truth)
  }

  @Test func `keeps a half, the order, and everything at 1`() {
    #expect(abs(Temperature.apply(3, to: 0.5) - 0.5) < 1e-12)
    #expect(Temperature.apply(1, to: 0.37) == 0.37)
    let some = [0, 0.01, 0.3, 0.9, 1].map { Temperature.apply(2, to: $0) }
    #expect(some == some.sorted() && Set(some).count == some.count)
    // Odds of 81 to 1 become 9 to 1.
    #expect(abs(Temperature.apply(2, to: 81 / 82) - 0.9) < 1e-9)
  }

  @Test func `does not exist where only one kind of thing happens`() {
    #expect(throws: StatisticsError.self) {
      _ = try Temperature.fitted(to: [(probability: 0.9, happened: true)])
    }
  }
}

@Suite struct `A conformal bound` {
  @Test func `is the score of the rank that the level asks for`() throws {
    let nine = (1...9).map(Double.init)
    #expect(try SplitConformal.bound(nine.shuffled(), level: 0.9) == 9)
    #expect(try SplitConformal.bound((1...19).map(Double.init), level: 0.9) == 18)
    #expect(try SplitConformal.bound(nine, level: 0.5) == 5)
    #expect(try SplitConformal.bound(nine.dropLast() + [.infinity], level: 0.9) == .infinity)
  }

  @Test func `says how many scores it needs`() {
    let error = #expect(throws: StatisticsError.self) {
      _ = try SplitConformal.bound([1, 2, 3, 4, 5, 6, 7, 8], level: 0.9)
    }
    #expect(error?.detail == "needs at least 9 scores, there are 8")
    #expect(throws: StatisticsError.self) { _ = try SplitConformal.bound([.nan], level: 0.5) }
  }

  @Test func `holds as many new ones as it promises, whatever their distribution`() throws {
    var random = SplitMix64(seed: 5)
    func draw() -> Double {
      // A heavy tail and an atom.
      let u = Double.random(in: 0..<1, using: &random)
      return u < 0.3 ? 0 : 1 / (1 - u)
    }
    var held = 0
    for _ in 0..<4_000 {
      let bound = try SplitConformal.bound((0..<19).map { _ in draw() }, level: 0.9)
      if draw() <= bound { held += 1 }
    }
    // 18 of 20 by theory; the standard deviation of the share is 0.0047.
    #expect(abs(Double(held) / 4_000 - 0.9) < 0.02)
  }
}
