// SPDX-License-Identifier: Apache-2.0
import Foundation
import Random
package import Survival
import Text
import Workflow

/// Nested models of a cohort's risk, without and with calcium, and how much the calcium brings.
package struct CohortModel: Sendable {
  /// One coefficient, pooled over imputations.
  package struct Term: Sendable {
    /// The covariate.
    package let name: String
    /// The log hazard ratio for each unit, with its usual error and the share of it that is due to missing
    /// values.
    package let estimate: PooledEstimate
    /// Its robust error, which holds for dependent subjects and a wrong model.
    package let robustError: Double
  }

  /// How well risks that were predicted for subjects outside of the fit order and meet the events.
  package struct Performance: Sendable {
    /// Harrell's C.
    package let harrell: Double?
    /// Uno's C up to the horizon.
    package let uno: Double?
    /// The area under the ROC curve at the horizon.
    package let auc: Double?
    /// The Brier score at the horizon.
    package let brier: Double?
  }

  /// The subjects and the events.
  package let subjects: Int
  package let events: Int
  package let competing: Int
  /// The years by which risks are predicted.
  package let horizon: Double
  /// The terms of the model without calcium; empty where there are no other covariates.
  package let base: [Term]
  /// The terms of the model with calcium.
  package let full: [Term]
  /// Subdistribution hazards of the event where there are competing ones (Fine and Gray).
  package let subdistribution: [Term]
  /// The likelihood ratio statistic of calcium with its p value; `nil` where values were imputed.
  package let calcium: (statistic: Double, p: Double)?
  /// Performance in cross-validation without and with calcium.
  package let performance: (base: Performance, full: Performance)
  /// The gain by calcium with 95 % intervals: change of the AUC, of C, and net reclassification.
  package let gains: [Gain]
  /// The risks of each subject from the model that did not see it.
  package let risks: (base: [Double], full: [Double])
  /// The follow-up.
  package let data: SurvivalData
  /// The subjects' names.
  package let ids: [String]
  /// The Agatston scores.
  package let agatston: [Double?]
  /// What is to be known, one sentence each.
  package let notes: [String]

  /// What calcium brings by a measure.
  package struct Gain: Sendable {
    /// The measure.
    package let name: String
    /// The value.
    package let value: Double
    /// The ends of its 95 % interval by resampling subjects.
    package let low: Double
    package let high: Double
  }

  /// The borders of risk classes, as 0 to 1: those of the ACC and AHA's guideline of 2019.
  static let bounds = [0.05, 0.075, 0.2]
  private static let resamples = 200

  /// Learns the models of a request.
  ///
  /// - Throws: `WorkflowError` where the table cannot be read, or a model cannot be fitted.
  package init(_ request: CohortRequest, say: (String) -> Void) throws {
    let table = try CohortTable(request)
    do throws(SurvivalError) {
      let data = try SurvivalData(
        times: table.times, events: table.causes.map { $0 == 1 }, weights: table.weights)
      guard data.times.contains(where: { $0 > request.horizon }) else {
        throw SurvivalError(
          "nobody is watched beyond \(readable(request.horizon, 1)) years; give a shorter --horizon"
        )
      }
      self.data = data
    } catch {
      throw WorkflowError(.invalid, "\(request.table.path): \(error)")
    }
    let sets = try table.completed(request)
    (ids, agatston) = (table.ids, table.agatston)
    subjects = table.count
    events = table.causes.count { $0 == 1 }
    competing = table.causes.count { $0 > 1 }
    horizon = request.horizon
    var notes = table.notes
    let parameters = table.names.count
    if events < 10 * parameters {
      notes.append(
        "\(events) events for \(counted(parameters, "coefficient")): fewer than ten for each, so they are "
          + "unsure; consider --ridge or fewer covariates")
    }
    if sets.count > 1 {
      notes.append(
        "missing values were imputed \(sets.count) times by chained equations, the cross-validation's parts "
          + "together")
    }
    let fitter = Fitter(request, table, data)
    say("fitting models")
    do throws(SurvivalError) {
      let fulls = try fitter.fits(sets, without: 0)
      full = Self.terms(fulls)
      let bases = table.names.count > 1 ? try fitter.fits(sets, without: 1) : []
      base = Self.terms(bases)
      if sets.count == 1, let fit = fulls.first, request.ridge == 0 {
        let before = bases.first?.logLikelihood ?? fit.nullLogLikelihood
        let statistic = 2 * (fit.logLikelihood - before)
        calcium = (statistic, ChiSquare.upperTail(statistic, degrees: 1))
      } else {
        calcium = nil
      }
      subdistribution =
        table.hasCompetingEvents && request.weights == nil
        ? try Self.terms(
          sets.map { set throws(SurvivalError) in
            try FineGrayModel(
              times: table.times, causes: table.causes, cause: 1, covariates: set,
              names: table.names)
          }) : []
      say("cross-validation")
      let held = try fitter.heldOut(sets)
      risks = held
      performance = (
        try Self.performance(data, held.base, request.horizon),
        try Self.performance(data, held.full, request.horizon)
      )
      say("resampling")
      gains = try Self.gains(data, held, request)
    } catch {
      throw WorkflowError(.invalid, "\(request.table.path): \(error)")
    }
    self.notes = notes
  }

  private static func terms(_ fits: [CoxModel]) -> [Term] {
    (fits.first?.names ?? []).indices.map { k in
      Term(
        name: fits[0].names[k],
        estimate: PooledEstimate(fits.map { ($0.coefficients[k], $0.errors[k]) }),
        robustError: PooledEstimate(fits.map { ($0.coefficients[k], $0.robustErrors[k]) }).error)
    }
  }

  private static func terms(_ fits: [FineGrayModel]) -> [Term] {
    (fits.first?.names ?? []).indices.map { k in
      let pooled = PooledEstimate(fits.map { ($0.coefficients[k], $0.errors[k]) })
      return Term(name: fits[0].names[k], estimate: pooled, robustError: pooled.error)
    }
  }

  private static func performance(
    _ data: SurvivalData, _ risks: [Double], _ horizon: Double
  ) throws(SurvivalError) -> Performance {
    let prediction = try RiskPrediction(data, risks: risks, by: horizon)
    return Performance(
      harrell: Concordance.harrell(data, risk: risks)?.c,
      uno: Concordance.uno(data, risk: risks, until: horizon), auc: prediction.auc,
      brier: prediction.brier)
  }

  /// The gains on the whole cohort with percentile intervals of resampled subjects.
  private static func gains(
    _ data: SurvivalData, _ risks: (base: [Double], full: [Double]), _ request: CohortRequest
  ) throws(SurvivalError) -> [Gain] {
    func values(_ rows: [Int]) throws(SurvivalError) -> [Double] {
      let part = try SurvivalData(
        times: rows.map { data.times[$0] }, events: rows.map { data.events[$0] },
        weights: rows.map { data.weights[$0] })
      let (old, new) = (rows.map { risks.base[$0] }, rows.map { risks.full[$0] })
      let a = try RiskPrediction(part, risks: old, by: request.horizon)
      let b = try RiskPrediction(part, risks: new, by: request.horizon)
      let c = (Concordance.harrell(part, risk: old)?.c, Concordance.harrell(part, risk: new)?.c)
      let free = b.reclassification(over: a)
      let classes = b.reclassification(over: a, bounds: bounds)
      return [
        (b.auc ?? .nan) - (a.auc ?? .nan), (c.1 ?? .nan) - (c.0 ?? .nan), a.brier - b.brier,
        free.events + free.others, classes.events, classes.others,
      ]
    }
    let names = [
      "AUC at the horizon", "Harrell's C", "Brier score, less by",
      "net reclassification, continuous",
      "net reclassification by classes, events", "net reclassification by classes, others",
    ]
    let whole = try values(Array(0..<data.count))
    var random = SplitMix64(seed: request.seed ^ 0x5EED)
    var drawn = names.map { _ in [Double]() }
    for _ in 0..<resamples {
      let rows = (0..<data.count).map { _ in Int(random.next() % UInt64(data.count)) }
      // A resample without events or without anybody beyond the horizon tells nothing.
      guard let sample = try? values(rows) else { continue }
      for (k, value) in sample.enumerated() where value.isFinite { drawn[k].append(value) }
    }
    return names.indices.map { k in
      let sorted = drawn[k].sorted()
      func quantile(_ p: Double) -> Double {
        guard !sorted.isEmpty else { return .nan }
        let place = p * Double(sorted.count - 1)
        let (low, share) = (Int(place), place - place.rounded(.down))
        return sorted[low] + share * (sorted[min(low + 1, sorted.count - 1)] - sorted[low])
      }
      return Gain(name: names[k], value: whole[k], low: quantile(0.025), high: quantile(0.975))
    }
  }
}

/// Fits the models of a table, on all subjects and without parts of them.
private struct Fitter {
  private let request: CohortRequest
  private let table: CohortTable
  private let data: SurvivalData

  init(_ request: CohortRequest, _ table: CohortTable, _ data: SurvivalData) {
    (self.request, self.table, self.data) = (request, table, data)
  }

  /// A model for each completed table, without its last covariates.
  func fits(_ sets: [[[Double]]], without last: Int) throws(SurvivalError) -> [CoxModel] {
    var models: [CoxModel] = []
    for set in sets { models.append(try fit(set, without: last, rows: Array(0..<data.count))) }
    return models
  }

  private func fit(_ set: [[Double]], without last: Int, rows: [Int]) throws(SurvivalError)
    -> CoxModel
  {
    var options = CoxModel.Options()
    options.strata = table.strata.map { strata in rows.map { strata[$0] } }
    options.clusters = table.clusters.map { clusters in rows.map { clusters[$0] } }
    options.ridge = request.ridge
    let part = try SurvivalData(
      times: rows.map { data.times[$0] }, events: rows.map { data.events[$0] },
      weights: rows.map { data.weights[$0] })
    return try CoxModel(
      part, covariates: set.dropLast(last).map { column in rows.map { column[$0] } },
      names: Array(table.names.dropLast(last)), options: options)
  }

  /// The risks of each subject by the horizon from models that did not see it, the mean of imputations.
  func heldOut(_ sets: [[[Double]]]) throws(SurvivalError) -> (base: [Double], full: [Double]) {
    let parts = CohortFolds(table, request).parts
    var sums = [Array(repeating: 0.0, count: data.count), Array(repeating: 0.0, count: data.count)]
    for fold in 0..<request.folds {
      let training = parts.indices.filter { parts[$0] != fold }
      let held = parts.indices.filter { parts[$0] == fold }
      for set in sets {
        for (place, last) in [(0, 1), (1, 0)] {
          // Without other covariates the model without calcium is the incidence of all.
          guard table.names.count > last else {
            let part = try SurvivalData(
              times: training.map { data.times[$0] }, events: training.map { data.events[$0] },
              weights: training.map { data.weights[$0] })
            let risk = 1 - KaplanMeier(part).survival(at: request.horizon)
            for i in held { sums[place][i] += risk }
            continue
          }
          let model = try fit(set, without: last, rows: training)
          for i in held {
            let values = set.dropLast(last).map { $0[i] }
            guard
              let risk = model.risk(values, by: request.horizon, stratum: table.strata?[i] ?? 0)
            else {
              throw SurvivalError(
                "a stratum has no subject outside of a part of the cross-validation")
            }
            sums[place][i] += risk
          }
        }
      }
    }
    let n = Double(sets.count)
    return (sums[0].map { $0 / n }, sums[1].map { $0 / n })
  }
}
