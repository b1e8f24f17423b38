// SPDX-License-Identifier: Apache-2.0
import Concurrency
import Files
import Statistics
import TestSupport
import Workflow

/// Intervals of five statistics of 1,000 subjects from 10,000 resamples, and a line of all slopes.
///
/// The floor of the first draws the same subjects on as many cores and adds them up; that of the
/// second divides the differences of all pairs once.
func timeStatistics(_ stopwatch: Stopwatch, _ inputs: BenchmarkInputs) async throws {
  let (subjects, resamples) = (1000, 10_000)
  let (x, y) = scores(subjects)
  let sample = try PairedSample(x: x, y: y)
  func classes(_ scores: [Double]) -> [Int] {
    scores.map { score in [1, 10, 100, 400].count { score >= $0 } }
  }
  let statistics = [
    sample.pearson, sample.spearman, sample.slope, try sample.meanDifference,
    try .kappa(reference: classes(x), computed: classes(y), classes: 5, weights: .linear),
  ]
  try await stopwatch.time("BCa of 5 statistics, 10,000 × 1,000") { seconds, _ in
    "≤ 2 s; \(duration(seconds / Double(resamples))) a resample; floor: subjects drawn and added"
  } step: {
    try await bootstrap(statistics).reduce(0) {
      try $0 &+ Int(truncatingIfNeeded: $1.get().interval.lower.bitPattern)
    }
  } floor: {
    let cores = Machine.processorCount
    let sums = await (0..<cores).concurrentMap(width: cores) { core in
      var random = SplitMix64(seed: UInt64(core))
      var sum = 0.0
      for _ in 0..<(subjects * resamples / cores) {
        sum += x[Int(random.next().multipliedFullWidth(by: UInt64(subjects)).high)]
      }
      return sum
    }
    return sums.reduce(0) { $0 &+ Int($1) }
  }

  let (a, b) = scores(3000)
  try await stopwatch.time("Passing-Bablok, 3,000 subjects") { _, _ in
    "4,498,500 slopes; floor: each divided once"
  } step: {
    Int(try passingBablokLine(x: a, y: b).slope.value * 1e9)
  } floor: {
    var sum = 0.0
    for i in a.indices {
      for j in (i + 1)..<max(a.count, i + 1) { sum += (b[j] - b[i]) / (a[j] - a[i]) }
    }
    return Int(truncatingIfNeeded: sum.bitPattern)
  }
}

/// Agatston-like pairs: a third zeros, the others skewed.
private func scores(_ count: Int) -> (x: [Double], y: [Double]) {
  var random = SplitMix64(seed: 9)
  let x = (0..<count).map { i in
    let u = Double.random(in: 0..<1, using: &random)
    return i % 3 == 0 ? 0 : 1000 * u * u * u
  }
  return (x, x.map { max(0, $0 * 0.95 + Double.random(in: -20..<20, using: &random)) })
}
