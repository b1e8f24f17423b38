// SPDX-License-Identifier: Apache-2.0
import Foundation

/// The share of a cohort without the event over time (Kaplan and Meier 1958,
/// doi:10.1080/01621459.1958.10501452).
public struct KaplanMeier: Sendable {
  /// The curve after one time.
  public struct Point: Hashable, Sendable {
    /// The time.
    public let time: Double
    /// The weight of who was watched just before it.
    public let atRisk: Double
    /// The weight of who had the event at it.
    public let events: Double
    /// The share without the event after it.
    public let survival: Double
    /// Its standard error (Greenwood).
    public let error: Double
    /// The lower end of the interval on the scale of ln(−ln S).
    public let low: Double
    /// The upper end.
    public let high: Double
  }

  /// The curve at each time at which somebody left, events first.
  public let points: [Point]

  /// The curve of a cohort.
  ///
  /// - Parameter z: the quantile of the intervals; 1.96 for 95 %.
  public init(_ data: SurvivalData, z: Double = 1.959963984540054) {
    self.init(unchecked: data.times, events: data.events, weights: data.weights, z: z)
  }

  init(points: [Point]) { self.points = points }

  init(
    unchecked times: [Double], events isEvent: [Bool], weights: [Double],
    z: Double = 1.959963984540054
  ) {
    let order = times.indices.sorted { times[$0] < times[$1] }
    var rest = weights.reduce(0, +)
    var (survival, sum) = (1.0, 0.0)
    var points: [Point] = []
    var start = 0
    while start < order.count {
      var end = start
      var (events, leaving) = (0.0, 0.0)
      let time = times[order[start]]
      while end < order.count, times[order[end]] == time {
        leaving += weights[order[end]]
        if isEvent[order[end]] { events += weights[order[end]] }
        end += 1
      }
      if events > 0 {
        survival *= 1 - events / rest
        sum += rest > events ? events / (rest * (rest - events)) : .infinity
      }
      let root = sum.squareRoot()
      var (low, high) = (survival, survival)
      if survival > 0, survival < 1 {
        let width = z * root / log(survival)
        low = pow(survival, exp(-width))
        high = pow(survival, exp(width))
        if low > high { swap(&low, &high) }
      }
      points.append(
        Point(
          time: time, atRisk: rest, events: events, survival: survival,
          error: survival > 0 ? survival * root : 0, low: low, high: high))
      rest -= leaving
      start = end
    }
    self.points = points
  }

  /// The share without the event after a time.
  public func survival(at time: Double) -> Double {
    points.last { $0.time <= time }?.survival ?? 1
  }

  /// The share just before a time.
  public func survival(before time: Double) -> Double {
    points.last { $0.time < time }?.survival ?? 1
  }

  /// The first time at which no more than half are without the event; `nil` where it is not reached.
  public var median: Double? { points.first { $0.survival <= 0.5 }?.time }
}
