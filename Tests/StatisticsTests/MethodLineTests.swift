// SPDX-License-Identifier: Apache-2.0
import Statistics
import TestSupport
import Testing

@Suite struct `A line between two methods` {
  @Test func `of Deming is the direction that NumPy finds, with its jackknife`() throws {
    for pair in try Golden.load().pairs {
      for (ratio, golden) in [(1.0, pair.deming), (4, pair.deming_4)] {
        let line = try demingLine(x: pair.x, y: pair.y, errorRatio: ratio)
        // An intercept 10⁸ spacings away from the data keeps as many digits fewer.
        let (slack, far) = pair.name == "far from zero" ? (1e-7, 1.0) : (1e-11, 1e-9)
        #expect(agree(line.slope.value, golden[0], floor: slack), "\(pair.name)")
        #expect(agree(line.slope.interval?.lower, golden[1], floor: slack), "\(pair.name)")
        #expect(agree(line.slope.interval?.upper, golden[2], floor: slack), "\(pair.name)")
        #expect(agree(line.intercept.value, golden[3], floor: far), "\(pair.name)")
        #expect(agree(line.intercept.interval?.lower, golden[4], floor: far), "\(pair.name)")
        #expect(agree(line.intercept.interval?.upper, golden[5], floor: far), "\(pair.name)")
      }
    }
  }

  @Test func `of Deming exchanged is the same line, read the other way`() throws {
    let pair = try Golden.load().pairs[0]
    let there = try demingLine(x: pair.x, y: pair.y, errorRatio: 3).slope.value
    let back = try demingLine(x: pair.y, y: pair.x, errorRatio: 1.0 / 3).slope.value
    #expect(abs(there * back - 1) < 1e-12)
  }

  @Test func `of Passing and Bablok is the paper's, with all slopes at hand`() throws {
    for pair in try Golden.load().pairs {
      guard let golden = pair.passing_bablok else {
        #expect(code { _ = try passingBablokLine(x: pair.x, y: pair.y) } == .invalid)
        continue
      }
      let line = try passingBablokLine(x: pair.x, y: pair.y)
      let ours = [
        line.slope.value, line.slope.interval?.lower, line.slope.interval?.upper,
        line.intercept.value, line.intercept.interval?.lower, line.intercept.interval?.upper,
      ]
      for (a, b) in try pairs(ours, golden) {
        if let b {
          #expect(agree(a, b, floor: 1e-12), "\(pair.name)")
        } else {
          #expect(a == nil, "\(pair.name)")
        }
      }
    }
  }

  @Test func `of Passing and Bablok shrugs at a tenth of wild values`() throws {
    var rng = SplitMix64(seed: 2)
    let x = (0..<100).map { _ in Double.random(in: 1...100, using: &rng) }
    let y = x.enumerated().map { $0 % 10 == 0 ? 10_000 : 3 + 1.2 * $1 }
    let line = try passingBablokLine(x: x, y: y)
    #expect(abs(line.slope.value - 1.2) < 0.02 && abs(line.intercept.value - 3) < 1)
    // The order of the subjects is nothing to it, ties included.
    let (tied, other) = (x.map { ($0 / 10).rounded() }, y.map { ($0 / 10).rounded() })
    let turned = try passingBablokLine(x: tied.reversed(), y: other.reversed())
    #expect(try passingBablokLine(x: tied, y: other).slope == turned.slope)
  }

  @Test(arguments: [0, 1, 2, 3]) func `of Passing and Bablok needs no list of the slopes`(
    decimals: Int
  ) throws {
    var rng = SplitMix64(seed: UInt64(decimals))
    let unit = [1, 0.1, 1e-2, 1e-9][decimals]
    func draw(_ range: ClosedRange<Double>) -> Double {
      (Double.random(in: range, using: &rng) / unit).rounded() * unit
    }
    let x = (0..<400).map { _ in draw(0...40) }
    let y = x.map { $0 + draw(-20...20) }
    let line = try passingBablokLine(x: x, y: y)
    var slopes: [Double] = []
    for i in x.indices {
      for j in x.indices[..<i] where x[i] != x[j] || y[i] != y[j] {
        let slope = x[i] == x[j] ? .infinity : (y[i] - y[j]) / (x[i] - x[j])
        if abs(slope + 1) > 1e-12 { slopes.append(slope) }
      }
    }
    slopes.sort()
    let shift = slopes.count { $0 < -1 }
    let median =
      (slopes[(slopes.count - 1) / 2 + shift] + slopes[slopes.count / 2 + shift]) / 2
    #expect(abs(line.slope.value - median) < 1e-12 * abs(median))
    let interval = try #require(line.slope.interval)
    #expect(interval.lower < median && median < interval.upper)
  }

  @Test func `takes a hundred thousand pairs`() throws {
    var rng = SplitMix64(seed: 5)
    let x = (0..<100_000).map { _ in Double.random(in: 0...100, using: &rng) }
    let y = x.map { 2 + 1.5 * $0 + Double.random(in: -5...5, using: &rng) }
    for line in [try passingBablokLine(x: x, y: y), try demingLine(x: x, y: y)] {
      let interval = try #require(line.slope.interval)
      #expect(interval.lower < line.slope.value && line.slope.value < interval.upper)
      #expect(abs(line.slope.value - 1.5) < 0.01 && abs(line.intercept.value - 2) < 0.3)
    }
  }

  @Test func `that does not exist is refused`() throws {
    let lines: [([Double], [Double]) throws -> Void] = [
      { _ = try demingLine(x: $0, y: $1) }, { _ = try passingBablokLine(x: $0, y: $1) },
    ]
    for line in lines {
      #expect(code { try line([], []) } == .tooFew)
      #expect(code { try line([1], [1]) } == .tooFew)
      #expect(code { try line([1, 2], [1]) } == .invalid)
      #expect(code { try line([1, .nan, 2], [1, 2, 3]) } == .notFinite)
      #expect(code { try line([4, 4, 4], [4, 4, 4]) } == .constant)
      // Finite values that differ by more than a number can hold.
      #expect(code { try line([1, 2, 3, 4], [1e308, -1.7e308, 1e308, 1.7e308]) } != nil)
      #expect(code { try line([4, 4, 4], [1, 2, 3]) } == .constant)
    }
    #expect(code { _ = try passingBablokLine(x: [1, 2, 3, 4], y: [9, 6, 3, 0]) } == .invalid)
    #expect(code { _ = try demingLine(x: [1, 2], y: [1, 2], errorRatio: 0) } == .invalid)
    let two = try demingLine(x: [1, 2], y: [1, 3])
    #expect(abs(two.slope.value - 2) < 1e-12 && two.slope.interval == nil)
    let steep = try passingBablokLine(x: [1, 2], y: [1, 3])
    #expect(steep.slope == Estimate(value: 2, interval: nil))
    #expect(try demingLine(x: [1, 2, 3, 4, 5], y: [3, 3, 3, 3, 3]).slope.value == 0)
  }
}

@Suite struct `Concordance` {
  @Test func `of Lin and between raters is that of the formulas in NumPy`() throws {
    for pair in try Golden.load().pairs {
      let slack = pair.name == "far from zero" ? 1e-7 : 1e-12
      let raters = zip(pair.x, pair.y).map { [$0, $1] }
      for (ours, golden) in [
        (try linConcordance(pair.x, pair.y), pair.concordance),
        (try intraclassCorrelation(raters), pair.icc),
      ] {
        #expect(agree(ours.value, golden[0], floor: slack), "\(pair.name)")
        #expect(agree(ours.interval?.lower, golden[1], floor: slack), "\(pair.name)")
        #expect(agree(ours.interval?.upper, golden[2], floor: slack), "\(pair.name)")
      }
    }
    for table in try Golden.load().ratings {
      let ours = try intraclassCorrelation(table.rows)
      #expect(agree(ours.value, table.icc[0]), "\(table.name)")
      #expect(agree(ours.interval?.lower, table.icc[1]), "\(table.name)")
      #expect(agree(ours.interval?.upper, table.icc[2]), "\(table.name)")
    }
  }

  @Test func `of Shrout and Fleiss's own table is their 0.29`() throws {
    let table = try #require(Golden.load().ratings.first)
    #expect(table.name == "Shrout and Fleiss")
    let ours = try intraclassCorrelation(table.rows)
    #expect(abs(ours.value - 0.29) < 0.005)
  }

  @Test func `is 1 for equal values and less for a shift, which Pearson overlooks`() throws {
    let x = [1.0, 5, 2, 8, 3]
    let same = Estimate(value: 1, interval: Interval(lower: 1, upper: 1))
    #expect(try intraclassCorrelation(x.map { [$0, $0] }) == same)
    #expect(try abs(linConcordance(x, x).value - 1) < 1e-15)
    let shifted = x.map { $0 + 2 }
    #expect(try pearson(x, shifted).coefficient > 0.999_999)
    #expect(try linConcordance(x, shifted).value < 0.8)
    #expect(try intraclassCorrelation(zip(x, shifted).map { [$0, $1] }).value < 0.8)
    // No correlation, but an interval.
    let none = try linConcordance([1, 1, -1, -1], [1, -1, 1, -1])
    #expect(none.value == 0 && (none.interval?.upper ?? 0) > 0.5)
  }

  @Test func `that does not exist is refused`() {
    #expect(code { _ = try linConcordance([1], [2]) } == .tooFew)
    #expect(code { _ = try linConcordance([1, 1, 1], [1, 2, 3]) } == .constant)
    #expect(code { _ = try linConcordance([1, 2, .infinity], [1, 2, 3]) } == .notFinite)
    #expect(code { _ = try intraclassCorrelation([]) } == .tooFew)
    #expect(code { _ = try intraclassCorrelation([[1, 2]]) } == .tooFew)
    #expect(code { _ = try intraclassCorrelation([[1], [2], [3]]) } == .tooFew)
    #expect(code { _ = try intraclassCorrelation([[1, 2], [1]]) } == .invalid)
    #expect(code { _ = try intraclassCorrelation([[1, 2], [1, .nan]]) } == .notFinite)
    #expect(code { _ = try intraclassCorrelation([[0.1, 0.1], [0.1, 0.1]]) } == .constant)
  }
}
