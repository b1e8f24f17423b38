// SPDX-License-Identifier: Apache-2.0
import Foundation
import RiskNetworks
import Survival
import Text
import Workflow

/// The subjects that networks learn from: those of the table that have a scan and a mask.
struct NetworkCohort: Sendable {
  /// The rows of the table that are used.
  let rows: [Int]
  /// The names of the subjects.
  let ids: [String]
  /// The crops.
  let images: [[Float]]
  /// For each subject its risk factors, without calcium; missing values are means of their imputations.
  let factors: [[Double]]
  /// The follow-up; competing events count as censored.
  let data: SurvivalData
  /// The part of the cross-validation that each subject is in.
  let parts: [Int]
  /// The number of parts.
  let folds: Int

  /// The subjects of a table that have a crop.
  init(_ table: CohortTable, _ crops: CohortCrops, _ request: CohortRequest) throws {
    rows = (0..<table.count).filter { crops.images[$0] != nil }
    ids = rows.map { table.ids[$0] }
    images = rows.compactMap { crops.images[$0] }
    let sets = try table.completed(request)
    let width = table.names.count - 1
    factors = rows.map { row in
      (0..<width).map { column in
        sets.reduce(0) { $0 + $1[column][row] } / Double(sets.count)
      }
    }
    do throws(SurvivalError) {
      data = try SurvivalData(
        times: rows.map { table.times[$0] }, events: rows.map { table.causes[$0] == 1 })
    } catch {
      throw WorkflowError(.invalid, "\(request.table.path): \(error)")
    }
    let own = CohortFolds(table, request)
    parts = rows.map { own.parts[$0] }
    folds = own.count
  }

  /// The places of a part of the cross-validation, or of all others.
  func places(in part: Int, held: Bool) -> [Int] {
    parts.indices.filter { (parts[$0] == part) == held }
  }

  /// The follow-up of some subjects.
  func data(of places: [Int]) throws(SurvivalError) -> SurvivalData {
    try SurvivalData(
      times: places.map { data.times[$0] }, events: places.map { data.events[$0] },
      weights: places.map { data.weights[$0] })
  }

  /// The subjects as networks see them, for a part of the cross-validation.
  ///
  /// Factors are scaled by mean and deviation of those to learn from; who was censored before the horizon
  /// has no weight in the loss of events, the others that of the inverse of their chance of being watched
  /// (`RiskPrediction`), by those to learn from.
  ///
  /// - Throws: `SurvivalError` where nobody to learn from is watched until the horizon.
  func samples(without part: Int, loss: RiskLoss, horizon: Double) throws(SurvivalError) -> (
    seen: [RiskSample], held: [RiskSample]
  ) {
    let seen = places(in: part, held: false)
    let width = factors.first?.count ?? 0
    let scales = (0..<width).map { column in
      let values = seen.map { factors[$0][column] }
      let mean = values.reduce(0, +) / Double(max(1, values.count))
      let variance =
        values.reduce(0) { $0 + ($1 - mean) * ($1 - mean) } / Double(max(1, values.count))
      return (mean: mean, deviation: variance > 0 ? variance.squareRoot() : 1)
    }
    func sample(_ place: Int, outcome: Bool? = nil, weight: Double = 1) -> RiskSample {
      RiskSample(
        image: images[place],
        table: zip(factors[place], scales).map { Float(($0 - $1.mean) / $1.deviation) },
        time: data.times[place], hasEvent: data.events[place], outcome: outcome == true ? 1 : 0,
        weight: Float(weight))
    }
    let held = places(in: part, held: true).map { sample($0) }
    guard loss == .event else { return (seen.map { sample($0) }, held) }
    let known = try RiskPrediction(
      data(of: seen), risks: seen.map { _ in 0.5 }, by: horizon)
    return (
      seen.enumerated().map { sample($1, outcome: known.outcomes[$0], weight: known.weights[$0]) },
      held
    )
  }
}
