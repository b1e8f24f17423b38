// SPDX-License-Identifier: Apache-2.0
import Foundation

/// The partial likelihood of a cohort: subjects by stratum and falling time.
struct PartialLikelihood {
  private let data: SurvivalData
  private let x: [[Double]]
  /// The subjects of each stratum, the longest time first.
  private let strata: [[Int]]
  /// The numbers of the strata.
  private let numbers: [Int]

  init(_ data: SurvivalData, _ x: [[Double]], strata numbers: [Int]?) {
    self.data = data
    self.x = x
    let groups = Dictionary(grouping: 0..<data.count) { numbers?[$0] ?? 0 }
    self.numbers = groups.keys.sorted()
    strata = groups.sorted { $0.key < $1.key }.map { _, members in
      members.sorted { data.times[$0] > data.times[$1] }
    }
  }

  struct Derivatives {
    var value = 0.0
    var gradient: [Double]
    var information: SymmetricMatrix
  }

  /// η of every subject.
  private func predictors(_ beta: [Double]) -> [Double] {
    var eta = Array(repeating: 0.0, count: data.count)
    for (k, b) in beta.enumerated() where b != 0 {
      for i in eta.indices { eta[i] += b * x[k][i] }
    }
    return eta
  }

  /// Value, gradient and information at coefficients.
  func derivatives(at beta: [Double]) -> Derivatives {
    let p = beta.count
    var result = Derivatives(
      gradient: Array(repeating: 0, count: p), information: SymmetricMatrix(size: p))
    let eta = predictors(beta)
    for members in strata {
      var s0 = 0.0
      var s1 = Array(repeating: 0.0, count: p)
      var s2 = Array(repeating: 0.0, count: p * p)
      var start = 0
      while start < members.count {
        var end = start
        var (e0, e1, e2) = (
          0.0, Array(repeating: 0.0, count: p), Array(repeating: 0.0, count: p * p)
        )
        var (deaths, weight) = (0, 0.0)
        while end < members.count, data.times[members[end]] == data.times[members[start]] {
          let i = members[end]
          let r = data.weights[i] * exp(eta[i])
          s0 += r
          for a in 0..<p {
            let ra = r * x[a][i]
            s1[a] += ra
            for b in 0...a { s2[a * p + b] += ra * x[b][i] }
          }
          if data.events[i] {
            deaths += 1
            weight += data.weights[i]
            result.value += data.weights[i] * eta[i]
            e0 += r
            for a in 0..<p {
              let ra = r * x[a][i]
              result.gradient[a] += data.weights[i] * x[a][i]
              e1[a] += ra
              for b in 0...a { e2[a * p + b] += ra * x[b][i] }
            }
          }
          end += 1
        }
        for l in 0..<deaths {
          let share = Double(l) / Double(deaths)
          let mean = weight / Double(deaths)
          let d = s0 - share * e0
          result.value -= mean * log(d)
          for a in 0..<p {
            let ma = (s1[a] - share * e1[a]) / d
            result.gradient[a] -= mean * ma
            for b in 0...a {
              let mb = (s1[b] - share * e1[b]) / d
              let second = (s2[a * p + b] - share * e2[a * p + b]) / d
              result.information[a, b] += mean * (second - ma * mb)
            }
          }
        }
        start = end
      }
    }
    for a in 0..<p { for b in 0..<a { result.information[b, a] = result.information[a, b] } }
    return result
  }

  /// The cumulative hazard of each stratum where all covariates are 0.
  func cumulativeHazards(at beta: [Double]) -> [Int: StepCurve] {
    let eta = predictors(beta)
    var curves: [Int: StepCurve] = [:]
    for (number, members) in zip(numbers, strata) {
      var (s0, start) = (0.0, 0)
      var steps: [(time: Double, hazard: Double)] = []
      while start < members.count {
        let time = data.times[members[start]]
        var (end, e0, deaths, weight) = (start, 0.0, 0, 0.0)
        while end < members.count, data.times[members[end]] == time {
          let i = members[end]
          let r = data.weights[i] * exp(eta[i])
          s0 += r
          if data.events[i] {
            (e0, deaths, weight) = (e0 + r, deaths + 1, weight + data.weights[i])
          }
          end += 1
        }
        if deaths > 0 {
          let hazard = (0..<deaths).reduce(0.0) {
            $0 + weight / Double(deaths) / (s0 - Double($1) / Double(deaths) * e0)
          }
          steps.append((time, hazard))
        }
        start = end
      }
      var sum = 0.0
      let rising = steps.reversed().map { step in
        sum += step.hazard
        return (step.time, sum)
      }
      curves[number] = StepCurve(times: rising.map(\.0), values: rising.map(\.1), first: 0)
    }
    return curves
  }

  /// The score residuals: one row of p for each subject.
  func scoreResiduals(at beta: [Double]) -> [[Double]] {
    let p = beta.count
    let eta = predictors(beta)
    var residuals = Array(repeating: Array(repeating: 0.0, count: p), count: data.count)
    for members in strata {
      // From the longest time on: the sums over who is at risk; each time's hazard and mean.
      struct Moment {
        var range: Range<Int>
        var hazard = 0.0, hazardOfDeaths = 0.0
        var mean: [Double], meanOfDeaths: [Double], averageMean: [Double]
      }
      var moments: [Moment] = []
      var (s0, s1) = (0.0, Array(repeating: 0.0, count: p))
      var start = 0
      while start < members.count {
        var end = start
        var (e0, e1) = (0.0, Array(repeating: 0.0, count: p))
        var (deaths, weight) = (0, 0.0)
        while end < members.count, data.times[members[end]] == data.times[members[start]] {
          let i = members[end]
          let r = data.weights[i] * exp(eta[i])
          s0 += r
          for a in 0..<p { s1[a] += r * x[a][i] }
          if data.events[i] {
            deaths += 1
            weight += data.weights[i]
            e0 += r
            for a in 0..<p { e1[a] += r * x[a][i] }
          }
          end += 1
        }
        let none = Array(repeating: 0.0, count: p)
        var moment = Moment(range: start..<end, mean: none, meanOfDeaths: none, averageMean: none)
        for l in 0..<deaths {
          let share = Double(l) / Double(deaths)
          let d = s0 - share * e0
          let hazard = weight / Double(deaths) / d
          moment.hazard += hazard
          moment.hazardOfDeaths += hazard * (1 - share)
          for a in 0..<p {
            let m = (s1[a] - share * e1[a]) / d
            moment.mean[a] += hazard * m
            moment.meanOfDeaths[a] += hazard * (1 - share) * m
            moment.averageMean[a] += m / Double(deaths)
          }
        }
        moments.append(moment)
        start = end
      }
      // From the shortest time on: what was accumulated before a subject left.
      var (hazard, mean) = (0.0, Array(repeating: 0.0, count: p))
      for moment in moments.reversed() {
        for place in moment.range {
          let i = members[place]
          let r = exp(eta[i])
          let isDeath = data.events[i]
          let own = hazard + (isDeath ? moment.hazardOfDeaths : moment.hazard)
          for a in 0..<p {
            let ownMean = mean[a] + (isDeath ? moment.meanOfDeaths[a] : moment.mean[a])
            var value = -r * (x[a][i] * own - ownMean)
            if isDeath { value += x[a][i] - moment.averageMean[a] }
            residuals[i][a] = value
          }
        }
        hazard += moment.hazard
        for a in 0..<p { mean[a] += moment.mean[a] }
      }
    }
    return residuals
  }

  /// The robust covariance: V (Σ u uᵀ) V with u the weighted score residuals of a cluster.
  func sandwich(at beta: [Double], _ covariance: SymmetricMatrix, clusters: [Int]?)
    -> SymmetricMatrix
  {
    let p = beta.count
    var sums: [Int: [Double]] = [:]
    for (i, residual) in scoreResiduals(at: beta).enumerated() {
      let key = clusters?[i] ?? i
      var sum = sums[key] ?? Array(repeating: 0, count: p)
      for a in 0..<p { sum[a] += data.weights[i] * residual[a] }
      sums[key] = sum
    }
    var result = SymmetricMatrix(size: p)
    for sum in sums.values {
      let d = covariance.times(sum)
      for a in 0..<p { for b in 0..<p { result[a, b] += d[a] * d[b] } }
    }
    return result
  }
}
