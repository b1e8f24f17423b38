// SPDX-License-Identifier: Apache-2.0

/// Paired values prepared for resampling: its statistics are arguments of `bootstrap`.
public struct PairedSample: Sendable {
  private let x: Centred
  private let y: Centred
  private let differences: [Double]

  /// Pairs of a reference x and a computed y.
  ///
  /// Throws `.tooFew` without pairs, `.notFinite`, or `.invalid` for unequal lengths.
  public init(x: [Double], y: [Double]) throws(StatisticsError) {
    try require(x, y, atLeast: 1, of: "resampling")
    self.x = Centred(x)
    self.y = Centred(y)
    differences = zip(x, y).map { $1 - $0 }
  }

  /// Pearson's correlation.
  public var pearson: WeightedStatistic {
    let (x, y) = (x.scaled, y.scaled)
    return WeightedStatistic("Pearson's correlation", count: x.count, bounds: -1...1) { counts in
      Moments(x, y, counts).correlation
    }
  }

  /// Spearman's rank correlation, with average ranks for ties.
  ///
  /// The values are sorted once: the rank of a value in a resample follows from the counts of those
  /// before it.
  public var spearman: WeightedStatistic {
    let (x, y) = (Groups(x.values), Groups(y.values))
    return WeightedStatistic(
      "Spearman's correlation", count: differences.count, bounds: -1...1
    ) { counts in
      var (sxx, syy, sxy, total) = (0.0, 0.0, 0.0, 0.0)
      let (rx, ry) = (x.ranks(counts), y.ranks(counts))
      // The mean of the ranks of n values is (n + 1)/2, ties or not; the ranks come without it.
      for i in counts.indices {
        let (w, a, b) = (counts[i], rx[x.group[i]], ry[y.group[i]])
        total += w
        sxx += w * a * a
        syy += w * b * b
        sxy += w * a * b
      }
      guard total > 1, sxx > 0, syy > 0 else { return nil }
      return min(max(sxy / (sxx * syy).squareRoot(), -1), 1)
    }
  }

  /// The slope of the least-squares line of y over x.
  public var slope: WeightedStatistic {
    let (x, y) = (x, y)
    return WeightedStatistic("slope", count: x.values.count) { counts in
      Moments(x.scaled, y.scaled, counts).slope.map { $0 * y.scale / x.scale }
    }
  }

  /// The intercept of the least-squares line of y over x.
  public var intercept: WeightedStatistic {
    let (x, y) = (x, y)
    return WeightedStatistic("intercept", count: x.values.count) { counts in
      let moments = Moments(x.scaled, y.scaled, counts)
      guard let slope = moments.slope else { return nil }
      return y.middle + moments.my * y.scale
        - slope * y.scale / x.scale * (x.middle + moments.mx * x.scale)
    }
  }

  /// The mean of y − x.
  public var meanDifference: WeightedStatistic {
    get throws(StatisticsError) { try .mean("mean difference", of: differences) }
  }

  /// The mean of |y − x|.
  public var meanAbsoluteDifference: WeightedStatistic {
    get throws(StatisticsError) { try .mean("mean absolute difference", of: differences.map(abs)) }
  }
}

/// Values as deviations from their mean in units of the largest, so that sums neither overflow nor
/// lose their digits.
private struct Centred: Sendable {
  let values: [Double]
  let middle: Double
  let scale: Double
  let scaled: [Double]

  init(_ values: [Double]) {
    self.values = values
    middle = centre(values)
    let rest = deviations(values)
    let largest = rest.reduce(0) { max($0, abs($1)) }
    let scale = largest > 0 && largest.isFinite ? largest : 1
    self.scale = scale
    scaled = rest.map { $0 / scale }
  }
}

/// Means and central sums of weighted pairs.
private struct Moments {
  let mx: Double
  let my: Double
  private let sxx: Double
  private let syy: Double
  private let sxy: Double
  private let squares: (x: Double, y: Double)
  private let total: Double

  init(_ x: [Double], _ y: [Double], _ counts: [Double]) {
    var (n, a, b) = (0.0, 0.0, 0.0)
    var (xx, yy, xy) = (0.0, 0.0, 0.0)
    for i in counts.indices {
      let w = counts[i]
      n += w
      a += w * x[i]
      b += w * y[i]
    }
    let (ma, mb) = n > 0 ? (a / n, b / n) : (0, 0)
    var raw = (x: 0.0, y: 0.0)
    for i in counts.indices {
      let (w, dx, dy) = (counts[i], x[i] - ma, y[i] - mb)
      xx += w * dx * dx
      yy += w * dy * dy
      xy += w * dx * dy
      raw.x += w * x[i] * x[i]
      raw.y += w * y[i] * y[i]
    }
    (total, mx, my, sxx, syy, sxy, squares) = (n, ma, mb, xx, yy, xy, raw)
  }

  /// Whether a spread is more than the rounding of values that are all equal.
  private func varies(_ spread: Double, _ square: Double) -> Bool {
    total > 1 && spread > 1e-28 * square
  }

  var correlation: Double? {
    guard varies(sxx, squares.x), varies(syy, squares.y) else { return nil }
    return min(max(sxy / (sxx * syy).squareRoot(), -1), 1)
  }

  var slope: Double? { varies(sxx, squares.x) ? sxy / sxx : nil }
}

/// Values in order, with equal ones as one group.
private struct Groups: Sendable {
  /// The group of each value, in ascending order from 0.
  let group: [Int]
  private let groups: Int

  init(_ values: [Double]) {
    let order = values.indices.sorted { values[$0] < values[$1] }
    var group = [Int](repeating: 0, count: values.count)
    var last = -1
    for (rank, i) in order.enumerated() {
      if rank == 0 || values[order[rank - 1]] != values[i] { last += 1 }
      group[i] = last
    }
    self.group = group
    groups = last + 1
  }

  /// The average rank of each group, less the mean of all ranks.
  func ranks(_ counts: [Double]) -> [Double] {
    var ranks = [Double](repeating: 0, count: groups)
    for i in group.indices { ranks[group[i]] += counts[i] }
    var below = 0.0
    for g in ranks.indices {
      let size = ranks[g]
      ranks[g] = below + size / 2
      below += size
    }
    for g in ranks.indices { ranks[g] -= below / 2 }
    return ranks
  }
}
