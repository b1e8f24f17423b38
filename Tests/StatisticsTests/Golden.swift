// SPDX-License-Identifier: Apache-2.0
import Foundation
import Statistics
import TestSupport

/// The numbers that `Oracles/fixtures/statistics_oracle.py` wrote.
struct Golden: Decodable {
  struct Pair: Decodable {
    let name: String
    let x: [Double]
    let y: [Double]
    let mean: Double
    let variance: Double
    let pearson: [Double]
    let ranks: [Double]
    let spearman: [Double]
    let quantiles: [Double]
    let line: [Double]?
    let r_squared: Double?
    let bland_altman: [Double]
    let concordance: [Double]
    let icc: [Double]
    let deming: [Double]
    let deming_4: [Double]
    let passing_bablok: [Double?]?
  }

  struct Resampled: Decodable {
    let name: String
    let x: [Double]
    let y: [Double]
    let resamples: Int
    let seed: UInt64
    let statistics: [String: [Double]]
  }

  struct Detection: Decodable {
    let name: String
    let reference: [Bool]
    let computed: [Bool]
    let sensitivity: [Double]
    let specificity: [Double]
    let ppv: [Double]
    let npv: [Double]
    let f1: [Double]
  }

  struct Ratings: Decodable {
    let name: String
    let rows: [[Double]]
    let icc: [Double]
  }

  struct Corrected: Decodable {
    let p: [Double]
    let corrected: [Double]
  }

  struct Exchange: Decodable {
    let reference: [Double]
    let first: [Double]
    let second: [Double]
    let difference: Double
    let p: Double
  }

  struct Rating: Decodable {
    let name: String
    let reference: [Int]
    let computed: [Int]
    let classes: Int
    let matrix: [[Int]]
    let none: [Double]
    let linear: [Double]
    let quadratic: [Double]
  }

  let pairs: [Pair]
  let bootstraps: [Resampled]
  let detections: [Detection]
  let ratings: [Ratings]
  let fisher: [[Double]]
  let fisher_quantiles: [[Double]]
  let holm: [Corrected]
  let exchange: Exchange
  let kappas: [Rating]
  let normal: [[Double]]
  let normal_quantiles: [[Double]]
  let student: [[Double]]
  let student_quantiles: [[Double]]

  static func load() throws -> Golden {
    let file = try Data(contentsOf: fixture("statistics/statistics.json"))
    let golden = try JSONDecoder().decode(Golden.self, from: file)
    // Tests loop over these lists.
    let counts = [
      golden.pairs.count, golden.bootstraps.count, golden.detections.count, golden.ratings.count,
      golden.fisher.count, golden.fisher_quantiles.count, golden.holm.count, golden.kappas.count,
      golden.normal.count, golden.normal_quantiles.count, golden.student.count,
      golden.student_quantiles.count,
    ]
    guard !counts.contains(0) else { throw UnfitList(description: "a list is empty: \(counts)") }
    return golden
  }
}

/// Whether two numbers agree to 1e-9, relative, or to `floor` absolute.
func agree(_ a: Double?, _ b: Double, floor: Double = 1e-300) -> Bool {
  guard let a else { return false }
  return a == b || abs(a - b) <= max(1e-9 * max(abs(a), abs(b)), floor)
}

/// The code of the error that a body throws, if it is one of statistics.
func code(_ body: () throws -> Void) -> StatisticsError.Code? {
  do { try body() } catch { return (error as? StatisticsError)?.code }
  return nil
}
