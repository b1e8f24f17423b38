// SPDX-License-Identifier: Apache-2.0
import Evaluation
import Foundation
import Statistics
import Testing

@Suite struct `Metrics of a model` {
  private func model(
    _ scores: [(Double, Double)], bootstrap: BootstrapOptions? = nil
  ) throws -> ModelEvaluation {
    try ModelEvaluation(
      name: "m",
      table: ResultTable(
        rows: scores.enumerated().map { i, pair in
          ResultRow(
            subject: "s\(i)", reference: SubjectScores(agatston: pair.0),
            computed: SubjectScores(agatston: pair.1))
        }), options: EvaluationOptions(bootstrap: bootstrap))
  }

  private let cohort: [(Double, Double)] = [
    (0, 0), (0, 12), (5, 8), (50, 45), (90, 130), (380, 420), (900, 850),
  ]

  @Test func `are each found by their key, as numbers`() throws {
    let model = try model(cohort)
    #expect(model.metrics.map(\.metric) == Metric.allCases)
    #expect(model.value(of: .subjects).value == .count(7))
    let rho = try #require(model.agatston.spearman.value)
    let spearman = model.value(of: .spearman)
    #expect(spearman.value == .number(rho.coefficient) && spearman.pValue == rho.pValue)
    #expect(spearman.interval == rho.interval && spearman.resampled == nil)
    // Both classes of a class metric: 5 of 7 in the same class; calcium in all 5, none in 1 of 2.
    #expect(model.value(of: .calciumSensitivity).value == .share(1))
    #expect(model.value(of: .calciumSpecificity).value == .share(0.5))
    #expect(model.value(of: .maximum).value == .pair(reference: 900, computed: 850))
    #expect(model.value(of: .meanDice).value == .undefined(nil))
    let bland = try #require(model.agatston.blandAltman.value)
    #expect(model.value(of: .bias).value == .number(bland.bias))
    #expect(model.value(of: .limitsOfAgreement).value == .limits(bland.limits))
  }

  @Test func `that do not exist say why`() throws {
    let model = try model([(0, 0), (0, 0)])
    guard case .undefined(let reason?) = model.value(of: .pearson).value else {
      Issue.record("a correlation of equal scores")
      return
    }
    #expect(reason.hasPrefix("Pearson's correlation: "))
    #expect(model.value(of: .calciumSensitivity).interval == nil)
  }

  @Test func `keep their keys in a file, of one model and of several`() async throws {
    let options = BootstrapOptions(resamples: 50)
    let one = try await EvaluationResult([
      EvaluationInput(model: model(cohort, bootstrap: options))
    ])
    let data = try JSONEncoder().encode(one)
    let object = try #require(try JSONSerialization.jsonObject(with: data) as? [String: Any])
    let bootstrap = try #require(object["bootstrap"] as? [String: Any])
    #expect(
      Set(bootstrap.keys) == [
        "pearson", "spearman", "slope", "intercept", "linear_kappa", "quadratic_kappa", "bias",
        "mean_absolute_error",
      ])
    #expect(try JSONDecoder().decode(EvaluationResult.self, from: data) == one)
    let two = try await EvaluationResult(
      [1.0, 1.5].map { factor in
        EvaluationInput(model: try model(cohort.map { ($0.0, $0.1 * factor) }, bootstrap: options))
      }, warnings: { models in models.map { ["\($0.heldOut.count) subjects"] } })
    #expect(two.warnings == ["m: 7 subjects", "m: 7 subjects"])
    let list = try JSONEncoder().encode(two)
    let objects = try #require(try JSONSerialization.jsonObject(with: list) as? [[String: Any]])
    let comparison = try #require((objects[0]["comparisons"] as? [[String: Any]])?.first)
    #expect(
      Set(try #require(comparison["metrics"] as? [String: Any]).keys) == [
        "pearson", "spearman", "slope", "linear_kappa", "bias", "mean_absolute_error",
      ])
    #expect(try JSONDecoder().decode(EvaluationResult.self, from: list) == two)
  }
}
