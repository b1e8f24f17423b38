// SPDX-License-Identifier: Apache-2.0

/// The cumulative hazard of a cohort over time (Nelson 1972, Aalen 1978): Σ events ÷ who was at risk.
public struct NelsonAalen: Sendable {
  private let curve: StepCurve

  /// The hazard of a cohort.
  public init(_ data: SurvivalData) {
    var sum = 0.0
    let points = KaplanMeier(data).points.filter { $0.events > 0 }
    let values = points.map { point in
      sum += point.events / point.atRisk
      return sum
    }
    curve = StepCurve(times: points.map(\.time), values: values, first: 0)
  }

  /// The cumulative hazard after a time.
  public func at(_ time: Double) -> Double { curve.at(time) }
}
