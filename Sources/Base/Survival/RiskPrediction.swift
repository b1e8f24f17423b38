// SPDX-License-Identifier: Apache-2.0
import Foundation

/// How good predicted risks by a time are, where some are censored before it: each counts by the inverse of
/// its chance of being watched (inverse probability of censoring weights, Gerds and Schumacher 2006).
public struct RiskPrediction: Sendable {
  /// The predicted risks of the event by the time, 0 to 1.
  public let risks: [Double]
  /// The time.
  public let time: Double
  /// Whether a subject had the event by the time; `nil` where it was censored before.
  public let outcomes: [Bool?]
  /// The weights; 0 where the outcome is not known.
  public let weights: [Double]

  /// Predictions for a cohort.
  ///
  /// - Throws: `SurvivalError` for a risk outside 0…1, or where nobody is watched until the time.
  public init(_ data: SurvivalData, risks: [Double], by time: Double) throws(SurvivalError) {
    guard risks.count == data.count else {
      throw SurvivalError("\(risks.count) risks for \(data.count) subjects")
    }
    if let bad = risks.firstIndex(where: { !(0...1).contains($0) }) {
      throw SurvivalError("subject \(bad + 1): the risk \(risks[bad]) is not between 0 and 1")
    }
    let curve = StepCurve(
      KaplanMeier(censoringOf: data))
    let end = curve.at(time)
    guard end > 0 else { throw SurvivalError("nobody is watched until \(time)") }
    var outcomes: [Bool?] = []
    var weights: [Double] = []
    for i in 0..<data.count {
      if data.times[i] <= time, data.events[i] {
        let g = curve.at(data.times[i])
        outcomes.append(true)
        weights.append(g > 0 ? data.weights[i] / g : 0)
      } else if data.times[i] > time {
        outcomes.append(false)
        weights.append(data.weights[i] / end)
      } else {
        outcomes.append(nil)
        weights.append(0)
      }
    }
    (self.risks, self.time, self.outcomes, self.weights) = (risks, time, outcomes, weights)
  }

  /// The Brier score: the mean squared error of the risks (Graf 1999).
  public var brier: Double {
    var sum = 0.0
    for (i, outcome) in outcomes.enumerated() {
      guard let outcome else { continue }
      let error = risks[i] - (outcome ? 1 : 0)
      sum += weights[i] * error * error
    }
    return sum / Double(outcomes.count)
  }

  /// The area under the cumulative/dynamic ROC curve at the time (Uno 2007): the weighted share of pairs of
  /// who had the event by then and who did not that the risks order rightly; ties count a half.
  public var auc: Double? {
    let order = outcomes.indices.filter { outcomes[$0] != nil }.sorted { risks[$0] < risks[$1] }
    var (below, sum, cases, controls) = (0.0, 0.0, 0.0, 0.0)
    var start = 0
    while start < order.count {
      var end = start
      var (own, ownCases) = (0.0, 0.0)
      while end < order.count, risks[order[end]] == risks[order[start]] {
        let i = order[end]
        if outcomes[i] == true { ownCases += weights[i] } else { own += weights[i] }
        end += 1
      }
      sum += ownCases * (below + own / 2)
      below += own
      cases += ownCases
      controls += own
      start = end
    }
    return cases > 0 && controls > 0 ? sum / (cases * controls) : nil
  }

  /// The net benefit of treating from a risk on: true positives less false ones weighed by the odds of the
  /// threshold, for each subject (Vickers and Elkin 2006, doi:10.1177/0272989X06295361).
  public func netBenefit(from threshold: Double) -> Double {
    var (hits, alarms) = (0.0, 0.0)
    for (i, outcome) in outcomes.enumerated() where risks[i] >= threshold {
      guard let outcome else { continue }
      if outcome { hits += weights[i] } else { alarms += weights[i] }
    }
    let n = Double(outcomes.count)
    return hits / n - alarms / n * threshold / (1 - threshold)
  }

  /// The net reclassification improvement of these risks over others (Pencina 2008 and 2011): among who had
  /// the event and among who did not, the share that moved rightly less that which moved wrongly.
  ///
  /// - Parameter bounds: the borders of risk classes; none for the continuous form, where each change
  ///   counts.
  public func reclassification(over other: RiskPrediction, bounds: [Double] = [])
    -> (events: Double, others: Double)
  {
    func level(_ risk: Double) -> Double {
      bounds.isEmpty ? risk : Double(bounds.count { risk >= $0 })
    }
    var (up, down, upOthers, downOthers, events, others) = (0.0, 0.0, 0.0, 0.0, 0.0, 0.0)
    for (i, outcome) in outcomes.enumerated() {
      guard let outcome else { continue }
      let (new, old) = (level(risks[i]), level(other.risks[i]))
      let w = weights[i]
      if outcome {
        events += w
        if new > old { up += w } else if new < old { down += w }
      } else {
        others += w
        if new > old { upOthers += w } else if new < old { downOthers += w }
      }
    }
    return (
      events > 0 ? (up - down) / events : .nan,
      others > 0 ? (downOthers - upOthers) / others : .nan
    )
  }

  /// The calibration by groups of equal size of the risk: the mean risk, and the share by Kaplan–Meier.
  public func calibration(_ data: SurvivalData, groups: Int = 10)
    -> [(risk: Double, observed: Double, low: Double, high: Double, count: Int)]
  {
    let order = risks.indices.sorted { risks[$0] < risks[$1] }
    return (0..<groups).compactMap { group in
      let part = order[order.count * group / groups..<order.count * (group + 1) / groups]
      guard !part.isEmpty,
        let own = try? SurvivalData(
          times: part.map { data.times[$0] }, events: part.map { data.events[$0] },
          weights: part.map { data.weights[$0] })
      else { return nil }
      let point = KaplanMeier(own).points.last { $0.time <= time }
      return (
        part.reduce(0) { $0 + risks[$1] } / Double(part.count), 1 - (point?.survival ?? 1),
        1 - (point?.high ?? 1), 1 - (point?.low ?? 1), part.count
      )
    }
  }
}
