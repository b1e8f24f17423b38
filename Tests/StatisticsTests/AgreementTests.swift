// SPDX-License-Identifier: Apache-2.0
import Foundation
import Statistics
import TestSupport
import Testing

@Suite struct `Paired measurements` {
  @Test func `that do not suit are refused in a sentence with true plurals`() {
    let faults: [(String, () throws -> Any)] = [
      ("at least 2 values, there is 1", { try linConcordance([1], [1]) }),
      ("1 value is paired with 2", { try linConcordance([1], [1, 2]) }),
      (
        "1 class is paired with 0",
        { try ConfusionMatrix(reference: [0], computed: [], classes: 1) }
      ),
      ("is none of 1 class", { try ConfusionMatrix(reference: [1], computed: [0], classes: 1) }),
      ("1 answer is paired with 0", { try DetectionTable(reference: [true], computed: []) }),
    ]
    for (sentence, fault) in faults {
      let error = #expect(throws: StatisticsError.self) { try fault() }
      #expect(error?.detail.contains(sentence) == true, "\(error?.description ?? "")")
    }
  }

  @Test func `have SciPy's moments and quantiles`() throws {
    for pair in try nonEmpty(Golden.load().pairs) {
      #expect(try agree(mean(pair.x), pair.mean), "\(pair.name)")
      #expect(try agree(variance(pair.x), pair.variance), "\(pair.name)")
      for (share, value) in try pairs([0, 0.05, 0.5, 0.75, 1], pair.quantiles) {
        #expect(try agree(quantile(pair.x, share), value), "\(pair.name) \(share)")
      }
    }
  }

  @Test func `have SciPy's correlations, p values and intervals`() throws {
    for pair in try nonEmpty(Golden.load().pairs) {
      #expect(averageRanks(pair.x) == pair.ranks, "\(pair.name)")
      let both = [
        (try pearson(pair.x, pair.y), pair.pearson), (try spearman(pair.x, pair.y), pair.spearman),
      ]
      for (ours, golden) in both {
        #expect(agree(ours.coefficient, golden[0]), "\(pair.name)")
        #expect(agree(ours.pValue, golden[1]), "\(pair.name)")
        #expect(agree(ours.interval?.lower, golden[2], floor: 1e-12), "\(pair.name)")
        #expect(agree(ours.interval?.upper, golden[3], floor: 1e-12), "\(pair.name)")
        #expect(ours.count == pair.x.count)
      }
    }
  }

  @Test func `have SciPy's least-squares line and intervals`() throws {
    // Where the squares underflow, SciPy gives no line.
    let lines = try Golden.load().pairs.filter { $0.line != nil }
    #expect(lines.count == 6)
    for pair in lines {
      let golden = try #require(pair.line)
      let line = try leastSquaresLine(x: pair.x, y: pair.y)
      // An intercept 10⁸ spacings away from the data keeps as many digits fewer.
      let scale = pair.name == "far from zero" ? 1e8 : 1
      #expect(agree(line.slope, golden[0]), "\(pair.name)")
      #expect(agree(line.slopeInterval?.lower, golden[1]), "\(pair.name)")
      #expect(agree(line.slopeInterval?.upper, golden[2]), "\(pair.name)")
      #expect(agree(line.intercept, golden[3], floor: 1e-9 * scale), "\(pair.name)")
      #expect(agree(line.interceptInterval?.lower, golden[4], floor: 1e-9 * scale))
      #expect(agree(line.interceptInterval?.upper, golden[5], floor: 1e-9 * scale))
      #expect(agree(line.determination, try #require(pair.r_squared)), "\(pair.name)")
    }
  }

  @Test func `have the limits of agreement by hand in NumPy`() throws {
    for pair in try nonEmpty(Golden.load().pairs) {
      let ours = try blandAltman(pair.y, pair.x)
      let numbers = [
        ours.bias, ours.deviation, ours.limits.lower, ours.limits.upper, ours.biasInterval.lower,
        ours.biasInterval.upper, ours.lowerLimitInterval.lower, ours.lowerLimitInterval.upper,
        ours.upperLimitInterval.lower, ours.upperLimitInterval.upper,
      ]
      let scale = pair.bland_altman.map(abs).max() ?? 1
      for (number, golden) in try pairs(numbers, pair.bland_altman) {
        #expect(agree(number, golden, floor: 1e-12 * scale), "\(pair.name)")
      }
    }
  }

  @Test func `on a line correlate fully`() throws {
    let x = [1.0, 2, 4, 7, 11]
    let up = try pearson(x, x.map { 3 * $0 - 2 })
    let down = try spearman(x, x.map { exp(-$0) })
    #expect(abs(up.coefficient - 1) < 1e-15 && (up.pValue ?? 1) < 1e-15)
    #expect(abs(down.coefficient + 1) < 1e-15)
    let line = try leastSquaresLine(x: x, y: x.map { 3 * $0 - 2 })
    #expect(abs(line.slope - 3) < 1e-14 && abs(line.intercept + 2) < 1e-13)
  }

  @Test(arguments: [1e-200, 1, 1e200]) func `correlate alike at any scale`(scale: Double) throws {
    var rng = SplitMix64(seed: 5)
    let x = (0..<50).map { _ in Double.random(in: 0...1, using: &rng) }
    let y = x.map { $0 + Double.random(in: 0...1, using: &rng) }
    let r = try pearson(x, y).coefficient
    let scaled = try pearson(x.map { $0 * scale }, y.map { $0 * scale - scale }).coefficient
    #expect(abs(scaled - r) < 1e-12)
  }

  @Test func `of two or three give no interval that does not exist`() throws {
    let two = try pearson([1, 2], [5, 3])
    #expect(two.coefficient == -1 && two.pValue == nil && two.interval == nil)
    let three = try pearson([1, 2, 3], [5, 3, 4])
    #expect(three.pValue != nil && three.interval == nil)
    let line = try leastSquaresLine(x: [1, 2], y: [5, 3])
    #expect(line.slope == -2 && line.intercept == 7 && line.slopeInterval == nil)
  }

  @Test func `that are too few, constant or broken are refused`() throws {
    let measures: [([Double], [Double]) throws -> Void] = [
      { _ = try pearson($0, $1) }, { _ = try spearman($0, $1) },
      { _ = try leastSquaresLine(x: $0, y: $1) }, { _ = try blandAltman($0, $1) },
    ]
    for measure in measures {
      #expect(code { try measure([], []) } == .tooFew)
      #expect(code { try measure([1], [1]) } == .tooFew)
      #expect(code { try measure([1, 2], [1, 2, 3]) } == .invalid)
      #expect(code { try measure([1, .nan, 3], [1, 2, 3]) } == .notFinite)
      #expect(code { try measure([1, 2, 3], [1, .infinity, 3]) } == .notFinite)
    }
    // 0.1 three times has a mean that is not 0.1.
    #expect(code { _ = try pearson([0.1, 0.1, 0.1], [1, 2, 3]) } == .constant)
    #expect(code { _ = try pearson([1, 2, 3], [0.1, 0.1, 0.1]) } == .constant)
    #expect(code { _ = try spearman([4, 4, 4], [1, 2, 3]) } == .constant)
    #expect(code { _ = try leastSquaresLine(x: [2, 2], y: [1, 3]) } == .constant)
    #expect(try leastSquaresLine(x: [1, 2, 4], y: [3, 3, 3]).slope == 0)
    #expect(try blandAltman([1, 1, 1], [0, 0, 0]).deviation == 0)
    // Finite values whose squares are not.
    for line in measures.dropFirst(2) {
      #expect(code { try line([1e300, 3e307, 1, 5], [2e300, 1e307, 2, 6]) } == .notFinite)
    }
    #expect(code { _ = try mean([]) } == .tooFew)
    #expect(code { _ = try variance([3]) } == .tooFew)
    #expect(code { _ = try quantile([3], 1.5) } == .invalid)
    #expect(code { _ = try pearson([1, 2, 3], [1, 3, 2], level: 1) } == .invalid)
  }
}
