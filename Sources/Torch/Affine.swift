// SPDX-License-Identifier: Apache-2.0
import CTorchAPI

// The tensor's first axis counts planes (channels), the two or three that follow are spatial. A map
// has one row for each spatial axis: a factor for each axis of the result, then a shift. It takes
// the indices of a voxel of the result to a place in this tensor, both counted from 0.
extension Tensor {
  /// The planes sampled along an affine map, linearly, with zeros outside.
  ///
  /// The same as `affineGrid` and `sampled` without the grid, which would be larger than the result.
  public func sampled(along map: [[Double]], size: [Int]) throws -> Tensor {
    let matrix = try matrix(map, size, "affine_image")
    return try library.make { api, error in
      api.affine_image(handle, matrix, size, size.count, error)
    }
  }

  /// Planes of labels along an affine map: the label with the largest share of the neighbours.
  ///
  /// Shares are those of linear interpolation, in thousandths rounded to half precision; what lies
  /// outside counts as a label of its own. Among equal shares the nearest neighbour's label wins if
  /// it is one of them, else the smallest (batchgeneratorsv2's rule).
  public func labelsSampled(along map: [[Double]], size: [Int], outside: Int) throws -> Tensor {
    let matrix = try matrix(map, size, "affine_labels")
    return try library.make { api, error in
      api.affine_labels(handle, matrix, size, size.count, outside, error)
    }
  }

  /// The values filtered along an axis, the edge mirrored without the edge voxel itself.
  ///
  /// The filter is symmetric: `weights[k]` belongs to the neighbours k voxels away, `weights[0]` to
  /// the voxel itself.
  public func filtered(_ axis: Int, with weights: [Double]) throws -> Tensor {
    try library.make { api, error in
      api.filter(handle, axis, weights, weights.count, error)
    }
  }

  private func matrix(_ map: [[Double]], _ size: [Int], _ operation: String) throws -> [Double] {
    guard map.count == size.count, map.allSatisfy({ $0.count == size.count + 1 }) else {
      throw TorchError(
        .operation, subject: operation,
        detail: "\(shape): the map needs \(size.count) rows of \(size.count + 1) numbers")
    }
    return map.flatMap { $0 }
  }
}
