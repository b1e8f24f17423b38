// SPDX-License-Identifier: Apache-2.0
import Foundation
import Random
import Testing

@testable import Survival

/// Missing values are drawn from what the others say, and estimates pooled by Rubin's rules.
@Suite struct ImputationTests {
  /// x, y = 2x + noise, and a flag that is likelier for large x; a third of y and the flags are missing
  /// where x is large, so that what is left is no fair sample.
  private func columns(_ count: Int) -> (
    x: [Double], y: [Double?], flag: [Double?], truth: (y: Double, flag: Double)
  ) {
    var random = SplitMix64(seed: 5)
    func unit() -> Double { (Double(random.next() >> 11) + 0.5) * 0x1p-53 }
    func normal() -> Double { (-2 * log(unit())).squareRoot() * cos(2 * .pi * unit()) }
    var (x, y, flag): ([Double], [Double?], [Double?]) = ([], [], [])
    var truth = (y: 0.0, flag: 0.0)
    for _ in 0..<count {
      let a = normal()
      let b = 2 * a + 0.5 * normal()
      let c = unit() < 1 / (1 + exp(-1.5 * a)) ? 1.0 : 0
      truth.y += b / Double(count)
      truth.flag += c / Double(count)
      let isMissing = a > 0.4 && unit() < 0.8
      x.append(a)
      y.append(isMissing ? nil : b)
      flag.append(isMissing ? nil : c)
    }
    return (x, y, flag, truth)
  }

  private func mean(_ values: [Double]) -> Double { values.reduce(0, +) / Double(values.count) }

  @Test func meansOfUnfairSamplesAreRestored() throws {
    let (x, y, flag, truth) = columns(2_000)
    let equations = try ChainedEquations(columns: [y, flag], complete: [x])
    let sets = equations.imputations(5, seed: 1)
    let known = mean(y.compactMap(\.self))
    let imputed = mean(sets.map { mean($0[0]) })
    #expect(abs(known - truth.y) > 0.3, "the sample is not unfair")
    #expect(abs(imputed - truth.y) < 0.06)
    let knownFlags = mean(flag.compactMap(\.self))
    let imputedFlags = mean(sets.map { mean($0[1]) })
    #expect(abs(knownFlags - truth.flag) > 0.06)
    #expect(abs(imputedFlags - truth.flag) < 0.03)
  }

  @Test func knownValuesStayAndDrawnOnesAreOthersValues() throws {
    let (x, y, flag, _) = columns(300)
    let sets = try ChainedEquations(columns: [y, flag], complete: [x]).imputations(3, seed: 2)
    let pool = Set(y.compactMap(\.self))
    for set in sets {
      for i in y.indices {
        if let value = y[i] {
          #expect(set[0][i] == value)
        } else {
          #expect(pool.contains(set[0][i]))
        }
        #expect(set[1][i] == 0 || set[1][i] == 1)
      }
    }
    #expect(sets[0] != sets[1])
    let again = try ChainedEquations(columns: [y, flag], complete: [x]).imputations(3, seed: 2)
    #expect(again == sets)
  }

  @Test func tooFewKnownValuesAreRefused() {
    let column: [Double?] = Array(repeating: nil, count: 40) + [1, 2, 3]
    #expect(throws: SurvivalError.self) {
      try ChainedEquations(columns: [column], complete: [Array(repeating: 1, count: 43)])
    }
  }

  // Rubin 1987, section 3.1: T = W + (1 + 1/m) B, ν = (m − 1)(1 + W / ((1 + 1/m) B))².
  @Test func rubinsRules() {
    let pooled = PooledEstimate([(1, 0.5), (1.4, 0.5), (1.2, 0.5)])
    #expect(abs(pooled.value - 1.2) < 1e-12)
    let (w, b) = (0.25, 0.04)
    let added = 4.0 / 3 * b
    #expect(abs(pooled.error - (w + added).squareRoot()) < 1e-12)
    #expect(abs(pooled.freedom - 2 * (1 + w / added) * (1 + w / added)) < 1e-9)
    #expect(abs(pooled.missing - added / (w + added)) < 1e-12)
    let one = PooledEstimate([(2, 0.3)])
    #expect(one.value == 2 && one.error == 0.3 && one.freedom == .infinity && one.missing == 0)
  }

  @Test func rubinsRulesAreThoseOfMice() throws {
    let mice = try ImputationFixture()
    let pooled = PooledEstimate(
      zip(mice.rubinValues, mice.rubinVariances).map { ($0, $1.squareRoot()) })
    let ours = [pooled.value, pooled.error, pooled.freedom, pooled.missing]
    #expect(difference(ours, mice.rubin) < 1e-12)
  }

  // Two programs draw other numbers, so their pooled estimates differ by chance, as the variance between
  // imputations says: four standard errors of the difference of two means of `m` imputations.
  @Test func aCoxModelOfImputedValuesIsMices() throws {
    let (mice, cohort) = (try ImputationFixture(), try CohortFixture())
    let m = mice.imputations[0]
    let data = try SurvivalData(times: cohort["time"], events: cohort.events)
    let hazard = NelsonAalen(data)
    let (ages, smokers) = (Set(mice.ages), Set(mice.smokers))
    let rows = cohort.events.indices
    let columns: [[Double?]] = [
      rows.map { ages.contains($0) ? nil : cohort["age"][$0] },
      rows.map { smokers.contains($0) ? nil : cohort["smoker"][$0] },
    ]
    let complete = [
      cohort["calcium"], cohort.events.map { $0 ? 1.0 : 0 }, cohort["time"].map(hazard.at),
    ]
    let sets = try ChainedEquations(columns: columns, complete: complete).imputations(m, seed: 3)
    let fits = try sets.map { set in
      try CoxModel(
        data, covariates: [set[0], cohort["calcium"], set[1]], names: ["age", "calcium", "smoker"])
    }
    for k in 0..<3 {
      let pooled = PooledEstimate(fits.map { ($0.coefficients[k], $0.errors[k]) })
      let chance = (2 * mice.between[k] / Double(m)).squareRoot()
      #expect(abs(pooled.value - mice.values[k]) < 4 * chance)
      #expect(abs(pooled.error / mice.errors[k] - 1) < 0.07)
      #expect(abs(pooled.missing - mice.missing[k]) < 0.08)
    }
  }

  // SciPy 1.17.1: chi2.sf.
  @Test(arguments: [
    (3.84, 1, 0.05004352124870519), (7.5, 3, 0.0575584519726364), (7.5, 4, 0.11170929281604328),
    (20, 7, 0.005569683072945574),
  ])
  func chiSquare(value: Double, degrees: Int, expected: Double) {
    #expect(abs(ChiSquare.upperTail(value, degrees: degrees) - expected) < 1e-14)
    #expect(ChiSquare.upperTail(0, degrees: degrees) == 1)
  }

  @Test func theCumulativeHazardIsEventsOverThoseAtRisk() throws {
    let data = try SurvivalData(times: [1, 2, 2, 3], events: [true, true, false, true])
    let hazard = NelsonAalen(data)
    #expect(hazard.at(0.5) == 0)
    #expect(abs(hazard.at(2.5) - (1.0 / 4 + 1.0 / 3)) < 1e-12)
    #expect(abs(hazard.at(9) - (1.0 / 4 + 1.0 / 3 + 1)) < 1e-12)
  }
}
