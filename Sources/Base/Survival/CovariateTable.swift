// SPDX-License-Identifier: Apache-2.0

/// Covariates made ready for a fit: centred and scaled, so that exp does not overflow and Newton's steps are
/// of one size.
struct CovariateTable {
  /// For each covariate the values of all subjects, with mean 0 and standard deviation 1.
  let values: [[Double]]
  let means: [Double]
  let scales: [Double]
  private let names: [String]

  /// The number of covariates.
  var count: Int { values.count }

  /// - Throws: `SurvivalError` for covariates that are missing somewhere or the same for everybody.
  init(_ covariates: [[Double]], names: [String], weights: [Double]) throws(SurvivalError) {
    guard covariates.count == names.count, !covariates.isEmpty else {
      throw SurvivalError("\(covariates.count) covariates and \(names.count) names")
    }
    for (name, values) in zip(names, covariates) {
      guard values.count == weights.count else {
        throw SurvivalError("\(name): \(values.count) values for \(weights.count) subjects")
      }
      guard values.allSatisfy(\.isFinite) else {
        throw SurvivalError("\(name): a value is missing")
      }
      guard values.contains(where: { $0 != values[0] }) else {
        throw SurvivalError("\(name): is the same for everybody")
      }
    }
    let total = weights.reduce(0, +)
    let means = covariates.map { zip($0, weights).reduce(0) { $0 + $1.0 * $1.1 } / total }
    let scales = zip(covariates, means).map { values, mean in
      let variance = values.reduce(0) { $0 + ($1 - mean) * ($1 - mean) } / Double(values.count)
      return variance > 0 ? variance.squareRoot() : 1
    }
    self.values = covariates.indices.map { k in covariates[k].map { ($0 - means[k]) / scales[k] } }
    (self.means, self.scales, self.names) = (means, scales, names)
  }

  /// The inverse of the information.
  ///
  /// - Throws: `SurvivalError` where covariates say the same.
  func inverse(_ information: SymmetricMatrix) throws(SurvivalError) -> SymmetricMatrix {
    guard let inverse = information.inverse else {
      throw SurvivalError(
        "the covariates \(names.joined(separator: ", ")) cannot be told apart: one says what others "
          + "say together")
    }
    return inverse
  }

  /// Coefficients for each unit of the covariates as they were given.
  func unscaled(_ beta: [Double]) -> [Double] { zip(beta, scales).map { $0 / $1 } }
}
