// SPDX-License-Identifier: Apache-2.0
import Foundation
import Testing

@testable import Survival

/// Every statistic equals that of R's packages survival and cmprsk, or of scikit-survival, on random
/// follow-up with ties, censoring, weights, strata and two causes.
@Suite struct SurvivalOracles {
  private let cohort: CohortFixture
  private let plain: SurvivalData
  private let weighted: SurvivalData

  init() throws {
    cohort = try CohortFixture()
    plain = try SurvivalData(times: cohort["time"], events: cohort.events)
    weighted = try SurvivalData(
      times: cohort["time"], events: cohort.events, weights: cohort["weight"])
  }

  private static let names = ["age", "calcium", "smoker"]

  private func fit(_ data: SurvivalData, _ options: CoxModel.Options = .init()) throws -> CoxModel {
    try CoxModel(
      data, covariates: cohort.covariates(Self.names), names: Self.names, options: options)
  }

  private func expect(_ model: CoxModel, equals name: String) {
    #expect(difference(model.coefficients, cohort.result(name, "coefficients")) < 1e-10)
    #expect(difference(model.errors, cohort.result(name, "errors")) < 1e-10)
    #expect(difference(model.robustErrors, cohort.result(name, "robust")) < 1e-10)
    #expect(
      difference(
        [model.nullLogLikelihood, model.logLikelihood], cohort.result(name, "logLikelihood"))
        < 1e-12)
  }

  @Test func coxWithTies() throws { expect(try fit(plain), equals: "plain") }

  @Test func coxWithWeights() throws { expect(try fit(weighted), equals: "weighted") }

  @Test func coxWithStrata() throws {
    var options = CoxModel.Options()
    options.strata = cohort.strata
    expect(try fit(weighted, options), equals: "strata")
  }

  @Test func coxWithClusters() throws {
    var options = CoxModel.Options()
    options.clusters = cohort.strata
    let model = try CoxModel(
      plain, covariates: cohort.covariates(["age", "calcium"]), names: ["age", "calcium"],
      options: options)
    expect(model, equals: "clusters")
  }

  @Test func coxWithRidge() throws {
    var options = CoxModel.Options()
    options.ridge = 25
    let model = try fit(plain, options)
    #expect(difference(model.coefficients, cohort.result("ridge", "coefficients")) < 1e-8)
  }

  @Test func risksByATime() throws {
    let model = try fit(plain)
    let survival = try cohort.result("predicted", "times").map {
      1 - (try #require(model.risk([55, 4, 1], by: $0)))
    }
    #expect(difference(survival, cohort.result("predicted", "survival")) < 1e-10)
    #expect(model.risk([55, 4, 1], by: 5, stratum: 2) == nil)
  }

  @Test func kaplanMeier() {
    let points = KaplanMeier(weighted).points
    #expect(points.map(\.time) == cohort.result("kaplanMeier", "time"))
    #expect(difference(points.map(\.survival), cohort.result("kaplanMeier", "survival")) < 1e-12)
    // R gives no error or interval once nobody is left.
    let known = points.filter { $0.survival > 0 }
    func first(_ name: String) -> [Double] {
      Array(cohort.result("kaplanMeier", name).prefix(known.count))
    }
    #expect(difference(known.map(\.error), first("error")) < 1e-12)
    #expect(difference(known.map(\.low), first("low")) < 1e-12)
    #expect(difference(known.map(\.high), first("high")) < 1e-12)
  }

  @Test func logRank() throws {
    let test = try LogRank(plain, groups: cohort.strata)
    #expect(difference([test.statistic], cohort.result("logRank", "statistic")) < 1e-10)
    #expect(difference(test.observed, cohort.result("logRank", "observed")) < 1e-12)
    #expect(difference(test.expected, cohort.result("logRank", "expected")) < 1e-12)
    let within = try LogRank(
      plain, groups: cohort["smoker"].map { Int($0) }, strata: cohort.strata)
    #expect(difference([within.statistic], cohort.result("logRank", "stratified")) < 1e-10)
  }

  @Test func aalenJohansen() throws {
    let curves = try AalenJohansen(times: cohort["time"], causes: cohort.causes)
    let times = cohort.result("aalenJohansen", "time")
    for (cause, name) in [(1, "first"), (2, "second")] {
      let incidence = times.map { curves.incidence(of: cause, at: $0) }
      #expect(difference(incidence, cohort.result("aalenJohansen", name)) < 1e-12)
    }
  }

  @Test func fineAndGray() throws {
    let model = try FineGrayModel(
      times: cohort["time"], causes: cohort.causes, cause: 1,
      covariates: cohort.covariates(Self.names), names: Self.names)
    #expect(difference(model.coefficients, cohort.result("fineGray", "coefficients")) < 1e-6)
    #expect(difference(model.errors, cohort.result("fineGray", "errors")) < 1e-6)
    #expect(
      difference([model.logLikelihood], cohort.result("fineGray", "logLikelihood")) < 1e-10)
    let incidence = cohort.result("fineGray", "times").map { model.incidence([55, 4, 1], by: $0) }
    #expect(difference(incidence, cohort.result("fineGray", "predicted")) < 1e-6)
  }

  @Test func concordance() throws {
    let risk = zip(cohort["age"], cohort["calcium"]).map { $0 / 10 + $1 }
    let harrell = try #require(Concordance.harrell(plain, risk: risk)).c
    #expect(difference([harrell], cohort.result("concordance", "harrell")) < 1e-12)
    #expect(difference([harrell], [cohort.predictions["harrell"] ?? .nan]) < 1e-12)
    let uno = try #require(Concordance.uno(plain, risk: risk, until: 6))
    #expect(difference([uno], [cohort.predictions["uno"] ?? .nan]) < 1e-10)
  }

  @Test func brierScoreAndROC() throws {
    let risks = zip(cohort["age"], cohort["calcium"]).map { age, calcium in
      1 / (1 + exp(-(age / 10 + calcium - 8.5)))
    }
    let prediction = try RiskPrediction(plain, risks: risks, by: 5)
    #expect(difference([prediction.brier], [cohort.predictions["brier"] ?? .nan]) < 1e-10)
    let auc = try #require(prediction.auc)
    #expect(difference([auc], [cohort.predictions["auc"] ?? .nan]) < 1e-10)
  }
}
