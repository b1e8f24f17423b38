// SPDX-License-Identifier: Apache-2.0
import Foundation

/// Cox's proportional hazards: log hazard = log h₀(t) + Σ βx, with Efron's handling of ties, strata,
/// weights, a ridge penalty and robust standard errors.
///
/// Cox 1972 (doi:10.1111/j.2517-6161.1972.tb00899.x), Efron 1977 (doi:10.1080/01621459.1977.10480613), Lin
/// and Wei 1989 (doi:10.1080/01621459.1989.10478874).
public struct CoxModel: Sendable {
  /// What a model is fitted with.
  public struct Options: Sendable {
    /// Subjects of one stratum share a baseline hazard; one for all where none are given.
    public var strata: [Int]?
    /// Subjects of one cluster are not independent; each for itself where none are given.
    public var clusters: [Int]?
    /// Half of it times Σ β² is taken from the log likelihood.
    public var ridge = 0.0
    /// How small the change of the log likelihood is, relative to it, at the end.
    public var tolerance = 1e-12
    /// The most steps of Newton's method.
    public var mostSteps = 60

    /// The usual fit.
    public init() {}
  }

  /// The names of the covariates.
  public let names: [String]
  /// The coefficients: log hazard ratios for each unit.
  public let coefficients: [Double]
  /// The standard errors from the information.
  public let errors: [Double]
  /// The standard errors that hold for dependent subjects and a wrong model (the sandwich).
  public let robustErrors: [Double]
  /// The covariance of the coefficients, row by row.
  public let covariance: [Double]
  /// The log partial likelihood of the fit.
  public let logLikelihood: Double
  /// The log partial likelihood without covariates.
  public let nullLogLikelihood: Double
  /// The mean of each covariate, at which `baseline` stands.
  public let means: [Double]
  /// The cumulative hazard at the means, by stratum.
  private let baseline: [Int: StepCurve]
  /// The steps that Newton's method took.
  public let steps: Int
  /// The covariates whose coefficients would still move.
  ///
  /// The likelihood rises without end with them, as where all events lie on one side of a flag (separation), so
  /// their values are only where the fit stopped. The criterion is that of R's coxph: whether Newton's next
  /// step is more than 1e-5 of 1 + |β|.
  public let unbounded: [String]

  /// Fits a model.
  ///
  /// - Parameters:
  ///   - data: the follow-up.
  ///   - covariates: for each covariate the values of all subjects.
  ///   - names: the names of the covariates.
  /// - Throws: `SurvivalError` without events, for covariates that do not vary or say the same as others,
  ///   and where a coefficient runs to infinity.
  public init(
    _ data: SurvivalData, covariates: [[Double]], names: [String], options: Options = .init()
  ) throws(SurvivalError) {
    let table = try CovariateTable(covariates, names: names, weights: data.weights)
    for (what, given) in [("strata", options.strata), ("clusters", options.clusters)] {
      guard given.map({ $0.count == data.count }) ?? true else {
        throw SurvivalError("\(given?.count ?? 0) \(what) for \(data.count) subjects")
      }
    }
    guard data.events.contains(true) else { throw SurvivalError("no event") }
    let p = table.count
    let scales = table.scales
    let likelihood = PartialLikelihood(data, table.values, strata: options.strata)
    let penalty = scales.map { options.ridge / ($0 * $0) }
    var beta = Array(repeating: 0.0, count: p)
    func penalised(_ value: Double, _ beta: [Double]) -> Double {
      value - zip(beta, penalty).reduce(0) { $0 + $1.1 * $1.0 * $1.0 } / 2
    }
    var state = likelihood.derivatives(at: beta)
    let null = state.value
    var value = penalised(state.value, beta)
    var step = 0
    repeat {
      var information = state.information
      var gradient = state.gradient
      for k in 0..<p {
        information[k, k] += penalty[k]
        gradient[k] -= penalty[k] * beta[k]
      }
      let direction = try table.inverse(information).times(gradient)
      var factor = 1.0
      var (next, nextState, nextValue) = (beta, state, value)
      // Newton's step, halved where the likelihood would fall.
      for _ in 0..<30 {
        next = zip(beta, direction).map { $0 + factor * $1 }
        nextState = likelihood.derivatives(at: next)
        nextValue = penalised(nextState.value, next)
        if nextValue.isFinite, nextValue >= value - 1e-12 * abs(value) { break }
        factor /= 2
      }
      step += 1
      let change = abs(nextValue - value)
      (beta, state, value) = (next, nextState, nextValue)
      if beta.contains(where: { abs($0) > 60 }) {
        throw SurvivalError(
          "a coefficient runs to infinity: a covariate tells events from the rest without error; give "
            + "a penalty")
      }
      if change <= options.tolerance * (abs(value) + 1) { break }
    } while step < options.mostSteps
    var information = state.information
    for k in 0..<p { information[k, k] += penalty[k] }
    let final = try table.inverse(information)
    self.names = names
    means = table.means
    baseline = likelihood.cumulativeHazards(at: beta)
    coefficients = table.unscaled(beta)
    covariance = (0..<p * p).map { final.values[$0] / (scales[$0 / p] * scales[$0 % p]) }
    let own = covariance
    errors = (0..<p).map { own[$0 * p + $0].squareRoot() }
    logLikelihood = state.value
    nullLogLikelihood = null
    steps = step
    let score = (0..<p).map { state.gradient[$0] - penalty[$0] * beta[$0] }
    let next = zip(final.times(score), beta)
    unbounded = zip(names, next).compactMap { abs($1.0) > 1e-5 * (1 + abs($1.1)) ? $0 : nil }
    let sandwich = likelihood.sandwich(at: beta, final, clusters: options.clusters)
    robustErrors = (0..<p).map { sandwich[$0, $0].squareRoot() / scales[$0] }
  }

  /// Σ β(x − mean) of a subject.
  public func linearPredictor(_ values: [Double]) -> Double {
    (0..<coefficients.count).reduce(0) { $0 + coefficients[$1] * (values[$1] - means[$1]) }
  }

  /// The risk of a subject by a time: 1 − exp(−H₀(t) e^Σβ(x − mean)), with Efron's estimate of H₀ (as
  /// R's survfit); `nil` for a stratum that was not fitted.
  public func risk(_ values: [Double], by time: Double, stratum: Int = 0) -> Double? {
    baseline[stratum].map { 1 - exp(-$0.at(time) * exp(linearPredictor(values))) }
  }

  /// The likelihood ratio statistic against no covariate; χ² with as many degrees of freedom as there
  /// are covariates.
  public var likelihoodRatio: Double { 2 * (logLikelihood - nullLogLikelihood) }
}
