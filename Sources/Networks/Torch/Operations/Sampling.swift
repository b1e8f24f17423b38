// SPDX-License-Identifier: Apache-2.0
import CTorchAPI

/// How values between voxels are interpolated.
public enum Interpolation: Int32, Sendable {
  /// The nearest voxel: output i takes input floor((i + 0.5) · in / out).
  case nearestExact = 0
  /// Linear along each axis.
  case linear = 1
}

extension Tensor {
  /// The image (batch, channels, spatial axes…) with other spatial extents; floats only.
  ///
  /// With `alignCorners` the centres of the corner voxels keep their place, otherwise the corners
  /// of the image do (PyTorch's default). Tests compare `simulateLowResolutionInPlace` and the
  /// grids of deep supervision with it.
  public func interpolated(
    to size: [Int], _ mode: Interpolation, alignCorners: Bool = false
  ) throws -> Tensor {
    try library.make { api, error in
      api.interpolate(handle, size, size.count, mode.rawValue, alignCorners ? 1 : 0, error)
    }
  }
}
