// SPDX-License-Identifier: Apache-2.0
import Files
import Foundation

/// The committed follow-up, and what R and scikit-survival say about it.
struct CohortFixture {
  let columns: [String: [Double]]
  private let results: [String: [String: [Double?]?]]

  init() throws {
    let folder = URL(filePath: #filePath).deletingLastPathComponent()
      .appending(path: "../Fixtures/survival").standardizedFileURL
    let table = try CSVTable(
      parsing: Data(contentsOf: folder.appending(path: "cohort.csv")), path: "cohort.csv")
    var columns: [String: [Double]] = [:]
    for (place, name) in table.header.enumerated() {
      columns[name] = table.rows.map { Double($0[place]) ?? .nan }
    }
    self.columns = columns
    results = try JSONDecoder().decode(
      [String: [String: [Double?]?]].self,
      from: Data(contentsOf: folder.appending(path: "survival.json")))
    predictions = try JSONDecoder().decode(
      [String: Double].self, from: Data(contentsOf: folder.appending(path: "predictions.json")))
  }

  /// What scikit-survival says.
  let predictions: [String: Double]

  subscript(name: String) -> [Double] { columns[name] ?? [] }

  /// Covariates by name.
  func covariates(_ names: [String]) -> [[Double]] { names.map { self[$0] } }

  var causes: [Int] { self["cause"].map { Int($0) } }
  var events: [Bool] { causes.map { $0 == 1 } }
  var strata: [Int] { self["site"].map { Int($0) } }

  /// A result of R.
  func result(_ name: String, _ part: String) -> [Double] {
    (results[name]?[part] ?? nil)?.map { $0 ?? .nan } ?? []
  }
}

/// What R's mice says about the committed follow-up with values missing.
struct ImputationFixture: Decodable {
  /// The rows without an age and without a smoking habit.
  let ages, smokers: [Int]
  /// One number: how many imputations were pooled.
  let imputations: [Int]
  /// Of age, calcium and smoker: pooled coefficients, their errors, the variance between imputations, the
  /// share of the variance that is due to missing values.
  let values, errors, between, missing: [Double]
  /// A short list of estimates and squared errors, and what Rubin's rules make of it: value, error, degrees
  /// of freedom, share.
  let rubinValues, rubinVariances, rubin: [Double]

  init() throws {
    let file = URL(filePath: #filePath).deletingLastPathComponent()
      .appending(path: "../Fixtures/survival/imputation.json").standardizedFileURL
    self = try JSONDecoder().decode(Self.self, from: Data(contentsOf: file))
  }
}

/// The largest difference of two lists, relative to 1 or the larger value; infinite for lists of different
/// lengths.
func difference(_ a: [Double], _ b: [Double]) -> Double {
  guard a.count == b.count, !a.isEmpty else { return .infinity }
  return zip(a, b).reduce(0) { max($0, abs($1.0 - $1.1) / max(1, abs($1.1))) }
}
