// SPDX-License-Identifier: Apache-2.0
import NNUNet
import Volume

extension PreprocessedCase {
  /// The case blurred along (z, y, x) by standard deviations in voxels; below half a voxel not at all.
  func blurred(by deviations: [Double]) -> PreprocessedCase {
    var copy = self
    // Channels lie one after the other, as one more axis.
    for axis in 0..<3 where deviations[axis] >= 0.5 {
      GaussianBlur(sigma: Float(deviations[axis])).blur(
        &copy.data, shape: [channels] + shape, axis: axis + 1)
    }
    return copy
  }
}
