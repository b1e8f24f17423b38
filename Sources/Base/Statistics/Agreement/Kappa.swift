// SPDX-License-Identifier: Apache-2.0
import Text

/// How many subjects of each reference class were put into each class.
public struct ConfusionMatrix: Hashable, Codable, Sendable {
  /// Counts by [reference class][computed class].
  public let counts: [[Int]]

  /// Counts pairs of class indices below `classes`.
  ///
  /// Throws `.invalid` for unequal lengths or an index outside the classes.
  public init(
    reference: [Int], computed: [Int], classes: Int
  ) throws(StatisticsError) {
    guard reference.count == computed.count else {
      throw StatisticsError(
        .invalid, subject: "confusion matrix",
        detail:
          "\(counted(reference.count, "class is", "classes are")) paired with \(computed.count)")
    }
    let valid = 0..<max(classes, 0)
    if let unknown = (reference + computed).first(where: { !valid.contains($0) }) {
      throw StatisticsError(
        .invalid, subject: "confusion matrix",
        detail: "class \(unknown) is none of \(counted(classes, "class", "classes"))")
    }
    var counts = [[Int]](repeating: [Int](repeating: 0, count: valid.count), count: valid.count)
    for (r, c) in zip(reference, computed) { counts[r][c] += 1 }
    self.counts = counts
  }

  /// The number of subjects.
  public var total: Int { counts.reduce(0) { $0 + $1.reduce(0, +) } }

  /// The share of subjects whose computed class is the reference's; `nil` without subjects.
  public var accuracy: Double? {
    total > 0 ? Double(counts.indices.reduce(0) { $0 + counts[$1][$1] }) / Double(total) : nil
  }

  /// For each class the share of its subjects that were put there; `nil` for an empty class.
  public var sensitivities: [Double?] {
    counts.indices.map { i in
      let row = counts[i].reduce(0, +)
      return row > 0 ? Double(counts[i][i]) / Double(row) : nil
    }
  }
}

/// The weight of a disagreement in kappa, by the distance between the two classes.
public enum KappaWeights: String, Codable, CaseIterable, Sendable {
  /// Any two different classes disagree alike.
  case none
  /// By the distance.
  case linear
  /// By the squared distance.
  case quadratic

  /// The disagreement of two class indices.
  func disagreement(_ a: Int, _ b: Int) -> Double {
    let d = Double(abs(a - b))
    switch self {
    case .none: return a == b ? 0 : 1
    case .linear: return d
    case .quadratic: return d * d
    }
  }
}

/// Cohen's kappa: agreement beyond chance.
public struct Kappa: Hashable, Codable, Sendable {
  /// The coefficient; 1 is full agreement, 0 what chance gives.
  public let coefficient: Double
  /// Its large-sample standard error.
  public let standardError: Double
  /// The confidence interval, coefficient ± z standard errors, cut to −1 to 1.
  public let interval: Interval

  private enum CodingKeys: String, CodingKey {
    case coefficient, interval
    case standardError = "standard_error"
  }
}

/// Cohen's weighted kappa of a confusion matrix (Cohen 1968, doi:10.1037/h0026256).
///
/// ```swift
/// let matrix = try ConfusionMatrix(reference: [0, 1, 2, 2], computed: [0, 1, 1, 2], classes: 3)
/// let kappa = try cohenKappa(matrix, weights: .linear)
/// ```
///
/// κ = 1 − Σ v·o / Σ v·e with disagreement weights v, observed shares o and expected shares e. The
/// standard error is that of Fleiss, Cohen & Everitt 1969 (doi:10.1037/h0028106, eq. 13). Throws
/// `.tooFew` without subjects and `.constant` where both sides use one and the same class only.
public func cohenKappa(
  _ matrix: ConfusionMatrix, weights: KappaWeights, level: Double = 0.95
) throws(StatisticsError) -> Kappa {
  let subject = "kappa"
  try requireLevel(level, of: subject)
  let n = Double(matrix.total)
  guard n > 0 else {
    throw StatisticsError(.tooFew, subject: subject, detail: "needs at least 1 subject, there is 0")
  }
  let classes = matrix.counts.indices
  let p = matrix.counts.map { $0.map { Double($0) / n } }
  let rows = p.map { $0.reduce(0, +) }
  let columns = classes.map { j in p.reduce(0) { $0 + $1[j] } }
  var observed = 0.0
  var expected = 0.0
  for i in classes {
    for j in classes {
      let v = weights.disagreement(i, j)
      observed += v * p[i][j]
      expected += v * rows[i] * columns[j]
    }
  }
  guard expected > 0 else {
    throw StatisticsError(
      .constant, subject: subject, detail: "both sides use one and the same class only")
  }
  // In disagreements scaled by the largest, agreement weights are w = 1 − v / largest.
  let largest = classes.isEmpty ? 1 : max(weights.disagreement(0, classes.count - 1), 1)
  func w(_ i: Int, _ j: Int) -> Double { 1 - weights.disagreement(i, j) / largest }
  let rowMeans = classes.map { i in classes.reduce(0) { $0 + columns[$1] * w(i, $1) } }
  let columnMeans = classes.map { j in classes.reduce(0) { $0 + rows[$1] * w($1, j) } }
  let (po, pe) = (1 - observed / largest, 1 - expected / largest)
  // The equation's Σ p·t² − shift² is the variance of t, whose mean is the shift: summed about that
  // mean no digits are lost where nearly all subjects are in one class.
  let shift = po * pe - 2 * pe + po
  var (spread, size) = (0.0, 0.0)
  for i in classes {
    for j in classes {
      let term = w(i, j) * (1 - pe) - (rowMeans[i] + columnMeans[j]) * (1 - po)
      spread += p[i][j] * (term - shift) * (term - shift)
      size += p[i][j] * term * term
    }
  }
  // The spread of equal numbers is nothing but rounding.
  let rest = spread > 1e-28 * size ? spread : 0
  let variance = rest / (n * (1 - pe) * (1 - pe) * (1 - pe) * (1 - pe))
  let coefficient = 1 - observed / expected
  let error = variance.squareRoot()
  let half = try NormalDistribution.quantile(0.5 + level / 2) * error
  return Kappa(
    coefficient: coefficient, standardError: error,
    interval: Interval(lower: coefficient - half, upper: coefficient + half).within(-1...1))
}
