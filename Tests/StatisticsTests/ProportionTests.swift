// SPDX-License-Identifier: Apache-2.0
import Statistics
import TestSupport
import Testing

@Suite struct `A yes or no` {
  @Test func `has scikit-learn's shares and statsmodels' Wilson intervals`() throws {
    for golden in try Golden.load().detections {
      let table = try DetectionTable(reference: golden.reference, computed: golden.computed)
      let shares = [
        (try table.sensitivity(), golden.sensitivity),
        (try table.specificity(), golden.specificity),
        (try table.positivePredictiveValue(), golden.ppv),
        (try table.negativePredictiveValue(), golden.npv),
      ]
      for (ours, theirs) in shares {
        #expect(agree(ours.share, theirs[0]), "\(golden.name)")
        #expect(agree(ours.interval.lower, theirs[1], floor: 1e-15), "\(golden.name)")
        #expect(agree(ours.interval.upper, theirs[2]), "\(golden.name)")
      }
      let f1 = try table.f1()
      #expect(agree(f1.value, golden.f1[0]), "\(golden.name)")
      #expect(agree(f1.interval?.lower, golden.f1[1], floor: 1e-15), "\(golden.name)")
      #expect(agree(f1.interval?.upper, golden.f1[2]), "\(golden.name)")
    }
  }

  @Test func `of nobody has no share`() throws {
    let healthy = try DetectionTable(reference: [false, false], computed: [false, false])
    #expect(code { _ = try healthy.sensitivity() } == .tooFew)
    #expect(code { _ = try healthy.positivePredictiveValue() } == .tooFew)
    #expect(code { _ = try healthy.f1() } == .tooFew)
    #expect(try healthy.specificity().share == 1 && healthy.specificity().interval.upper == 1)
    #expect(code { _ = try DetectionTable(reference: [true], computed: []) } == .invalid)
    #expect(code { _ = try Proportion(3, of: 2) } == .invalid)
    #expect(code { _ = try Proportion(-1, of: 2) } == .invalid)
    #expect(code { _ = try Proportion(0, of: 0) } == .tooFew)
  }

  @Test func `for every small count lies in an interval within 0 and 1`() throws {
    for n in 1...40 {
      for k in 0...n {
        let share = try Proportion(k, of: n)
        #expect(share.interval.lower >= 0 && share.interval.upper <= 1)
        #expect(share.interval.lower <= share.share && share.share <= share.interval.upper)
        #expect(share.interval.lower < share.interval.upper)
        let mirror = try Proportion(n - k, of: n)
        #expect(abs(mirror.interval.lower + share.interval.upper - 1) < 1e-14)
      }
    }
  }
}

@Suite struct `Two models on the same subjects` {
  private func statistic(_ golden: Golden.Exchange) throws -> WeightedStatistic {
    try PairedSample(
      x: golden.reference + golden.reference, y: golden.first + golden.second
    ).meanAbsoluteDifference
  }

  @Test func `differ by SciPy's exact test of all exchanges, nearly`() async throws {
    let golden = try Golden.load().exchange
    let test = try await permutationTest(statistic(golden), permutations: 20_000, seed: 4)
    #expect(agree(test.difference, golden.difference, floor: 1e-12))
    // Five standard errors of a share of 20,000.
    #expect(abs(test.pValue - golden.p) < 5 * (golden.p * (1 - golden.p) / 20_000).squareRoot())
    #expect(try await test == permutationTest(statistic(golden), permutations: 20_000, seed: 4))
  }

  @Test func `that are one do not differ, and those far apart do`() async throws {
    let x = (0..<40).map { Double($0 * $0) }
    let near = x.map { $0 + 1 }
    let far = x.enumerated().map { $1 + ($0 % 2 == 0 ? 90 : -80) }
    for (other, isSame) in [(near, true), (far, false)] {
      let sample = try PairedSample(x: x + x, y: near + other)
      for statistic in [sample.pearson, sample.spearman, try sample.meanAbsoluteDifference] {
        let test = try await permutationTest(statistic, permutations: 999)
        #expect(isSame ? test.pValue == 1 && test.difference == 0 : test.pValue <= 0.005)
      }
      // A test of 999 exchanges cannot claim less than one in a thousand.
      let error = try await permutationTest(sample.meanAbsoluteDifference, permutations: 999)
      #expect(error.pValue == (isSame ? 1 : 0.001))
    }
  }

  @Test func `are compared only where the statistic exists`() async throws {
    func code(_ statistic: WeightedStatistic, _ permutations: Int = 99) async
      -> StatisticsError.Code?
    {
      do { _ = try await permutationTest(statistic, permutations: permutations) } catch {
        return error.code
      }
      return nil
    }
    #expect(await code(try .mean("m", of: [1, 2, 3])) == .invalid)
    #expect(await code(try .mean("m", of: [1, 2])) == .tooFew)
    #expect(await code(try .mean("m", of: [1, 2, 3, 4]), 0) == .invalid)
    let flat = try PairedSample(x: [1, 2, 3, 1, 2, 3], y: [1, 2, 3, 5, 5, 5])
    #expect(await code(flat.pearson) == .constant)
    #expect(
      { try? WeightedStatistic.difference(.mean("a", of: [1]), .mean("b", of: [1, 2])) }() == nil)
  }

  @Test func `and several metrics have statsmodels' p values by Holm`() throws {
    for golden in try Golden.load().holm {
      for (ours, theirs) in try pairs(holmCorrected(golden.p), golden.corrected) {
        #expect(agree(ours, theirs, floor: 1e-15))
      }
    }
    #expect(try holmCorrected([]) == [])
    for p in [-0.1, 1.1, .nan] {
      #expect(code { _ = try holmCorrected([0.5, p]) } == .invalid)
    }
  }
}
