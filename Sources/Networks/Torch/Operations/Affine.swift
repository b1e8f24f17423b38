// SPDX-License-Identifier: Apache-2.0
import CTorchAPI
import Text

// The tensor's first axis counts planes (channels); the two or three axes that follow are spatial.
// A map has one row for each spatial axis: a factor for each axis of the result, then a shift. It
// maps the indices of a voxel of the result to coordinates in the source, both counted from 0.
extension Tensor {
  /// Fills the planes with those of an image along an affine map, linearly, with zeros outside.
  ///
  /// There is no grid of sampling points, which would be larger than the result. Where `reversed`,
  /// planes are taken from the last one on.
  public func sample(_ image: Tensor, along map: [[Double]], reversed: Bool = false) throws {
    let matrix = try matrix(map, "affine_image")
    try library.call { api, error in
      api.affine_image(handle, image.handle, matrix, map.count, reversed ? 1 : 0, error)
    }
  }

  /// Fills the planes with labels along an affine map: the one with the largest share of the
  /// neighbours.
  ///
  /// Shares are those of linear interpolation, in thousandths rounded to half precision; what lies
  /// outside counts as a label of its own. Among equal shares the nearest neighbour's label wins if
  /// it is one of them, else the smallest (batchgeneratorsv2's rule).
  public func sampleLabels(
    _ labels: Tensor, along map: [[Double]], outside: Int, reversed: Bool = false
  ) throws {
    let matrix = try matrix(map, "affine_labels")
    try library.call { api, error in
      api.affine_labels(
        handle, labels.handle, matrix, map.count, outside, reversed ? 1 : 0, error)
    }
  }

  /// Fills the tensor with a part of another one that has as many axes.
  ///
  /// - Parameters:
  ///   - source: the tensor that a part is taken of.
  ///   - start: the voxel of the source that voxel 0 shows, before mirroring.
  ///   - axes: the axes along which the part is mirrored.
  ///   - padding: the value of voxels outside of the source.
  public func cut(
    _ source: Tensor, from start: [Int], mirrored axes: [Int] = [], padding: Double = 0
  ) throws {
    guard start.count == rank, source.rank == rank, axes.allSatisfy(start.indices.contains) else {
      throw TorchError(
        .operation, subject: "cut_into",
        detail:
          "\(crossed(shape)): \(counted(rank, "axis", "axes")) of the source "
          + "\(crossed(source.shape)) \(rank == 1 ? "was" : "were") expected")
    }
    let mirrored = start.indices.map { axes.contains($0) ? 1 : 0 }
    try library.call { api, error in
      api.cut_into(handle, source.handle, start, mirrored, rank, padding, error)
    }
  }

  private func matrix(_ map: [[Double]], _ operation: String) throws -> [Double] {
    guard map.allSatisfy({ $0.count == map.count + 1 }) else {
      throw TorchError(
        .operation, subject: operation,
        detail:
          "\(crossed(shape)): the map needs \(counted(map.count, "row")) of \(map.count + 1) numbers"
      )
    }
    return map.flatMap { $0 }
  }
}
