// SPDX-License-Identifier: Apache-2.0
import Foundation
import Random

/// Multiple imputation of missing values by chained equations (van Buuren 2011, doi:10.18637/jss.v045.i03).
///
/// Column after column is regressed on all others, and what is missing of it is drawn: numbers from the five
/// subjects whose predicted means are nearest (predictive mean matching, Bayesian linear regression), flags
/// from a logistic regression whose coefficients are drawn, too. Several passes make one imputation.
public struct ChainedEquations: Sendable {
  /// A column with missing values: a number, or 0 and 1 alone.
  public enum Kind: Sendable {
    /// Any number.
    case number
    /// 0 or 1.
    case flag
  }

  private let columns: [[Double?]]
  private let kinds: [Kind]
  private let complete: [[Double]]
  private let rows: Int

  /// How many subjects a missing number is drawn from.
  private static let donors = 5
  /// The passes over all columns for each imputation.
  private static let passes = 10

  /// Columns to be filled.
  ///
  /// - Parameters:
  ///   - columns: for each column the values of all subjects, `nil` where they are missing.
  ///   - complete: columns without missing values that predict as well: the event and the cumulative hazard
  ///     at its time (White and Royston 2009, doi:10.1002/sim.3618).
  /// - Throws: `SurvivalError` for a column of which nothing is known.
  public init(columns: [[Double?]], complete: [[Double]]) throws(SurvivalError) {
    let rows = columns.first?.count ?? complete.first?.count ?? 0
    guard columns.allSatisfy({ $0.count == rows }), complete.allSatisfy({ $0.count == rows }) else {
      throw SurvivalError("columns of different lengths")
    }
    for (number, column) in columns.enumerated() {
      let known = column.count { $0 != nil }
      guard known >= max(10, columns.count + complete.count + 2) else {
        throw SurvivalError(
          "column \(number + 1): \(known) known values are too few to impute the others from")
      }
    }
    self.rows = rows
    self.columns = columns
    self.complete = complete
    kinds = columns.map { column in
      column.allSatisfy { $0 == nil || $0 == 0 || $0 == 1 } ? .flag : .number
    }
  }

  /// One completed set of columns for each imputation; the same for the same seed.
  public func imputations(_ count: Int, seed: UInt64) -> [[[Double]]] {
    (0..<count).map { number in
      var random = Draw(seed: seed &+ UInt64(number) &* 0x9E37_79B9_7F4A_7C15)
      return imputation(&random)
    }
  }

  private func imputation(_ random: inout Draw) -> [[Double]] {
    // Begin with values of other subjects.
    var filled = columns.map { column -> [Double] in
      let known = column.compactMap(\.self)
      return column.map { $0 ?? known[random.index(known.count)] }
    }
    let incomplete = columns.indices.filter { columns[$0].contains { $0 == nil } }
    for _ in 0..<Self.passes {
      for k in incomplete {
        let others = (0..<columns.count).filter { $0 != k }.map { filled[$0] } + complete
        let design = Design(others)
        switch kinds[k] {
        case .number: drawNumbers(k, design, &filled, &random)
        case .flag: drawFlags(k, design, &filled, &random)
        }
      }
    }
    return filled
  }

  private func drawNumbers(
    _ k: Int, _ design: Design, _ filled: inout [[Double]], _ random: inout Draw
  ) {
    let known = (0..<rows).filter { columns[k][$0] != nil }
    let y = known.map { filled[k][$0] }
    guard let fit = design.least(known, y) else { return }
    let predicted = known.map { design.predict($0, fit.beta) }
    let residual = zip(y, predicted).reduce(0) { $0 + ($1.0 - $1.1) * ($1.0 - $1.1) }
    let freedom = max(known.count - design.width, 1)
    let sigma = (residual / random.chiSquare(Double(freedom))).squareRoot()
    let drawn = zip(fit.beta, random.correlated(fit.covariance)).map { $0 + sigma * $1 }
    let order = predicted.indices.sorted { predicted[$0] < predicted[$1] }
    let sorted = order.map { predicted[$0] }
    for i in 0..<rows where columns[k][i] == nil {
      let value = design.predict(i, drawn)
      // The nearest of the sorted means, on both sides.
      var high = StepCurve.count(of: sorted, upTo: value)
      var low = high - 1
      var donors: [Int] = []
      while donors.count < min(Self.donors, order.count) {
        let below = low >= 0 ? value - sorted[low] : .infinity
        let above = high < sorted.count ? sorted[high] - value : .infinity
        if below <= above {
          donors.append(order[low])
          low -= 1
        } else {
          donors.append(order[high])
          high += 1
        }
      }
      filled[k][i] = y[donors[random.index(donors.count)]]
    }
  }

  private func drawFlags(
    _ k: Int, _ design: Design, _ filled: inout [[Double]], _ random: inout Draw
  ) {
    let known = (0..<rows).filter { columns[k][$0] != nil }
    guard let fit = design.logistic(known, known.map { filled[k][$0] }) else { return }
    let drawn = zip(fit.beta, random.correlated(fit.covariance)).map(+)
    for i in 0..<rows where columns[k][i] == nil {
      filled[k][i] = random.unit() < 1 / (1 + exp(-design.predict(i, drawn))) ? 1 : 0
    }
  }
}

/// Random numbers of the distributions that imputation draws from.
private struct Draw {
  private var generator: SplitMix64

  init(seed: UInt64) { generator = SplitMix64(seed: seed) }

  /// A number between 0 and 1.
  mutating func unit() -> Double { (Double(generator.next() >> 11) + 0.5) * 0x1p-53 }

  mutating func index(_ count: Int) -> Int { min(Int(unit() * Double(count)), count - 1) }

  mutating func normal() -> Double {
    (-2 * log(unit())).squareRoot() * cos(2 * .pi * unit())
  }

  /// Marsaglia and Tsang 2000, doi:10.1145/358407.358414.
  mutating func chiSquare(_ freedom: Double) -> Double {
    let d = max(freedom / 2, 1) - 1 / 3.0
    let c = 1 / (9 * d).squareRoot()
    while true {
      let x = normal()
      let v = (1 + c * x) * (1 + c * x) * (1 + c * x)
      if v > 0, log(unit()) < x * x / 2 + d - d * v + d * log(v) { return 2 * d * v }
    }
  }

  /// Normal numbers with a covariance and mean 0.
  mutating func correlated(_ covariance: SymmetricMatrix) -> [Double] {
    let z = (0..<covariance.size).map { _ in normal() }
    guard let lower = covariance.cholesky else { return z.map { _ in 0 } }
    return (0..<covariance.size).map { i in (0...i).reduce(0) { $0 + lower[i, $1] * z[$1] } }
  }
}

/// Predictors with an intercept, centred and scaled.
private struct Design {
  private let columns: [[Double]]

  init(_ predictors: [[Double]]) {
    columns = predictors.map { column in
      let mean = column.reduce(0, +) / Double(max(column.count, 1))
      let variance =
        column.reduce(0) { $0 + ($1 - mean) * ($1 - mean) } / Double(max(column.count, 1))
      let scale = variance > 0 ? variance.squareRoot() : 1
      return column.map { ($0 - mean) / scale }
    }
  }

  /// The number of coefficients.
  var width: Int { columns.count + 1 }

  private func value(_ i: Int, _ a: Int) -> Double { a == 0 ? 1 : columns[a - 1][i] }

  func predict(_ i: Int, _ beta: [Double]) -> Double {
    beta.indices.reduce(0) { $0 + beta[$1] * value(i, $1) }
  }

  /// A little of a ridge keeps columns that say nearly the same apart.
  private static let ridge = 1e-5

  private func moments(_ rows: [Int], weights: [Double]) -> SymmetricMatrix {
    var matrix = SymmetricMatrix(size: width)
    for (i, w) in zip(rows, weights) {
      for a in 0..<width { for b in 0...a { matrix[a, b] += w * value(i, a) * value(i, b) } }
    }
    for a in 0..<width {
      for b in 0..<a { matrix[b, a] = matrix[a, b] }
      matrix[a, a] *= 1 + Self.ridge
      matrix[a, a] += 1e-9
    }
    return matrix
  }

  /// Least squares, with the covariance for σ = 1.
  func least(_ rows: [Int], _ y: [Double]) -> (beta: [Double], covariance: SymmetricMatrix)? {
    guard let inverse = moments(rows, weights: rows.map { _ in 1 }).inverse else { return nil }
    let xy = (0..<width).map { a in zip(rows, y).reduce(0) { $0 + value($1.0, a) * $1.1 } }
    return (inverse.times(xy), inverse)
  }

  /// Logistic regression by Newton's method.
  func logistic(_ rows: [Int], _ y: [Double]) -> (beta: [Double], covariance: SymmetricMatrix)? {
    var beta = Array(repeating: 0.0, count: width)
    // As a prior of half an observation on each side would: a flag that others tell exactly stays finite.
    let penalty = 0.5
    for _ in 0..<30 {
      let p = rows.map { 1 / (1 + exp(-predict($0, beta))) }
      var information = moments(rows, weights: p.map { max($0 * (1 - $0), 1e-10) })
      var gradient = (0..<width).map { a in
        zip(rows, zip(y, p)).reduce(0) { $0 + value($1.0, a) * ($1.1.0 - $1.1.1) }
      }
      for a in 1..<max(width, 1) {
        information[a, a] += penalty
        gradient[a] -= penalty * beta[a]
      }
      guard let inverse = information.inverse else { return nil }
      let step = inverse.times(gradient)
      beta = zip(beta, step).map(+)
      if step.allSatisfy({ abs($0) < 1e-8 }) { return (beta, inverse) }
    }
    return nil
  }
}

/// Estimates of several imputations as one (Rubin 1987).
public struct PooledEstimate: Hashable, Codable, Sendable {
  /// The mean estimate.
  public let value: Double
  /// Its standard error, within and between imputations.
  public let error: Double
  /// The degrees of freedom of its t distribution; infinite where the imputations agree.
  public let freedom: Double
  /// The share of the variance that is due to missing values.
  public let missing: Double

  /// Pools estimates with their standard errors.
  public init(_ estimates: [(value: Double, error: Double)]) {
    let m = Double(estimates.count)
    let mean = estimates.reduce(0) { $0 + $1.value } / m
    let within = estimates.reduce(0) { $0 + $1.error * $1.error } / m
    let between =
      m > 1
      ? estimates.reduce(0) { $0 + ($1.value - mean) * ($1.value - mean) } / (m - 1) : 0
    let added = (1 + 1 / m) * between
    value = mean
    error = (within + added).squareRoot()
    missing = within + added > 0 ? added / (within + added) : 0
    freedom = added > 0 ? (m - 1) * (1 + within / added) * (1 + within / added) : .infinity
  }
}
