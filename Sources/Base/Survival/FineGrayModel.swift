// SPDX-License-Identifier: Apache-2.0
import Foundation

/// Fine and Gray's model of the subdistribution hazard of one cause among competing ones.
///
/// Who had another cause stays at risk with the weight G(t−)/G(own time−), where G is the Kaplan–Meier curve
/// of the censoring; ties are Breslow's. The standard errors hold the uncertainty of G (Fine and Gray 1999,
/// section 3, doi:10.1080/01621459.1999.10474144; as in R's cmprsk).
///
/// ```swift
/// let model = try FineGrayModel(
///   times: [1, 2, 2, 3, 4, 5], causes: [1, 0, 2, 1, 0, 1], cause: 1,
///   covariates: [[3, 1, 2, 2, 1, 0]], names: ["ln(calcium + 1)"])
/// model.incidence([2], by: 3)
/// ```
public struct FineGrayModel: Sendable {
  /// The names of the covariates.
  public let names: [String]
  /// The log ratios of subdistribution hazards for each unit.
  public let coefficients: [Double]
  /// Their standard errors.
  public let errors: [Double]
  /// The log pseudo-likelihood.
  public let logLikelihood: Double
  /// The cumulative baseline subdistribution hazard at the means, after each time of an event.
  private let baseline: StepCurve
  private let means: [Double]

  /// Fits the model of a cause.
  ///
  /// - Parameters:
  ///   - times: the time of the first event or of the end of follow-up.
  ///   - causes: 0 for a censored subject, else the number of the cause.
  ///   - cause: the cause that is modelled.
  ///   - covariates: for each covariate the values of all subjects.
  ///   - names: the names of the covariates.
  /// - Throws: `SurvivalError` where the cause never happens or covariates cannot be told apart.
  public init(
    times: [Double], causes: [Int], cause: Int, covariates: [[Double]], names: [String]
  ) throws(SurvivalError) {
    let data = try SurvivalData(times: times, events: causes.map { $0 == cause })
    guard causes.count == times.count else {
      throw SurvivalError("\(times.count) times and \(causes.count) causes")
    }
    guard data.events.contains(true) else { throw SurvivalError("cause \(cause) never happens") }
    let table = try CovariateTable(covariates, names: names, weights: data.weights)
    let likelihood = SubdistributionLikelihood(data, causes: causes, cause: cause, table)
    var beta = Array(repeating: 0.0, count: table.count)
    var state = likelihood.derivatives(at: beta)
    var inverse = try table.inverse(state.information)
    for _ in 0..<60 {
      let step = inverse.times(state.gradient)
      beta = zip(beta, step).map(+)
      let next = likelihood.derivatives(at: beta)
      let change = abs(next.value - state.value)
      state = next
      inverse = try table.inverse(state.information)
      if change <= 1e-13 * (abs(state.value) + 1) { break }
      guard state.value.isFinite, !beta.contains(where: { abs($0) > 60 }) else {
        throw SurvivalError(
          "a coefficient runs to infinity: a covariate tells events without error")
      }
    }
    let variance = likelihood.variance(at: beta, inverse)
    self.names = names
    means = table.means
    coefficients = table.unscaled(beta)
    errors = (0..<table.count).map { variance[$0, $0].squareRoot() / table.scales[$0] }
    logLikelihood = state.value
    baseline = likelihood.cumulativeHazard(at: beta)
  }

  /// The share of people with some values who have had the cause by a time: 1 − exp(−Λ₀(t) e^Σβx).
  public func incidence(_ values: [Double], by time: Double) -> Double {
    let predictor = zip(coefficients, zip(values, means)).reduce(0) {
      $0 + $1.0 * ($1.1.0 - $1.1.1)
    }
    return 1 - exp(-baseline.at(time) * exp(predictor))
  }
}

/// The pseudo-likelihood of one cause among others.
private struct SubdistributionLikelihood {
  private let data: SurvivalData
  private let competes: [Bool]
  private let isCensored: [Bool]
  private let x: [[Double]]
  /// G just before the time of each subject.
  private let watched: [Double]
  /// The subjects by rising time, and where each group of one time begins.
  private let rising: [Int]
  private let groups: [Range<Int>]

  init(_ data: SurvivalData, causes: [Int], cause: Int, _ table: CovariateTable) {
    self.data = data
    x = table.values
    competes = causes.map { $0 != 0 && $0 != cause }
    isCensored = causes.map { $0 == 0 }
    let censoring = StepCurve(
      KaplanMeier(unchecked: data.times, events: isCensored, weights: data.weights))
    watched = data.times.map { censoring.before($0) }
    let times = data.times
    rising = times.indices.sorted { times[$0] < times[$1] }
    var groups: [Range<Int>] = []
    var start = 0
    while start < rising.count {
      var end = start
      while end < rising.count, times[rising[end]] == times[rising[start]] { end += 1 }
      groups.append(start..<end)
      start = end
    }
    self.groups = groups
  }

  private func risks(_ beta: [Double]) -> [Double] {
    data.times.indices.map { i in exp(beta.indices.reduce(0) { $0 + beta[$1] * x[$1][i] }) }
  }

  /// Sums over who is at risk: of risks, of risks times covariates, and of their products.
  private struct Sums {
    var s0 = 0.0
    var s1: [Double]
    var s2: [Double]

    init(_ p: Int) {
      s1 = Array(repeating: 0, count: p)
      s2 = Array(repeating: 0, count: p * p)
    }

    mutating func add(_ risk: Double, _ x: [[Double]], _ i: Int) {
      s0 += risk
      let p = s1.count
      for a in 0..<p {
        let ra = risk * x[a][i]
        s1[a] += ra
        for b in 0...a { s2[a * p + b] += ra * x[b][i] }
      }
    }
  }

  /// Calls `body` for each time with events: the events, the sums of who is at risk, and G before it.
  private func eachTime(
    _ beta: [Double], _ body: (_ deaths: [Int], _ sums: Sums, _ g: Double) -> Void
  ) {
    let risk = risks(beta)
    // The sum of who is left is made from the longest time down, since taking away from a large sum
    // would leave its rounding.
    var left: [Sums] = []
    var sums = Sums(beta.count)
    for group in groups.reversed() {
      for place in group { sums.add(risk[rising[place]], x, rising[place]) }
      left.append(sums)
    }
    var competing = Sums(beta.count)
    for (number, group) in groups.enumerated() {
      let same = rising[group]
      let deaths = same.filter { data.events[$0] }
      if !deaths.isEmpty {
        let g = watched[deaths[0]]
        var all = left[groups.count - 1 - number]
        all.s0 += g * competing.s0
        for k in all.s1.indices { all.s1[k] += g * competing.s1[k] }
        for k in all.s2.indices { all.s2[k] += g * competing.s2[k] }
        body(deaths, all, g)
      }
      for i in same where competes[i] && watched[i] > 0 {
        competing.add(risk[i] / watched[i], x, i)
      }
    }
  }

  func derivatives(at beta: [Double]) -> PartialLikelihood.Derivatives {
    let p = beta.count
    var result = PartialLikelihood.Derivatives(
      gradient: Array(repeating: 0, count: p), information: SymmetricMatrix(size: p))
    eachTime(beta) { deaths, sums, _ in
      let d = Double(deaths.count)
      for i in deaths { result.value += beta.indices.reduce(0) { $0 + beta[$1] * x[$1][i] } }
      result.value -= d * log(sums.s0)
      for a in 0..<p {
        let ma = sums.s1[a] / sums.s0
        result.gradient[a] += deaths.reduce(0) { $0 + x[a][$1] } - d * ma
        for b in 0...a {
          let second = sums.s2[a * p + b] / sums.s0
          result.information[a, b] += d * (second - ma * sums.s1[b] / sums.s0)
        }
      }
    }
    for a in 0..<p { for b in 0..<a { result.information[b, a] = result.information[a, b] } }
    return result
  }

  /// Λ₀ after each time of an event.
  func cumulativeHazard(at beta: [Double]) -> StepCurve {
    var (times, values, sum): ([Double], [Double], Double) = ([], [], 0)
    eachTime(beta) { deaths, sums, _ in
      sum += Double(deaths.count) / sums.s0
      times.append(data.times[deaths[0]])
      values.append(sum)
    }
    return StepCurve(times: times, values: values, first: 0)
  }

  /// The covariance with the part that comes from estimating G: Ω⁻¹ Σ (η + ψ)(η + ψ)ᵀ Ω⁻¹.
  func variance(at beta: [Double], _ inverse: SymmetricMatrix) -> SymmetricMatrix {
    let p = beta.count
    let risk = risks(beta)
    // Of each time with events: the hazard, the mean of who is at risk, and both times G, summed up.
    var times: [Double] = []
    var hazard = [0.0]
    var mean = [Array(repeating: 0.0, count: p)]
    var hazardG = hazard
    var meanG = mean
    var means: [[Double]] = []
    eachTime(beta) { deaths, sums, g in
      let step = Double(deaths.count) / sums.s0
      let m = sums.s1.map { $0 / sums.s0 }
      times.append(data.times[deaths[0]])
      means.append(m)
      hazard.append(hazard[hazard.count - 1] + step)
      hazardG.append(hazardG[hazardG.count - 1] + g * step)
      mean.append(zip(mean[mean.count - 1], m).map { $0 + step * $1 })
      meanG.append(zip(meanG[meanG.count - 1], m).map { $0 + g * step * $1 })
    }
    /// The number of times with events up to a time.
    func place(_ time: Double) -> Int { StepCurve.count(of: times, upTo: time) }
    let last = times.count
    var influence = data.times.indices.map { i in
      let k = place(data.times[i])
      return (0..<p).map { a in
        var eta = -risk[i] * (x[a][i] * hazard[k] - mean[k][a])
        if data.events[i] { eta += x[a][i] - means[k - 1][a] }
        if competes[i], watched[i] > 0 {
          eta -=
            risk[i] / watched[i]
            * (x[a][i] * (hazardG[last] - hazardG[k]) - (meanG[last][a] - meanG[k][a]))
        }
        return eta
      }
    }
    // What an earlier competing event adds at each time of censoring, for each who is left.
    var (before0, before1) = (0.0, Array(repeating: 0.0, count: p))
    var sum = Array(repeating: 0.0, count: p)
    for group in groups {
      let same = rising[group]
      let time = data.times[rising[group.lowerBound]]
      let atRisk = Double(rising.count - group.lowerBound)
      let censored = Double(same.count { isCensored[$0] })
      let k = place(time.nextDown)
      let q = (0..<p).map { a in
        before1[a] * (hazardG[last] - hazardG[k]) - before0 * (meanG[last][a] - meanG[k][a])
      }
      for a in 0..<p { sum[a] += q[a] / atRisk * censored / atRisk }
      for i in same {
        for a in 0..<p {
          influence[i][a] += (isCensored[i] ? q[a] / atRisk : 0) - sum[a]
        }
        if competes[i], watched[i] > 0 {
          before0 += risk[i] / watched[i]
          for a in 0..<p { before1[a] += risk[i] * x[a][i] / watched[i] }
        }
      }
    }
    var result = SymmetricMatrix(size: p)
    for own in influence {
      let d = inverse.times(own)
      for a in 0..<p { for b in 0..<p { result[a, b] += d[a] * d[b] } }
    }
    return result
  }
}
