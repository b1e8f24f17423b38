// SPDX-License-Identifier: Apache-2.0
import Files
public import Statistics
import Text

/// How two models differ in one metric on the same subjects.
public struct MetricDifference: Hashable, Codable, Sendable {
  /// The first model's value less the second's, with the interval of the paired bootstrap.
  public let difference: Statistic<Bootstrap>
  /// The test that exchanges the models' results subject by subject.
  public let test: Statistic<PermutationTest>
  /// The test's p after Holm's correction over all metrics and pairs of models compared.
  public internal(set) var holm: Double?

  private enum CodingKeys: String, CodingKey {
    case difference, test
    case holm = "p_holm"
  }
}

/// How a model differs from another one on the same subjects.
public struct ModelComparison: Hashable, Codable, Sendable {
  /// The other model, whose values are taken from the first's.
  public let other: String
  /// The differences by metric.
  public internal(set) var metrics: [Metric: MetricDifference]

  private enum CodingKeys: String, CodingKey {
    case metrics
    case other = "minus"
  }

  /// Compares the subjects of two models, which are the same in the same order.
  init(
    _ first: [HeldOutRow], _ second: [HeldOutRow], named other: String,
    _ options: BootstrapOptions
  ) async {
    self.other = other
    let differences = await resampled(Metric.compared, options) { metric throws(StatisticsError) in
      guard let minuend = try metric.statistic(of: first),
        let subtrahend = try metric.statistic(of: second)
      else { return nil }
      return try .difference(minuend, subtrahend)
    }
    var metrics: [Metric: MetricDifference] = [:]
    for metric in Metric.compared {
      let test: Statistic<PermutationTest>
      do throws(StatisticsError) {
        guard let statistic = try metric.statistic(of: first + second) else { continue }
        test = .value(
          try await permutationTest(
            statistic, permutations: options.resamples, seed: options.seed))
      } catch {
        test = .undefined(error.description)
      }
      metrics[metric] = MetricDifference(
        difference: differences[metric] ?? .undefined("it was not resampled"),
        test: test, holm: nil)
    }
    self.metrics = metrics
  }
}

extension ModelEvaluation {
  /// Compares every model with those after it and keeps the comparisons in the former.
  ///
  /// Nothing is compared without a bootstrap. The models have to hold the same subjects; throws
  /// `EvaluationError` `.mismatch` otherwise, naming them.
  static func compare(_ models: inout [ModelEvaluation]) async throws(EvaluationError) {
    guard let options = models.first?.options.bootstrap else { return }
    for other in models.dropFirst() { try models[0].requireSameSubjects(as: other) }
    for i in models.indices {
      var comparisons: [ModelComparison] = []
      for other in models[(i + 1)...] {
        let rows = Dictionary(uniqueKeysWithValues: other.heldOut.map { ($0.subject, $0) })
        comparisons.append(
          await ModelComparison(
            models[i].heldOut, models[i].heldOut.compactMap { rows[$0.subject] },
            named: other.name, options))
      }
      models[i].comparisons = comparisons
    }
    correct(&models)
  }

  /// Holm's correction over everything that was compared.
  private static func correct(_ models: inout [ModelEvaluation]) {
    var tests: [(model: Int, comparison: Int, metric: Metric, p: Double)] = []
    for (m, model) in models.enumerated() {
      for (c, comparison) in model.comparisons.enumerated() {
        for metric in Metric.compared {
          guard let p = comparison.metrics[metric]?.test.value?.pValue else { continue }
          tests.append((m, c, metric, p))
        }
      }
    }
    guard let corrected = try? holmCorrected(tests.map(\.p)) else { return }
    for (test, p) in zip(tests, corrected) {
      models[test.model].comparisons[test.comparison].metrics[test.metric]?.holm = p
    }
  }

  /// Throws unless another model counts the same subjects.
  func requireSameSubjects(as other: ModelEvaluation) throws(EvaluationError) {
    let (a, b) = (Set(heldOut.map(\.subject)), Set(other.heldOut.map(\.subject)))
    guard a != b else { return }
    func list(_ subjects: Set<String>, _ model: String) -> String? {
      subjects.isEmpty ? nil : "only in \(model): " + shortList(subjects.sorted())
    }
    throw EvaluationError(
      .mismatch, path: "\(name) and \(other.name)",
      detail: "they hold different subjects; "
        + [list(a.subtracting(b), name), list(b.subtracting(a), other.name)].compactMap(\.self)
        .joined(separator: "; "))
  }

  /// Subjects whose reference score is not that of another model's table.
  ///
  /// Such models are compared on the same people, but not against the same truth.
  public func subjectsWithOtherReference(than other: ModelEvaluation) -> [String] {
    let scores = Dictionary(
      other.heldOut.map { ($0.subject, $0.reference) }, uniquingKeysWith: { a, _ in a })
    return heldOut.filter { row in scores[row.subject].map { $0 != row.reference } ?? false }
      .map(\.subject)
  }
}
