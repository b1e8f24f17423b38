// SPDX-License-Identifier: Apache-2.0

extension SIMD3<Double> {
  /// The length of the vector.
  package var length: Double { (self * self).sum().squareRoot() }

  /// The vector at length 1; a zero vector stays.
  package var unit: SIMD3<Double> {
    let length = length
    return length > 0 ? self / length : self
  }

  /// The cross product with another vector.
  package func cross(_ other: SIMD3<Double>) -> SIMD3<Double> {
    SIMD3(
      y * other.z - z * other.y, z * other.x - x * other.z, x * other.y - y * other.x)
  }
}
