// SPDX-License-Identifier: Apache-2.0
import NNUNet

extension PreprocessedCase {
  /// The case blurred along (z, y, x) by standard deviations in voxels; below half a voxel not at all.
  ///
  /// Three running means make nearly a Gaussian (central limit theorem). Borders repeat their voxels.
  func blurred(by deviations: [Double]) -> PreprocessedCase {
    var copy = self
    let strides = [shape[1] * shape[2], shape[2], 1]
    for axis in 0..<3 where deviations[axis] >= 0.5 {
      for radius in Self.radii(deviations[axis]) {
        copy.data.average(shape[axis], strides[axis], radius: radius)
      }
    }
    return copy
  }

  /// The radii of three running means whose variance is nearest to that of a Gaussian.
  ///
  /// A mean over 2 r + 1 voxels has the variance r (r + 1) / 3.
  static func radii(_ deviation: Double) -> [Int] {
    let variance = deviation * deviation
    let small = max(0, Int(((4 * variance + 1).squareRoot() - 1) / 2))
    let (low, high) = (Double(small * (small + 1)) / 3, Double((small + 1) * (small + 2)) / 3)
    let wide = min(3, max(0, Int(((variance - 3 * low) / (high - low)).rounded())))
    return (0..<3).map { $0 < wide ? small + 1 : small }.filter { $0 > 0 }
  }
}

extension [Float] {
  /// Replaces every line of voxels along one axis by its running mean.
  fileprivate mutating func average(_ length: Int, _ stride: Int, radius: Int) {
    var line = [Float](repeating: 0, count: length)
    for first in indices where first / stride % length == 0 {
      for i in 0..<length { line[i] = self[first + i * stride] }
      func value(_ i: Int) -> Float { line[Swift.min(Swift.max(i, 0), length - 1)] }
      var sum: Double = 0
      for i in -radius...radius { sum += Double(value(i)) }
      for i in 0..<length {
        self[first + i * stride] = Float(sum / Double(2 * radius + 1))
        sum += Double(value(i + radius + 1)) - Double(value(i - radius))
      }
    }
  }
}
