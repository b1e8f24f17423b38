// SPDX-License-Identifier: Apache-2.0
import Concurrency
import Random
import Statistics
import Survival

/// What calcium brings to predicted risks, with intervals by resampling.
struct CohortGains: Sendable {
  /// The follow-up.
  let data: SurvivalData
  /// The risks from models that did not see the subject.
  let risks: CohortModel.Both<[Double]>
  /// The years by which they are predicted.
  let horizon: Double
  /// The subjects that are drawn together.
  private let groups: [[Int]]

  private static let resamples = 200
  private static let names = [
    "AUC at the horizon", "Harrell's C", "Brier score, less by",
    "net reclassification, continuous",
    "net reclassification by classes, events", "net reclassification by classes, others",
  ]

  /// - Parameter clusters: what keeps subjects together, a number for each; `nil` for nothing.
  init(
    _ data: SurvivalData, _ risks: CohortModel.Both<[Double]>, horizon: Double, clusters: [Int]?
  ) {
    (self.data, self.risks, self.horizon) = (data, risks, horizon)
    groups =
      clusters.map { clusters in
        Dictionary(grouping: data.times.indices, by: { clusters[$0] }).sorted { $0.key < $1.key }
          .map(\.value)
      } ?? data.times.indices.map { [$0] }
  }

  /// The gains of the whole cohort with percentile intervals of 95 %.
  func measured(seed: UInt64) async throws(SurvivalError) -> [CohortModel.Gain] {
    let whole = try values(Array(data.times.indices))
    let drawn = await (0..<Self.resamples).concurrentMap { resample -> [Double?]? in
      var random = SplitMix64(seed: SplitMix64.mixed(seed ^ 0x5EED) &+ UInt64(resample))
      let rows = groups.indices.flatMap { _ in groups.randomElement(using: &random) ?? [] }
      // A resample without events or without anybody beyond the horizon tells nothing.
      return try? values(rows)
    }
    return Self.names.indices.map { k in
      let sample = drawn.compactMap { $0?[k] }
      return CohortModel.Gain(
        name: Self.names[k], value: whole[k], low: try? quantile(sample, 0.025),
        high: try? quantile(sample, 0.975))
    }
  }

  private func values(_ rows: [Int]) throws(SurvivalError) -> [Double?] {
    let part = try SurvivalData(
      times: rows.map { data.times[$0] }, events: rows.map { data.events[$0] },
      weights: rows.map { data.weights[$0] })
    let (old, new) = (rows.map { risks.base[$0] }, rows.map { risks.full[$0] })
    let a = try RiskPrediction(part, risks: old, by: horizon)
    let b = try RiskPrediction(part, risks: new, by: horizon)
    func gain(_ before: Double?, _ after: Double?) -> Double? {
      before.flatMap { before in after.map { $0 - before } }
    }
    let free = b.reclassification(over: a)
    let classes = b.reclassification(over: a, bounds: CohortModel.bounds)
    let values = [
      gain(a.auc, b.auc),
      gain(
        Concordance.harrell(part, risk: old)?.c, Concordance.harrell(part, risk: new)?.c),
      a.brier - b.brier, free.events + free.others, classes.events, classes.others,
    ]
    return values.map { value in value.flatMap { $0.isFinite ? $0 : nil } }
  }
}
