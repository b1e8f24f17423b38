// SPDX-License-Identifier: Apache-2.0

/// A small symmetric matrix that is positive definite: information, covariance.
struct SymmetricMatrix {
  let size: Int
  /// Row by row.
  var values: [Double]

  init(size: Int) {
    self.size = size
    values = Array(repeating: 0, count: size * size)
  }

  subscript(i: Int, j: Int) -> Double {
    get { values[i * size + j] }
    set { values[i * size + j] = newValue }
  }

  /// The lower factor of Cholesky's decomposition; `nil` where the matrix is not positive definite to
  /// rounding: columns that say the same.
  var cholesky: SymmetricMatrix? {
    var lower = SymmetricMatrix(size: size)
    for j in 0..<size {
      var pivot = self[j, j]
      for k in 0..<j { pivot -= lower[j, k] * lower[j, k] }
      guard pivot > 1e-11 * max(abs(self[j, j]), 1e-300) else { return nil }
      lower[j, j] = pivot.squareRoot()
      for i in j + 1..<max(size, j + 1) {
        var sum = self[i, j]
        for k in 0..<j { sum -= lower[i, k] * lower[j, k] }
        lower[i, j] = sum / lower[j, j]
      }
    }
    return lower
  }

  /// The inverse; `nil` where there is no Cholesky decomposition.
  var inverse: SymmetricMatrix? {
    guard let lower = cholesky else { return nil }
    // Column by column of the unit matrix: forward, then backward.
    var result = SymmetricMatrix(size: size)
    for column in 0..<size {
      var x = Array(repeating: 0.0, count: size)
      for i in 0..<size {
        var sum = i == column ? 1.0 : 0
        for k in 0..<i { sum -= lower[i, k] * x[k] }
        x[i] = sum / lower[i, i]
      }
      for i in stride(from: size - 1, through: 0, by: -1) {
        var sum = x[i]
        for k in i + 1..<max(size, i + 1) { sum -= lower[k, i] * x[k] }
        x[i] = sum / lower[i, i]
      }
      for i in 0..<size { result[i, column] = x[i] }
    }
    return result
  }

  /// The product with a vector.
  func times(_ vector: [Double]) -> [Double] {
    (0..<size).map { i in (0..<size).reduce(0) { $0 + self[i, $1] * vector[$1] } }
  }
}
