// SPDX-License-Identifier: Apache-2.0
import Testing

@testable import Risk

/// Changes from scan to scan against the published limits.
@Suite struct ProgressionTests {
  private func limits(_ baseline: Double, bmi: Double) -> [Double] {
    let change = Progression(
      baseline: .init(agatston: baseline), followUp: .init(agatston: baseline), years: 3)
    return change.limits(bodyMassIndex: bmi).filter { $0.quantity == "agatston" }.map(\.limit)
  }

  @Test(arguments: [(100.0, [49.3, 66.94], 56.25), (400, [98.6, 166.84], 106.25)])
  func limitsOfSevrukovMESAAndTheRoot(baseline: Double, expected: [Double], root: Double) {
    for (limit, value) in zip(limits(baseline, bmi: 27), expected) {
      #expect(abs(limit - value) < 0.005)
    }
    #expect(abs(Progression.rootLimit(baseline) - root) < 1e-9)
  }

  @Test func fromZeroAnyCalciumIsNew() {
    let change = Progression(baseline: .init(agatston: 0), followUp: .init(agatston: 8), years: 5)
    #expect(change.words == "new calcium")
    #expect(change.relative == nil && change.relativeAnnual == nil)
    #expect(change.limits().first { $0.method == "Sevrukov 2005" }?.limit == 11.6)
  }

  @Test func aFallIsNeverCalledRegression() {
    let change = Progression(baseline: .init(agatston: 90), followUp: .init(agatston: 20), years: 2)
    #expect(change.words == "lower than before")
    #expect(change.annual == -35)
  }

  @Test func withinThreeMonthsItIsARepeat() {
    let change = Progression(
      baseline: .init(agatston: 90), followUp: .init(agatston: 100), years: 80 / 365.25)
    #expect(change.isRepeat && change.annual == nil && change.relativeAnnual == nil)
    #expect(change.words == "within repeatability (Sevrukov 2005)")
  }

  @Test func volumesHaveLimitsOfTheirOwn() {
    let change = Progression(
      baseline: .init(agatston: 100, volume: 100), followUp: .init(agatston: 170, volume: 161),
      years: 1)
    let limits = change.limits(bodyMassIndex: 27).filter { $0.quantity == "volume" }
    #expect(limits.map { ($0.limit * 100).rounded() / 100 } == [34.45, 60.21])
    #expect(limits.map(\.isBeyond) == [true, true])
  }
}
