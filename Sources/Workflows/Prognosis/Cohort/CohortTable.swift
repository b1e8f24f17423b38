// SPDX-License-Identifier: Apache-2.0
import Evaluation
import Files
import Foundation
import Risk
import Survival
import Text
import Workflow

/// The subjects of a cohort as they are read: times, causes, covariates with gaps.
struct CohortTable {
  let ids: [String]
  let times: [Double]
  /// 0 for censored subjects, 1 for the event, more for competing ones.
  let causes: [Int]
  /// The names of the covariates, calcium last: "ln(agatston + 1)".
  let names: [String]
  /// For each covariate the values of all subjects.
  let covariates: [[Double?]]
  /// The Agatston scores.
  let agatston: [Double?]
  let strata: [Int]?
  let clusters: [Int]?
  let weights: [Double]?
  /// What is to be known of the table.
  private(set) var notes: [String] = []

  var count: Int { times.count }
  var hasCompetingEvents: Bool { causes.contains { $0 > 1 } }

  /// The name of the covariate that is made of the calcium score.
  static let calciumName = "ln(agatston + 1)"

  /// Reads a table.
  ///
  /// - Throws: `WorkflowError` that names file, row and column.
  init(_ request: CohortRequest) throws {
    let path = request.table.path
    let csv: CSVTable
    do {
      csv = try CSVTable(parsing: FileBytes.read(request.table), path: path)
    } catch let error as CSVError {
      throw WorkflowError(.invalid, "\(error)")
    }
    guard !csv.rows.isEmpty else {
      throw WorkflowError(.invalid, "\(path): the table has a header but no subject")
    }
    func place(_ name: String) throws -> Int {
      let found = csv.columns(named: name)
      guard found.count == 1 else {
        throw WorkflowError(
          .invalid,
          "\(path): \(found.isEmpty ? "there is no column" : "there are several columns") \(name.shown()); it has "
            + shortList(csv.header, limit: 12))
      }
      return found[0]
    }
    let notation = NumberNotation(
      of: csv.rows.joined(), allowsComma: csv.separator != ",", assumesPoint: true)
    func cells(_ name: String) throws -> [String] {
      let column = try place(name)
      return csv.rows.map { CSVTable.trimmed($0[column]) }
    }
    func wrong(_ row: Int, _ column: String, _ detail: String) -> WorkflowError {
      WorkflowError(.invalid, "\(path): row \(csv.rowNumbers[row]), column \(column): \(detail)")
    }
    func numbers(_ name: String) throws -> [Double?] {
      try cells(name).enumerated().map { row, cell in
        if cell.isEmpty || cell.uppercased() == "NA" { return nil }
        if case .number(let value) = notation.read(cell) { return value }
        if let flag = RiskColumns.flag(cell) { return flag ? 1 : 0 }
        if let sex = RiskColumns.sex(cell) { return sex == .male ? 1 : 0 }
        throw wrong(row, name, "\"\(cell)\" is no number, no yes or no and no sex")
      }
    }
    func complete(_ name: String) throws -> [Double] {
      try numbers(name).enumerated().map { row, value in
        guard let value else { throw wrong(row, name, "is empty; every subject needs it") }
        return value
      }
    }
    let idName =
      request.id ?? ["id", "patient_name", "subject"].first { !csv.columns(named: $0).isEmpty }
    let ids = try idName.map { try cells($0) } ?? csv.rows.indices.map { "\($0 + 1)" }
    if let twice = Dictionary(grouping: ids.indices, by: { ids[$0] }).values.first(where: {
      $0.count > 1
    }),
      request.clusters == nil
    {
      throw wrong(twice[1], idName ?? "id", "\(ids[twice[1]].shown()) is there twice")
    }
    let times = try complete(request.time)
    for (row, time) in times.enumerated() where time < 0 {
      throw wrong(
        row, request.time, "\(readable(time, 2)) years: the follow-up ends before the scan")
    }
    let causes = try complete(request.event).enumerated().map { row, value in
      guard value == value.rounded(), (0...9).contains(value) else {
        throw wrong(
          row, request.event, "\(value) is no event: 0 none, 1 the event, 2 and more competing")
      }
      return Int(value)
    }
    var scores = csv.columns(named: request.calcium).isEmpty ? nil : try numbers(request.calcium)
    var notes: [String] = []
    if let url = request.scores {
      guard scores == nil else {
        throw WorkflowError(
          .invalid,
          "\(path): has a column \(request.calcium), and --scores gives it, too; leave one out")
      }
      guard idName != nil else {
        throw WorkflowError(
          .invalid, "\(path): --scores joins by subject, and there is no column id")
      }
      let scored = try ScoredSubjects(url, people: ids)
      notes += try scored.notes(joined: Set(ids), table: request.table)
      scores = ids.map { scored.agatston(of: $0) }
    }
    guard let scores else {
      throw WorkflowError(
        .invalid,
        "\(path): there is no column \(request.calcium); name it by --calcium, or give --scores")
    }
    for (row, score) in scores.enumerated() {
      if let score, !(score >= 0) { throw wrong(row, request.calcium, "\(score) is no score") }
    }
    (self.ids, self.times, self.causes, agatston) = (ids, times, causes, scores)
    for name in request.covariates
    where [request.time, request.event, request.calcium].contains(name) {
      throw WorkflowError(
        .invalid, "--covariate \(name): is the time, the event or the calcium already")
    }
    names = request.covariates + [Self.calciumName]
    covariates =
      try request.covariates.map { try numbers($0) } + [scores.map { $0.map { log1p($0) } }]
    strata = try request.strata.map { Self.numbered(try cells($0)) }
    clusters = try request.clusters.map { Self.numbered(try cells($0)) }
    weights = try request.weights.map { try complete($0) }
    self.notes = notes + Self.leaks(request, times, causes, names, covariates)
    if times.contains(0) {
      let early = zip(times, causes).count { $0 == 0 && $1 > 0 }
      self.notes.append(
        "\(counted(times.count { $0 == 0 }, "subject")) with a follow-up of 0"
          + (early > 0 ? ", \(early) of them with the event: was it before the scan?" : ""))
    }
  }

  private static func numbered(_ cells: [String]) -> [Int] {
    var numbers: [String: Int] = [:]
    return cells.map { cell in
      if let number = numbers[cell] { return number }
      numbers[cell] = numbers.count
      return numbers.count - 1
    }
  }

  /// Covariates that know the outcome, by name or by what they say.
  private static func leaks(
    _ request: CohortRequest, _ times: [Double], _ causes: [Int], _ names: [String],
    _ covariates: [[Double?]]
  ) -> [String] {
    let words = ["event", "death", "died", "outcome", "follow", "censor", "status", "endpoint"]
    return zip(names, covariates).compactMap { name, values in
      if words.contains(where: { name.lowercased().contains($0) }) {
        return "possible leak: \(name) sounds as if it were known only after the scan"
      }
      let known = values.indices.filter { values[$0] != nil }
      let (x, y) = (known.map { values[$0] ?? 0 }, known.map { causes[$0] == 1 ? 1.0 : 0 })
      if known.count > 20, let r = correlation(x, y), abs(r) > 0.95 {
        return "possible leak: \(name) nearly equals the event (r \(readable(r, 2)))"
      }
      let t = known.map { times[$0] }
      if known.count > 20, let r = correlation(x, t), abs(r) > 0.98 {
        return "possible leak: \(name) nearly equals the follow-up (r \(readable(r, 2)))"
      }
      return nil
    }
  }

  private static func correlation(_ x: [Double], _ y: [Double]) -> Double? {
    let n = Double(x.count)
    let (mx, my) = (x.reduce(0, +) / n, y.reduce(0, +) / n)
    var (xx, yy, xy) = (0.0, 0.0, 0.0)
    for (a, b) in zip(x, y) {
      xx += (a - mx) * (a - mx)
      yy += (b - my) * (b - my)
      xy += (a - mx) * (b - my)
    }
    return xx > 0 && yy > 0 ? xy / (xx * yy).squareRoot() : nil
  }

  /// The covariates without gaps: as they are, or imputed several times.
  ///
  /// - Throws: `WorkflowError` that says how many values are missing where, if they are not to be imputed.
  func completed(_ request: CohortRequest) throws -> [[[Double]]] {
    let gaps = zip(names, covariates).compactMap { name, values in
      let missing = values.count { $0 == nil }
      return missing > 0 ? "\(name) of \(counted(missing, "subject"))" : nil
    }
    guard !gaps.isEmpty else { return [covariates.map { $0.map { $0 ?? 0 } }] }
    guard request.imputations > 0 else {
      throw WorkflowError(
        .invalid,
        "\(request.table.path): values are missing: \(gaps.joined(separator: ", ")); fill them, or give --impute 20"
      )
    }
    // The event and the cumulative hazard belong into the equations.
    do throws(SurvivalError) {
      let hazard = try NelsonAalen(SurvivalData(times: times, events: causes.map { $0 == 1 }))
      let complete = [times.map { hazard.at($0) }, causes.map { $0 == 1 ? 1.0 : 0 }]
      return try ChainedEquations(columns: covariates, complete: complete)
        .imputations(request.imputations, seed: request.seed)
    } catch {
      throw WorkflowError(.invalid, "\(request.table.path): \(error)")
    }
  }
}
