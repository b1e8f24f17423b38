// SPDX-License-Identifier: Apache-2.0

/// The share of a cohort that had each of several events first (Aalen and Johansen 1978).
public struct AalenJohansen: Sendable {
  /// The shares after a time, one for each cause.
  public struct Point: Hashable, Sendable {
    /// The time.
    public let time: Double
    /// The share that had each cause, in the order of `causes`.
    public let incidence: [Double]
    /// The share that had none.
    public let survival: Double
  }

  /// The numbers of the causes, in growing order.
  public let causes: [Int]
  /// The curve at each time at which an event happened.
  public let points: [Point]

  /// The curves of a cohort.
  ///
  /// - Parameter causes: 0 for a censored subject, else the number of the cause.
  public init(times: [Double], causes given: [Int], weights: [Double]? = nil) throws(SurvivalError)
  {
    let data = try SurvivalData(times: times, events: given.map { $0 != 0 }, weights: weights)
    let causes = Set(given).subtracting([0]).sorted()
    guard !causes.isEmpty else { throw SurvivalError("no event") }
    let order = (0..<data.count).sorted { data.times[$0] < data.times[$1] }
    var rest = data.weights.reduce(0, +)
    var survival = 1.0
    var incidence = Array(repeating: 0.0, count: causes.count)
    var points: [Point] = []
    var start = 0
    while start < order.count {
      var end = start
      var leaving = 0.0
      var events = Array(repeating: 0.0, count: causes.count)
      let time = data.times[order[start]]
      while end < order.count, data.times[order[end]] == time {
        let i = order[end]
        leaving += data.weights[i]
        if let place = causes.firstIndex(of: given[i]) { events[place] += data.weights[i] }
        end += 1
      }
      let all = events.reduce(0, +)
      if all > 0 {
        for k in events.indices { incidence[k] += survival * events[k] / rest }
        survival *= 1 - all / rest
        points.append(Point(time: time, incidence: incidence, survival: survival))
      }
      rest -= leaving
      start = end
    }
    self.causes = causes
    self.points = points
  }

  /// The share that had a cause by a time.
  public func incidence(of cause: Int, at time: Double) -> Double {
    guard let place = causes.firstIndex(of: cause) else { return 0 }
    return points.last { $0.time <= time }?.incidence[place] ?? 0
  }
}
