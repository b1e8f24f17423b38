// SPDX-License-Identifier: Apache-2.0

/// Resizing by splines along one axis after the other, in float64.
///
/// The results are those of scikit-image's `resize(mode="edge", anti_aliasing=False, clip=True)`,
/// which calls SciPy's `zoom(grid_mode=True)`: output k is at (k + ½)·n_in/n_out − ½. Cubic splines
/// extend each side by twelve border samples, and then by half-sample symmetry (Unser 1993 for the
/// filter).
struct SplineResize {
  /// Eight lines are computed at a time.
  private typealias Lines = SIMD8<Double>

  /// The repeated border samples of a cubic spline.
  private static let padding = 12
  /// The pole of the cubic B-spline filter, √3 − 2.
  private static let pole = 3.0.squareRoot() - 2

  /// Resizes an array of three axes; an array of the new shape already is returned as it is.
  ///
  /// - Parameter order: 0 nearest, 1 linear, 3 cubic.
  static func resize(_ values: [Double], _ shape: [Int], to newShape: [Int], order: Int)
    -> [Double]
  {
    if shape == newShape || values.isEmpty { return values }
    var low = values[0]
    var high = low
    for value in values {
      low = min(low, value)
      high = max(high, value)
    }
    var current = values
    var currentShape = shape
    // Shrinking axes first leaves less work for the others.
    let axes = shape.indices.filter { shape[$0] != newShape[$0] }
      .sorted { newShape[$0] * shape[$1] < newShape[$1] * shape[$0] }
    if order == 1 {
      current = LinearResize.resize(values, shape, to: newShape)
    } else {
      for axis in axes {
        current = resizeAxis(current, currentShape, axis, to: newShape[axis], order)
        currentShape[axis] = newShape[axis]
      }
    }
    if order > 0 {
      current.withUnsafeMutableBufferPointer { current in
        for i in current.indices { current[i] = min(max(current[i], low), high) }
      }
    }
    return current
  }

  private static func resizeAxis(
    _ values: [Double], _ shape: [Int], _ axis: Int, to m: Int, _ order: Int
  ) -> [Double] {
    let n = shape[axis]
    let inner = shape[(axis + 1)...].reduce(1, *)
    let outer = shape[..<axis].reduce(1, *)
    let pad = order == 3 ? padding : 0
    let taps = Taps(n: n, m: m, order: order, pad: pad)
    let lines = outer * inner
    return [Double](unsafeUninitializedCapacity: lines * m) { out, initialized in
      values.withUnsafeBufferPointer { values in
        var padded = [Lines](repeating: .zero, count: n + 2 * pad)
        padded.withUnsafeMutableBufferPointer { padded in
          var line = 0
          while line < lines {
            let width = min(8, lines - line)
            var source = SIMD8<Int>()
            var target = SIMD8<Int>()
            for k in 0..<8 {
              let (o, i) = min(line + k, lines - 1).quotientAndRemainder(dividingBy: inner)
              source[k] = o * n * inner + i
              target[k] = o * m * inner + i
            }
            for i in 0..<n {
              var v = Lines()
              for k in 0..<8 { v[k] = values[source[k] + i * inner] }
              padded[pad + i] = v
            }
            if pad > 0 {
              for i in 0..<pad {
                padded[i] = padded[pad]
                padded[pad + n + i] = padded[pad + n - 1]
              }
              prefilter(padded)
            }
            for j in 0..<m {
              let v = taps.value(padded, j)
              for k in 0..<width {
                out.initializeElement(at: target[k] + j * inner, to: v[k])
              }
            }
            line += width
          }
        }
      }
      initialized = lines * m
    }
  }

  /// Turns samples into B-spline coefficients, with half-sample symmetry at both ends.
  private static func prefilter(_ c: UnsafeMutableBufferPointer<Lines>) {
    let z = pole
    let n = c.count
    let gain = 6.0
    // The reflected samples have the weight z^(k+1), which is negligible in float64 beyond 60 of
    // them.
    var start = c[0]
    var weight = z
    for k in 0..<min(2 * n, 60) {
      start += weight * (k < n ? c[k] : c[2 * n - 1 - k])
      weight *= z
    }
    c[0] = gain * start
    for i in 1..<n { c[i] = gain * c[i] + z * c[i - 1] }
    c[n - 1] *= z / (z - 1)
    for i in stride(from: n - 2, through: 0, by: -1) { c[i] = z * (c[i + 1] - c[i]) }
  }

  /// The samples and weights of each output.
  private struct Taps {
    let order: Int
    private var first: [Int] = []
    private var weights: [SIMD4<Double>] = []

    init(n: Int, m: Int, order: Int, pad: Int) {
      self.order = order
      let last = n + 2 * pad - 1
      let scale = Double(n) / Double(m)
      for k in 0..<m {
        let x = min(max(scale * (Double(k) + 0.5) - 0.5 + Double(pad), 0), Double(last))
        switch order {
        case 0:
          first.append(min(Int((x + 0.5).rounded(.down)), last))
          weights.append(.zero)
        default:
          let floor = x.rounded(.down)
          let t = x - floor
          let u = 1 - t
          first.append(Int(floor) - 1)
          weights.append([
            u * u * u / 6, (t * t * (t - 2) * 3 + 4) / 6, (u * u * (u - 2) * 3 + 4) / 6,
            t * t * t / 6,
          ])
        }
      }
    }

    @inline(__always)
    func value(_ c: UnsafeMutableBufferPointer<Lines>, _ j: Int) -> Lines {
      let i = first[j]
      let w = weights[j]
      switch order {
      case 0: return c[i]
      default: return w[0] * c[i] + w[1] * c[i + 1] + w[2] * c[i + 2] + w[3] * c[i + 3]
      }
    }
  }
}
