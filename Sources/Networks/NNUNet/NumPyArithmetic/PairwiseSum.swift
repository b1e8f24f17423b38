// SPDX-License-Identifier: Apache-2.0

/// Sums in NumPy's order: recursive halves down to 128 values, which eight accumulators add up
/// (Higham 1993).
///
/// The same order gives the same float32 means as NumPy to the last bit.
enum PairwiseSum {
  /// The sum of `term(i)` over 0 ..< count in the precision of `T`.
  @inline(__always)
  static func sum<T: BinaryFloatingPoint>(_ count: Int, _ term: (Int) -> T) -> T {
    sum(from: 0, count: count, term)
  }

  @inlinable
  static func sum<T: BinaryFloatingPoint>(from start: Int, count: Int, _ term: (Int) -> T) -> T {
    if count < 8 {
      // NumPy starts from −0.0 so that a sum of negative zeros keeps its sign.
      var total = -T.zero
      for i in start..<start + count { total += term(i) }
      return total
    }
    if count <= 128 {
      var a = term(start)
      var b = term(start + 1)
      var c = term(start + 2)
      var d = term(start + 3)
      var e = term(start + 4)
      var f = term(start + 5)
      var g = term(start + 6)
      var h = term(start + 7)
      let whole = count - count % 8
      var i = start + 8
      while i < start + whole {
        a += term(i)
        b += term(i + 1)
        c += term(i + 2)
        d += term(i + 3)
        e += term(i + 4)
        f += term(i + 5)
        g += term(i + 6)
        h += term(i + 7)
        i += 8
      }
      var total = ((a + b) + (c + d)) + ((e + f) + (g + h))
      while i < start + count {
        total += term(i)
        i += 1
      }
      return total
    }
    var half = count / 2
    half -= half % 8
    return sum(from: start, count: half, term)
      + sum(from: start + half, count: count - half, term)
  }

  /// The mean and the population standard deviation, each step rounded as NumPy rounds it.
  static func meanAndDeviation(_ values: UnsafeBufferPointer<Float>) -> (mean: Float, std: Float) {
    let n = Double(values.count)
    let mean = Float(Double(sum(values.count) { values[$0] }) / n)
    let squares = sum(values.count) { i -> Float in
      let d = values[i] - mean
      return d * d
    }
    return (mean, Float(Double(squares) / n).squareRoot())
  }

  /// The mean and the population standard deviation in float64, of float32 values that are
  /// converted first.
  static func meanAndDeviationInFloat64(_ values: UnsafeBufferPointer<Float>) -> (
    mean: Double, std: Double
  ) {
    let n = Double(values.count)
    let mean = sum(values.count) { Double(values[$0]) } / n
    let squares = sum(values.count) { i -> Double in
      let d = Double(values[i]) - mean
      return d * d
    }
    return (mean, (squares / n).squareRoot())
  }
}
