// SPDX-License-Identifier: Apache-2.0
import CTorchAPI

/// How values between voxels are found.
public enum Interpolation: Int32, Sendable {
  /// The nearest voxel: output i takes input floor((i + 0.5) · in / out).
  case nearestExact = 0
  /// Linear along each axis.
  case linear = 1
}

/// What lies outside an image that is sampled.
public enum Outside: Int32, Sendable {
  /// Zeros.
  case zeros = 0
  /// The edge's value.
  case border = 1
  /// The mirror image.
  case reflection = 2
}

extension Tensor {
  /// The image (batch, channels, spatial axes…) with other spatial extents; floats only.
  ///
  /// With `alignCorners` the centres of the corner voxels keep their place, otherwise the corners
  /// of the image do (PyTorch's default).
  public func interpolated(
    to size: [Int], _ mode: Interpolation, alignCorners: Bool = false
  ) throws -> Tensor {
    try library.make { api, error in
      api.interpolate(handle, size, size.count, mode.rawValue, alignCorners ? 1 : 0, error)
    }
  }

  /// Sampling places for `sampled`, from this tensor of affine matrices.
  ///
  /// The matrices are (batch, 2, 3) or (batch, 3, 4), act on coordinates (x, y[, z]) in -1...1; the
  /// shape is that of the image to sample, (batch, channels, spatial axes…).
  public func affineGrid(for shape: [Int], alignCorners: Bool = false) throws -> Tensor {
    try library.make { api, error in
      api.affine_grid(handle, shape, shape.count, alignCorners ? 1 : 0, error)
    }
  }

  /// The image's values at the places of a grid (batch, spatial axes…, 2 or 3).
  ///
  /// The last axis of the grid is (x, y[, z]) in -1...1, x along the image's last axis.
  public func sampled(
    at grid: Tensor, nearest: Bool = false, outside: Outside = .zeros, alignCorners: Bool = false
  ) throws -> Tensor {
    try library.make { api, error in
      api.grid_sample(
        handle, grid.handle, nearest ? 1 : 0, outside.rawValue, alignCorners ? 1 : 0, error)
    }
  }
}
