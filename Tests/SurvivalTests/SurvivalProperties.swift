// SPDX-License-Identifier: Apache-2.0
import Foundation
import Random
import Testing

@testable import Survival

/// What holds without an oracle, and what is refused.
@Suite struct SurvivalProperties {
  /// Follow-up with ties; the hazard grows with the first of two covariates.
  private func cohort(_ count: Int, seed: UInt64 = 3) throws -> (SurvivalData, [[Double]]) {
    var random = SplitMix64(seed: seed)
    func uniform() -> Double { (Double(random.next() >> 11) + 0.5) / Double(1 << 53) }
    var (times, events, x): ([Double], [Bool], [[Double]]) = ([], [], [[], []])
    for _ in 0..<count {
      let (a, b) = (uniform() * 4, uniform() < 0.3 ? 1.0 : 0)
      let (event, end) = (-log(uniform()) / exp(0.7 * a - 2), 6 * uniform())
      times.append((min(event, end) * 8).rounded(.up) / 8)
      events.append(event <= end)
      x[0].append(a)
      x[1].append(b)
    }
    return (try SurvivalData(times: times, events: events), x)
  }

  @Test func wholeWeightsAreRepeatedSubjects() throws {
    let (data, x) = try cohort(80)
    let counts = (0..<80).map { $0 % 3 + 1 }
    let order = counts.indices.flatMap { Array(repeating: $0, count: counts[$0]) }
    let weighted = try SurvivalData(
      times: data.times, events: data.events, weights: counts.map(Double.init))
    let repeated = try SurvivalData(
      times: order.map { data.times[$0] }, events: order.map { data.events[$0] })
    let (a, b) = (KaplanMeier(weighted), KaplanMeier(repeated))
    #expect(difference(a.points.map(\.survival), b.points.map(\.survival)) < 1e-12)
    let curves = try [
      AalenJohansen(
        times: data.times, causes: data.events.map { $0 ? 1 : 0 }, weights: weighted.weights),
      AalenJohansen(times: repeated.times, causes: repeated.events.map { $0 ? 1 : 0 }),
    ]
    #expect(
      abs(curves[0].incidence(of: 1, at: 3) - curves[1].incidence(of: 1, at: 3)) < 1e-12)
    // Without competing causes the incidence is what the survival lacks.
    #expect(abs(curves[1].incidence(of: 1, at: 3) - (1 - b.survival(at: 3))) < 1e-12)
    _ = x
  }

  @Test func theRobustErrorIsThatOfInfinitesimalWeights() throws {
    let (data, x) = try cohort(60)
    let names = ["a", "b"]
    let model = try CoxModel(data, covariates: x, names: names)
    // The change of the coefficients with each subject's weight, by differences.
    let step = 1e-5
    var sums = [0.0, 0.0]
    for subject in 0..<data.count {
      var changed = data
      changed.weights[subject] += step
      let other = try CoxModel(changed, covariates: x, names: names)
      for k in 0..<2 {
        let change = (other.coefficients[k] - model.coefficients[k]) / step
        sums[k] += change * change
      }
    }
    #expect(difference(model.robustErrors, sums.map { $0.squareRoot() }) < 1e-5)
  }

  @Test func aPenaltyShrinksAndLinearRescalingDoesNotChange() throws {
    let (data, x) = try cohort(300)
    let plain = try CoxModel(data, covariates: x, names: ["a", "b"])
    var options = CoxModel.Options()
    options.ridge = 30
    let shrunk = try CoxModel(data, covariates: x, names: ["a", "b"], options: options)
    #expect(abs(shrunk.coefficients[0]) < abs(plain.coefficients[0]))
    let scaled = try CoxModel(
      data, covariates: [x[0].map { 1e4 * $0 + 7e5 }, x[1]], names: ["a", "b"])
    #expect(abs(scaled.coefficients[0] * 1e4 / plain.coefficients[0] - 1) < 1e-8)
    #expect(abs(scaled.logLikelihood - plain.logLikelihood) < 1e-8)
  }

  @Test func whatCannotBeIsRefused() throws {
    let (data, x) = try cohort(50)
    func fit(_ covariates: [[Double]], _ names: [String], _ data: SurvivalData) -> String? {
      do throws(SurvivalError) {
        _ = try CoxModel(data, covariates: covariates, names: names)
        return nil
      } catch {
        return error.description
      }
    }
    #expect(
      fit([x[0], x[0].map { 2 * $0 }], ["a", "b"], data)?.contains("cannot be told apart") == true)
    #expect(fit([x[0].map { _ in 3 }], ["a"], data) == "a: is the same for everybody")
    #expect(fit([[.nan] + x[0].dropFirst()], ["a"], data) == "a: a value is missing")
    let none = try SurvivalData(times: data.times, events: data.events.map { _ in false })
    #expect(fit([x[0]], ["a"], none) == "no event")
    // The covariate is the order of the events itself.
    let perfect = try SurvivalData(
      times: (1...50).map(Double.init), events: Array(repeating: true, count: 50))
    #expect(
      fit([(1...50).map { -Double($0) }], ["a"], perfect)?.contains("runs to infinity") == true)
    #expect(throws: SurvivalError.self) { try SurvivalData(times: [1, -1], events: [true, true]) }
    #expect(throws: SurvivalError.self) {
      try SurvivalData(times: [1, .nan], events: [true, true])
    }
    #expect(throws: SurvivalError.self) { try SurvivalData(times: [1], events: [true, true]) }
    #expect(throws: SurvivalError.self) {
      try SurvivalData(times: [1, 2], events: [true, true], weights: [1, 0])
    }
    #expect(throws: SurvivalError.self) {
      try LogRank(data, groups: Array(repeating: 1, count: 50))
    }
    #expect(throws: SurvivalError.self) {
      try RiskPrediction(data, risks: Array(repeating: 1.2, count: 50), by: 2)
    }
  }

  // Nobody without the flag has an event, so the likelihood rises with its coefficient for ever.
  @Test func aFlagThatSeparatesEventsIsNamed() throws {
    let cohort = try CohortFixture()
    let events = cohort.events
    let data = try SurvivalData(times: cohort["time"], events: events)
    let flag = events.indices.map { events[$0] || $0 % 3 == 0 ? 1.0 : 0 }
    let names = ["age", "flag"]
    let fit = try CoxModel(data, covariates: [cohort["age"], flag], names: names)
    #expect(fit.unbounded == ["flag"])
    var options = CoxModel.Options()
    options.ridge = 1
    let held = try CoxModel(
      data, covariates: [cohort["age"], flag], names: names, options: options)
    #expect(held.unbounded.isEmpty)
    let usual = try CoxModel(
      data, covariates: [cohort["age"], cohort["smoker"]], names: ["age", "smoker"])
    #expect(usual.unbounded.isEmpty)
  }

  @Test func aPerfectOrderHasAConcordanceOfOneAndItsReverseOfZero() throws {
    let data = try SurvivalData(times: [1, 2, 3, 4], events: [true, true, false, true])
    #expect(Concordance.harrell(data, risk: [4, 3, 2, 1])?.c == 1)
    #expect(Concordance.harrell(data, risk: [1, 2, 3, 4])?.c == 0)
    #expect(Concordance.harrell(data, risk: [1, 1, 1, 1])?.c == 0.5)
    let none = try SurvivalData(times: [1, 1], events: [false, false])
    #expect(Concordance.harrell(none, risk: [1, 2]) == nil)
  }

  @Test func netBenefitOfAllAndReclassification() throws {
    var (data, x) = try cohort(400)
    // Without ties the weights of the censoring give Kaplan and Meier's incidence.
    data.times = data.times.enumerated().map { $1 + Double($0) * 1e-7 }
    let all = try RiskPrediction(data, risks: Array(repeating: 1, count: 400), by: 2)
    let incidence = 1 - KaplanMeier(data).survival(at: 2)
    // Treating all: the incidence less the others weighed by the odds.
    let expected = incidence - (1 - incidence) * 0.25 / 0.75
    #expect(abs(all.netBenefit(from: 0.25) - expected) < 1e-9)
    let none = try RiskPrediction(data, risks: Array(repeating: 0, count: 400), by: 2)
    #expect(none.netBenefit(from: 0.25) == 0)
    let better = try RiskPrediction(data, risks: x[0].map { $0 / 4 }, by: 2)
    let same = better.reclassification(over: better)
    #expect(same.events == 0 && same.others == 0)
    let over = better.reclassification(over: none)
    #expect(over.events == 1 && over.others == -1)
    let calibration = better.calibration(data, groups: 5)
    #expect(calibration.count == 5 && calibration.map(\.count).reduce(0, +) == 400)
    #expect(zip(calibration, calibration.dropFirst()).allSatisfy { $0.risk < $1.risk })
  }
}
