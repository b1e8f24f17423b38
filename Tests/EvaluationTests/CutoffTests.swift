// SPDX-License-Identifier: Apache-2.0
import Agatston
import Statistics
import Testing

@testable import Evaluation

@Suite struct `Cut-offs, classes and vessels` {
  @Test(arguments: [
    (Cutoff.any, 0.0, false), (.any, 0.1, true), (.from10, 9.99, false), (.from10, 10, true),
    (.from100, 99.9, false), (.from100, 100, true), (.from300, 299.9, false), (.from300, 300, true),
    (.from400, 399.9, false), (.from400, 400, true),
  ]) func `begin where they say`(cutoff: Cutoff, score: Double, holds: Bool) {
    #expect(cutoff.holds(score) == holds)
  }

  @Test func `are counted by hand`() throws {
    let result = try ModelEvaluation(name: "m", table: SampleScores.table(SampleScores.cohort))
    #expect(result.cutoffs.map(\.cutoff) == Cutoff.allCases)
    // Found: all but s2; false alarm: s1.
    let any = try #require(result.cutoffs.first)
    #expect(any.sensitivity.value == (try Proportion(11, of: 12)))
    #expect(any.specificity.value == (try Proportion(2, of: 3)))
    #expect(any.sensitivity.value?.share == result.calciumSensitivity)
    // From 300: s8, s9, s10 and s14 by reference; s8, s9, s10 and s11 computed.
    let high = result.cutoffs[3]
    #expect(high.counts.truePositives == 3 && high.counts.falsePositives == 1)
    #expect(high.counts.falseNegatives == 1 && high.counts.trueNegatives == 10)
    #expect(high.positivePredictiveValue.value?.share == 0.75)
    #expect(abs((high.f1.value?.value ?? 0) - 0.75) < 1e-15)
    let healthy = try ModelEvaluation(name: "m", table: SampleScores.table([(0, 0), (0, 0)]))
    guard case .undefined(let reason) = healthy.cutoffs[0].sensitivity else {
      Issue.record("a sensitivity without calcium")
      return
    }
    #expect(reason == "sensitivity: needs at least 1 subject, there is 0")
  }

  @Test func `name everyone two or more classes away`() throws {
    let result = try ModelEvaluation(name: "m", table: SampleScores.table(SampleScores.cohort))
    // s1 from very low to moderate, s11 from moderate to high; s8 moves by one.
    #expect(result.farApart.map(\.subject) == ["s1", "s11"])
  }

  @Test func `count arteries of subjects with all four only`() throws {
    var table = SampleScores.table([(1, 1), (2, 3), (3, 2)])
    let (found, all): ([Double], [Double]) = ([0, 3, 0, 4], [1, 3, 0, 4])
    for (artery, (a, b)) in zip(Artery.allCases, zip(found, all)) {
      table.rows[0].reference.arteries[artery] = a
      table.rows[0].computed.arteries[artery] = b
      table.rows[1].reference.arteries[artery] = a
      table.rows[1].computed.arteries[artery] = artery == .right ? nil : b
      table.rows[2].reference.arteries[artery] = a
      table.rows[2].computed.arteries[artery] = a
    }
    let vessels = try #require(try ModelEvaluation(name: "m", table: table).vesselCount)
    #expect(vessels.count == 2 && vessels.accuracy == 0.5 && vessels.bias == 0.5)
    #expect(vessels.confusion.counts[2] == [0, 0, 1, 1, 0])
    table.rows = [table.rows[1]]
    #expect(try ModelEvaluation(name: "m", table: table).vesselCount == nil)
  }
}
