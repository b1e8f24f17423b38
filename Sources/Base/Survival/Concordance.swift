// SPDX-License-Identifier: Apache-2.0

/// How well a number orders subjects by their time to the event: Harrell's C (Harrell 1982) and, weighted
/// by the chance of being watched, Uno's C (Uno 2011, doi:10.1002/sim.4154).
public enum Concordance {
  /// Harrell's C of a number that is higher for those with an earlier event.
  ///
  /// Pairs count where the earlier time is an event's, and of equal times where one is an event's; equal
  /// numbers count a half. O(n log n).
  ///
  /// - Returns: C, and the numbers of concordant, discordant and tied pairs; `nil` where no pair counts.
  public static func harrell(_ data: SurvivalData, risk: [Double])
    -> (c: Double, concordant: Double, discordant: Double, tied: Double)?
  {
    counted(data, risk, weight: { _ in 1 }, until: .infinity)
  }

  /// Uno's C up to a time.
  public static func uno(_ data: SurvivalData, risk: [Double], until time: Double = .infinity)
    -> Double?
  {
    // The chance of still being watched, just before each time.
    let curve = StepCurve(
      KaplanMeier(censoringOf: data))
    return counted(
      data, risk,
      weight: { t in
        let g = curve.at(t)
        return g > 0 ? 1 / (g * g) : 0
      }, until: time)?.c
  }

  private static func counted(
    _ data: SurvivalData, _ risk: [Double], weight: (Double) -> Double, until: Double
  ) -> (c: Double, concordant: Double, discordant: Double, tied: Double)? {
    let levels = Array(Set(risk)).sorted()
    var place: [Double: Int] = [:]
    for (i, level) in levels.enumerated() { place[level] = i + 1 }
    var later = CountTree(levels.count)
    var (concordant, discordant, tied) = (0.0, 0.0, 0.0)
    let order = (0..<data.count).sorted { data.times[$0] > data.times[$1] }
    var start = 0
    while start < order.count {
      var end = start
      while end < order.count, data.times[order[end]] == data.times[order[start]] { end += 1 }
      let same = order[start..<end]
      // Those who are censored at the same time were watched longer.
      for i in same where !data.events[i] { later.add(place[risk[i]] ?? 1) }
      for i in same where data.events[i] && data.times[i] < until {
        let level = place[risk[i]] ?? 1
        let below = later.sum(level - 1)
        let equal = later.sum(level) - below
        let w = weight(data.times[i])
        concordant += w * below
        tied += w * equal
        discordant += w * (later.total - below - equal)
      }
      for i in same where data.events[i] { later.add(place[risk[i]] ?? 1) }
      start = end
    }
    let all = concordant + discordant + tied
    guard all > 0 else { return nil }
    return ((concordant + tied / 2) / all, concordant, discordant, tied)
  }

  /// Counts by rank, with sums of all lower ranks in O(log n) (Fenwick 1994).
  private struct CountTree {
    private var values: [Double]
    private(set) var total = 0.0

    init(_ size: Int) { values = Array(repeating: 0, count: size + 1) }

    mutating func add(_ rank: Int) {
      total += 1
      var i = rank
      while i < values.count {
        values[i] += 1
        i += i & -i
      }
    }

    func sum(_ rank: Int) -> Double {
      var (i, sum) = (rank, 0.0)
      while i > 0 {
        sum += values[i]
        i -= i & -i
      }
      return sum
    }
  }
}
