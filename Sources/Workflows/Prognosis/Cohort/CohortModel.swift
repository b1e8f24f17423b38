// SPDX-License-Identifier: Apache-2.0
import Foundation
import Random
package import Survival
import Text
import Workflow

/// Nested models of a cohort's risk, without and with calcium, and how much the calcium brings.
package struct CohortModel: Codable, Sendable {
  /// One coefficient, pooled over imputations.
  package struct Term: Codable, Sendable {
    /// The covariate.
    package let name: String
    /// The log hazard ratio for each unit, with its usual error and the share of it that is due to missing
    /// values.
    package let estimate: PooledEstimate
    /// Its robust error, which holds for dependent subjects and a wrong model.
    package let robustError: Double
  }

  /// How well risks that were predicted for subjects outside of the fit order and meet the events.
  package struct Performance: Codable, Sendable {
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
  package let calcium: Test?
  /// Performance in cross-validation without and with calcium.
  package let performance: Both<Performance>
  /// The gain by calcium with 95 % intervals: change of the AUC, of C, and net reclassification.
  package let gains: [Gain]
  /// The risks of each subject from the model that did not see it.
  package let risks: Both<[Double]>
  /// The follow-up.
  package let data: SurvivalData
  /// The subjects' names.
  package let ids: [String]
  /// The Agatston scores.
  package let agatston: [Double?]
  /// What is to be known, one sentence each.
  package let notes: [String]

  /// What calcium brings by a measure.
  package struct Gain: Codable, Sendable {
    /// The measure.
    package let name: String
    /// The value; `nil` where there is none.
    package let value: Double?
    /// The ends of its 95 % interval by resampling subjects, or what keeps subjects together.
    package let low: Double?
    package let high: Double?
  }

  /// A test of a coefficient.
  package struct Test: Codable, Sendable {
    /// The statistic, χ² with one degree of freedom.
    package let statistic: Double
    /// The chance of as large a statistic without an effect.
    package let p: Double
  }

  /// Something of the model without calcium and of the one with it.
  package struct Both<Value: Codable & Sendable>: Codable, Sendable {
    /// Without calcium.
    package let base: Value
    /// With calcium.
    package let full: Value
  }

  /// The borders of risk classes, as 0 to 1: those of the ACC and AHA's guideline of 2019.
  static let bounds = [0.05, 0.075, 0.2]

  /// Learns the models of a request.
  ///
  /// - Throws: `WorkflowError` where the table cannot be read, or a model cannot be fitted.
  package init(_ request: CohortRequest, say: (String) -> Void) async throws {
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
      let unbounded = Set(fulls.flatMap(\.unbounded)).sorted()
      if !unbounded.isEmpty {
        notes.append(
          "\(unbounded.joined(separator: ", ")): no finite hazard ratio, because events lie on one side alone "
            + "(separation); do not read the coefficient, give --ridge or leave the column out")
      }
      let bases = table.names.count > 1 ? try fitter.fits(sets, without: 1) : []
      base = Self.terms(bases)
      if sets.count == 1, let fit = fulls.first, request.ridge == 0 {
        let before = bases.first?.logLikelihood ?? fit.nullLogLikelihood
        let statistic = 2 * (fit.logLikelihood - before)
        calcium = Test(statistic: statistic, p: ChiSquare.upperTail(statistic, degrees: 1))
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
      performance = Both(
        base: try Self.performance(data, held.base, request.horizon),
        full: try Self.performance(data, held.full, request.horizon))
      say("resampling")
      gains = try await CohortGains(
        data, held, horizon: request.horizon, clusters: table.clusters
      ).measured(seed: request.seed)
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
  func heldOut(_ sets: [[[Double]]]) throws(SurvivalError) -> CohortModel.Both<[Double]> {
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
    return CohortModel.Both(base: sums[0].map { $0 / n }, full: sums[1].map { $0 / n })
  }
}
