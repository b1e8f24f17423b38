// SPDX-License-Identifier: Apache-2.0

/// The position of an output index between two input indices of an axis.
struct LinearPosition {
  let low: Int
  let high: Int
  let nearest: Int
  let weights: (Double, Double)

  /// The positions of m outputs on n inputs: output k is at (k + ½)·n/m − ½.
  ///
  /// Beyond the ends both neighbours are the border sample; it keeps two weights, because SciPy
  /// adds them one after the other.
  static func along(_ n: Int, _ m: Int) -> [LinearPosition] {
    let scale = Double(n) / Double(m)
    return (0..<m).map { k in
      let x = scale * (Double(k) + 0.5) - 0.5
      let floor = Int(x.rounded(.down))
      let first = 1 - (x - x.rounded(.down))
      return LinearPosition(
        low: max(floor, 0), high: min(floor + 1, n - 1),
        nearest: min(max(Int((x + 0.5).rounded(.down)), 0), n - 1), weights: (first, 1 - first))
    }
  }
}

/// Linear resizing of a (z, y, x) array in float64.
///
/// The sum runs over the corners in SciPy's order instead of axis by axis, because where the true
/// value is halfway between two float16 numbers the last bit decides which one is stored.
enum LinearResize {
  static func resize(_ values: [Double], _ shape: [Int], to newShape: [Int]) -> [Double] {
    let xs = LinearPosition.along(shape[2], newShape[2])
    let zs = LinearPosition.along(shape[0], newShape[0])
    let ys = LinearPosition.along(shape[1], newShape[1])
    var out: [Double] = []
    out.reserveCapacity(newShape.reduce(1, *))
    values.withUnsafeBufferPointer { v in
      for z in zs {
        for y in ys {
          let a = (z.low * shape[1] + y.low) * shape[2]
          let b = (z.low * shape[1] + y.high) * shape[2]
          let c = (z.high * shape[1] + y.low) * shape[2]
          let d = (z.high * shape[1] + y.high) * shape[2]
          for x in xs {
            let (p, q) = x.weights
            func corner(_ i: Int, _ wz: Double, _ wy: Double, _ wx: Double) -> Double {
              v[i] * wz * wy * wx
            }
            var sum = corner(a + x.low, z.weights.0, y.weights.0, p)
            sum += corner(a + x.high, z.weights.0, y.weights.0, q)
            sum += corner(b + x.low, z.weights.0, y.weights.1, p)
            sum += corner(b + x.high, z.weights.0, y.weights.1, q)
            if z.weights.1 != 0 {
              sum += corner(c + x.low, z.weights.1, y.weights.0, p)
              sum += corner(c + x.high, z.weights.1, y.weights.0, q)
              sum += corner(d + x.low, z.weights.1, y.weights.1, p)
              sum += corner(d + x.high, z.weights.1, y.weights.1, q)
            }
            out.append(sum)
          }
        }
      }
    }
    return out
  }
}
