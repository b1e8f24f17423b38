// SPDX-License-Identifier: Apache-2.0
import Foundation
import Random
import RiskNetworks
import Statistics
import Survival

/// How well networks foretell subjects that they did not see, and how much better one does than another.
package struct NetworkComparison: Sendable {
  /// A number with its 95 % interval by resampling subjects.
  struct Estimate: Sendable {
    var value: Double
    var low: Double
    var high: Double
  }

  /// One network or model.
  struct Row: Sendable {
    let name: String
    /// The mean over seeds.
    let mean: Estimate
    /// The value of each seed.
    let seeds: [Double]
    /// How much it is above the table alone and the image alone; `nil` where those were not trained, and of
    /// themselves.
    let overTable: Estimate?
    let overImage: Estimate?
  }

  /// What is measured, for headings.
  let measure: String
  let rows: [Row]
  package let study: NetworkStudy

  static let resamples = 500

  /// Compares the networks of a study, with the Cox models of the same table beside them.
  ///
  /// Scores of different parts of the cross-validation come from different networks, so subjects are
  /// compared within their part only: C is that of all such pairs, the AUC the mean over the parts. Intervals
  /// are percentiles over resampled subjects, drawn within their parts, the same for all networks and seeds.
  package init(_ study: NetworkStudy, beside model: CohortModel) {
    self.study = study
    measure = study.loss == .cox ? "Harrell's C" : "AUC"
    let place = Dictionary(
      zip(model.ids, model.ids.indices), uniquingKeysWith: { first, _ in first })
    func cox(_ name: String, _ risks: [Double]) -> NetworkStudy.Held {
      .init(name: name, scores: [study.cohort.ids.map { place[$0].map { risks[$0] } ?? 0 }])
    }
    let all =
      study.networks + [
        cox("Cox, table", model.risks.base), cox("Cox, table and Agatston", model.risks.full),
      ]
    let cohort = study.cohort
    let folds = (0..<cohort.folds).map { cohort.places(in: $0, held: true) }
    let values = all.map { held in held.scores.map { Self.measure(study, $0, folds) } }
    var drawn: [[Double]] = all.map { _ in [] }
    var random = SplitMix64(seed: 0xDAF7)
    for _ in 0..<Self.resamples {
      let sample = folds.map { fold in
        fold.map { _ in fold[Int(random.next() % UInt64(fold.count))] }
      }
      let means = all.map { held in
        Self.mean(held.scores.map { Self.measure(study, $0, sample) })
      }
      // A resample without an event tells nothing.
      guard means.allSatisfy(\.isFinite) else { continue }
      for (k, value) in means.enumerated() { drawn[k].append(value) }
    }
    func difference(_ k: Int, to name: String) -> Estimate? {
      guard let other = all.firstIndex(where: { $0.name == name }), other != k else { return nil }
      return Self.estimate(
        Self.mean(values[k]) - Self.mean(values[other]), zip(drawn[k], drawn[other]).map { $0 - $1 }
      )
    }
    rows = all.indices.map { k in
      Row(
        name: all[k].name, mean: Self.estimate(Self.mean(values[k]), drawn[k]), seeds: values[k],
        overTable: difference(k, to: "table"), overImage: difference(k, to: "image"))
    }
  }

  private static func mean(_ values: [Double]) -> Double {
    values.reduce(0, +) / Double(max(1, values.count))
  }

  private static func estimate(_ value: Double, _ drawn: [Double]) -> Estimate {
    Estimate(
      value: value, low: (try? quantile(drawn, 0.025)) ?? .nan,
      high: (try? quantile(drawn, 0.975)) ?? .nan)
  }

  /// C or the AUC within parts, NaN where no pair counts.
  private static func measure(
    _ study: NetworkStudy, _ scores: [Double], _ folds: [[Int]]
  ) -> Double {
    var (right, pairs) = (0.0, 0.0)
    for fold in folds {
      guard let data = try? study.cohort.data(of: fold) else { continue }
      let own = fold.map { scores[$0] }
      switch study.loss {
      case .cox:
        guard let found = Concordance.harrell(data, risk: own) else { continue }
        let count = found.concordant + found.discordant + found.tied
        right += found.c * count
        pairs += count
      case .event:
        // Any monotonous map into 0…1 keeps the order.
        let risks = own.map { 1 / (1 + exp(-$0)) }
        guard let auc = try? RiskPrediction(data, risks: risks, by: study.horizon).auc else {
          continue
        }
        right += auc
        pairs += 1
      }
    }
    return pairs > 0 ? right / pairs : .nan
  }
}
