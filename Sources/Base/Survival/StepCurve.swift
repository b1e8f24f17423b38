// SPDX-License-Identifier: Apache-2.0

/// A curve of steps that is asked often.
struct StepCurve: Sendable {
  private let times: [Double]
  private let values: [Double]
  /// The value before the first step.
  private let first: Double

  /// A curve that has each value from its time on; times rise.
  init(times: [Double], values: [Double], first: Double) {
    (self.times, self.values, self.first) = (times, values, first)
  }

  /// The curve of Kaplan and Meier.
  init(_ curve: KaplanMeier) {
    self.init(times: curve.points.map(\.time), values: curve.points.map(\.survival), first: 1)
  }

  /// The value just before a time.
  func before(_ time: Double) -> Double { at(time.nextDown) }

  /// The value after a time.
  func at(_ time: Double) -> Double {
    let count = Self.count(of: times, upTo: time)
    return count == 0 ? first : values[count - 1]
  }

  /// How many of rising times are not after a time.
  static func count(of times: [Double], upTo time: Double) -> Int {
    var (low, high) = (0, times.count)
    while low < high {
      let middle = (low + high) / 2
      if times[middle] <= time { low = middle + 1 } else { high = middle }
    }
    return low
  }
}

extension KaplanMeier {
  /// The curve of the censoring; who has an event at a time is no longer at risk of being censored at it.
  init(censoringOf data: SurvivalData) {
    let order = Set(data.times).sorted()
    var place: [Double: Double] = [:]
    for (i, time) in order.enumerated() { place[time] = Double(2 * i) }
    // A censored subject counts a hair later than an event of the same time.
    let shifted = data.times.indices.map {
      (place[data.times[$0]] ?? 0) + (data.events[$0] ? 0 : 1)
    }
    let curve = KaplanMeier(
      unchecked: shifted, events: data.events.map { !$0 }, weights: data.weights)
    self.init(
      points: curve.points.compactMap { point in
        guard point.events > 0 else { return nil }
        return Point(
          time: order[Int(point.time) / 2], atRisk: point.atRisk, events: point.events,
          survival: point.survival, error: point.error, low: point.low, high: point.high)
      })
  }
}
