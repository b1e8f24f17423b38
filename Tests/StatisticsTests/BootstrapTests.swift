// SPDX-License-Identifier: Apache-2.0
import Foundation
import Statistics
import TestSupport
import Testing

/// The five risk classes of the Erasmus study, as the script that made the golden numbers has them.
private func classes(_ scores: [Double]) -> [Int] {
  scores.map { score in [1, 10, 100, 400].count { score >= $0 } }
}

private func statistics(_ x: [Double], _ y: [Double]) throws -> [String: WeightedStatistic] {
  let sample = try PairedSample(x: x, y: y)
  return [
    "pearson": sample.pearson, "spearman": sample.spearman, "slope": sample.slope,
    "intercept": sample.intercept, "mean_difference": try sample.meanDifference,
    "mean_absolute_difference": try sample.meanAbsoluteDifference,
    "kappa": try .kappa(
      reference: classes(x), computed: classes(y), classes: 5, weights: .linear),
  ]
}

private func pairs(_ n: Int, seed: UInt64 = 3) -> (x: [Double], y: [Double]) {
  var rng = SplitMix64(seed: seed)
  let x = (0..<n).map { $0 % 3 == 0 ? 0 : Double.random(in: 0...500, using: &rng).rounded() }
  return (x, x.map { max(0, ($0 * 0.9 + Double.random(in: -30...30, using: &rng)).rounded()) })
}

@Suite struct `A bootstrap` {
  @Test(arguments: [
    (BootstrapMethod.bca, 2), (.percentile, 4),
  ]) func `has SciPy's intervals for the same resamples`(method: BootstrapMethod, at: Int)
    async throws
  {
    for golden in try Golden.load().bootstraps {
      let all = try statistics(golden.x, golden.y).sorted { $0.key < $1.key }
      #expect(all.count == golden.statistics.count)
      let results = await bootstrap(
        all.map(\.value),
        BootstrapOptions(resamples: golden.resamples, seed: golden.seed, method: method))
      for ((key, _), result) in try pairs(all, results) {
        let (ours, theirs) = (try result.get(), try #require(golden.statistics[key]))
        let label = "\(golden.name) \(key)"
        #expect(ours.resamples == golden.resamples && ours.undefined == 0)
        #expect(agree(ours.estimate, theirs[0], floor: 1e-12), "\(label)")
        #expect(agree(ours.deviation, theirs[1], floor: 1e-12), "\(label)")
        #expect(agree(ours.interval.lower, theirs[at], floor: 1e-12), "\(label)")
        #expect(agree(ours.interval.upper, theirs[at + 1], floor: 1e-12), "\(label)")
      }
    }
  }

  @Test func `of the Erasmus study is one standard deviation of 100 resamples`() async throws {
    let (x, y) = pairs(60)
    let result = try await bootstrap([PairedSample(x: x, y: y).pearson], .erasmusStudy)[0].get()
    #expect(result.resamples == 100)
    #expect(abs(result.interval.upper - result.estimate - result.deviation) < 1e-15)
    #expect(abs(result.estimate - result.interval.lower - result.deviation) < 1e-15)
    #expect(result.biasCorrection == nil && result.acceleration == nil)
  }

  @Test func `does not pass the bounds of its statistic`() async throws {
    let mean = try WeightedStatistic.mean("mean", of: [0, 1, 2, 3, 4, 5], bounds: 0...3)
    for method in [BootstrapMethod.deviation, .percentile] {
      let options = BootstrapOptions(resamples: 200, method: method)
      let result = try await bootstrap([mean], options)[0].get()
      #expect(result.estimate == 2.5 && result.deviation > 0.5)
      #expect(result.interval.upper == 3 && result.interval.lower >= 0)
    }
    #expect(try PairedSample(x: [1, 2, 3], y: [1, 3, 2]).spearman.bounds == -1...1)
  }

  @Test func `counts what the plain statistic says of the subjects written out`() throws {
    // Ties, zeros, subjects that are missing and subjects that come thrice.
    let (x, y) = pairs(80)
    var rng = SplitMix64(seed: 11)
    for _ in 0..<50 {
      let counts = x.map { _ in Double([0, 0, 1, 1, 3].randomElement(using: &rng) ?? 0) }
      let drawn = x.indices.flatMap { [Int](repeating: $0, count: Int(counts[$0])) }
      let (a, b) = (drawn.map { x[$0] }, drawn.map { y[$0] })
      let line = try leastSquaresLine(x: a, y: b)
      let matrix = try ConfusionMatrix(reference: classes(a), computed: classes(b), classes: 5)
      let plain = [
        "pearson": try pearson(a, b).coefficient, "spearman": try spearman(a, b).coefficient,
        "slope": line.slope, "intercept": line.intercept,
        "kappa": try cohenKappa(matrix, weights: .linear).coefficient,
        "mean_difference": try mean(zip(a, b).map { $1 - $0 }),
        "mean_absolute_difference": try mean(zip(a, b).map { abs($1 - $0) }),
      ]
      for (key, statistic) in try statistics(x, y) {
        #expect(agree(statistic.value(counts), try #require(plain[key]), floor: 1e-10), "\(key)")
      }
    }
  }

  @Test func `is the same again, and another with another seed`() async throws {
    let (x, y) = pairs(50)
    let statistic = try PairedSample(x: x, y: y).spearman
    func interval(_ seed: UInt64) async throws -> Bootstrap {
      try await bootstrap([statistic], BootstrapOptions(resamples: 777, seed: seed))[0].get()
    }
    #expect(try await interval(1) == interval(1))
    #expect(try await interval(1) != interval(2))
    // Beside others it has the same resamples as alone.
    let beside = await bootstrap(
      [try .mean("m", of: x), statistic, try .mean("n", of: [1, 2, 3])],
      BootstrapOptions(resamples: 777, seed: 1))
    #expect(try await beside[1].get() == interval(1))
  }

  @Test func `covers the truth about as often as it says`() async throws {
    // The mean of a skewed law, where intervals that are symmetric cover too seldom on one side.
    var rng = SplitMix64(seed: 8)
    var covered = 0
    for seed in 0..<200 {
      let sample = (0..<40).map { _ in -log(Double.random(in: 0.0001...1, using: &rng)) }
      let result = try await bootstrap(
        [.mean("mean", of: sample)], BootstrapOptions(resamples: 500, seed: UInt64(seed)))[0].get()
      if result.interval.lower <= 1, result.interval.upper >= 0.999 { covered += 1 }
    }
    // 95 % of 200 is 190; six standard deviations are 18.
    #expect(covered > 172 && covered < 200)
  }

  @Test(arguments: BootstrapMethod.allCases)
  func `of the same value throughout claims no certainty`(method: BootstrapMethod) async throws {
    let x = (1...20).map { Double($0) / 7 }
    let sample = try PairedSample(x: x, y: x.map { 2 * $0 + 0.1 })
    let statistics = [
      sample.pearson, sample.slope, sample.spearman, try sample.meanAbsoluteDifference,
      try .kappa(reference: [0, 1, 2, 1], computed: [0, 1, 2, 1], classes: 3, weights: .linear),
    ]
    let results = await bootstrap(statistics, BootstrapOptions(resamples: 500, method: method))
    let codes = results.map { result in code { _ = try result.get() } }
    #expect(codes == [.resampling, .resampling, .resampling, nil, .resampling])
  }

  @Test func `that says nothing is refused in a sentence`() async throws {
    func codes(_ statistics: [WeightedStatistic], _ options: BootstrapOptions = .init()) async
      -> [StatisticsError.Code?]
    {
      await bootstrap(statistics, options).map { result in code { _ = try result.get() } }
    }
    for n in [1, 2] {
      let sample = try PairedSample(
        x: (0..<n).map(Double.init), y: (0..<n).map { Double(2 * $0) })
      #expect(await codes([sample.pearson, try sample.meanDifference]) == [.tooFew, .tooFew])
    }
    #expect(code { _ = try PairedSample(x: [], y: []) } == .tooFew)
    #expect(code { _ = try PairedSample(x: [1, .nan], y: [1, 2]) } == .notFinite)
    #expect(code { _ = try PairedSample(x: [1, 2], y: [1]) } == .invalid)
    // 0.1 many times has a mean that is not 0.1.
    let flat = try PairedSample(x: [0.1, 0.1, 0.1, 0.1], y: [1, 2, 3, 4])
    #expect(
      await codes([flat.pearson, flat.spearman, flat.slope]) == [.constant, .constant, .constant])
    // One subject makes the difference, and more than a third of the resamples lack it.
    var lone = [Double](repeating: 0, count: 30)
    lone[4] = 7
    let odd = try PairedSample(x: lone, y: lone)
    #expect(await codes([odd.pearson]) == [.resampling])
    #expect(await codes([try .mean("mean", of: lone)]) == [nil])
    let usable = try PairedSample(x: [1, 2, 3, 4, 5, 9], y: [1, 3, 2, 5, 4, 7]).pearson
    #expect(await codes([usable], .init(resamples: 1)) == [.invalid])
    #expect(await codes([usable], .init(level: 1)) == [.invalid])
    // A refusal leaves the others alone.
    #expect(await codes([flat.pearson, usable], .init(resamples: 200)) == [.constant, nil])
    // What every resample exceeds.
    let most = WeightedStatistic("largest count", count: 30) { $0.max() }
    #expect(await codes([most]) == [.resampling])
    #expect(await codes([most], .init(method: .percentile)) == [nil])
  }
}
