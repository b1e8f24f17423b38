// SPDX-License-Identifier: Apache-2.0
import CTorchAPI
import Text

// Operations of augmentation on an image's floating-point values, in place and without gradients.
extension Tensor {
  /// Filters along an axis, the edge mirrored without the edge voxel itself.
  ///
  /// The filter is symmetric: `weights[k]` belongs to the neighbours k voxels away, `weights[0]` to
  /// the voxel itself.
  public func filterInPlace(_ axis: Int, with weights: [Double]) throws {
    try library.call { api, error in
      api.filter_in_place(handle, axis, weights, weights.count, error)
    }
  }

  /// Simulates a low resolution: resamples to fewer voxels by nearest neighbours, and linearly
  /// back.
  ///
  /// - Parameters:
  ///   - extents: the extents of the low resolution, as `interpolated` with `.nearestExact` and
  ///     `.linear` would take them.
  ///   - axes: the axes along which the image was mirrored; the result is that of changing the
  ///     image before mirroring.
  public func simulateLowResolutionInPlace(extents: [Int], mirrored axes: [Int] = []) throws {
    guard extents.count == rank, axes.allSatisfy(extents.indices.contains) else {
      throw TorchError(
        .operation, subject: "coarsen_in_place",
        detail: "\(crossed(shape)): \(counted(rank, "extent was", "extents were")) expected")
    }
    let mirrored = extents.indices.map { axes.contains($0) ? 1 : 0 }
    try library.call { api, error in
      api.coarsen_in_place(handle, extents, mirrored, extents.count, error)
    }
  }

  /// Multiplies distances from the mean, and clips the result to the range of the original values.
  public func contrastInPlace(_ factor: Double) throws {
    try library.call { api, error in api.contrast_in_place(handle, factor, error) }
  }

  /// Computes ((x − min) / range)^exponent · range + min, then restores mean and standard
  /// deviation.
  ///
  /// Where `inverted`, the image is negated before and after.
  public func gammaInPlace(_ exponent: Double, inverted: Bool = false) throws {
    try library.call { api, error in
      api.gamma_in_place(handle, exponent, inverted ? 1 : 0, error)
    }
  }

  /// Adds independent normal numbers of mean 0, the same on every device for a seed.
  public func addNoiseInPlace(deviation: Double, seed: UInt64) throws {
    try library.call { api, error in api.noise_in_place(handle, deviation, seed, error) }
  }
}
