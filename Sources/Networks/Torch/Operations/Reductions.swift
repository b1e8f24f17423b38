// SPDX-License-Identifier: Apache-2.0
import CTorchAPI

// No axes means all of them. `keepingAxes` leaves reduced axes with length 1.
extension Tensor {
  /// The sum over axes.
  public func sum(_ axes: [Int] = [], keepingAxes: Bool = false) throws -> Tensor {
    try library.make { api, error in
      api.sum(handle, axes, axes.count, keepingAxes ? 1 : 0, error)
    }
  }

  /// The mean over axes; of floating-point values only.
  public func mean(_ axes: [Int] = [], keepingAxes: Bool = false) throws -> Tensor {
    try library.make { api, error in
      api.mean(handle, axes, axes.count, keepingAxes ? 1 : 0, error)
    }
  }

  /// The largest value over axes; only tests use it.
  public func max(_ axes: [Int] = [], keepingAxes: Bool = false) throws -> Tensor {
    try library.make { api, error in
      api.largest(handle, axes, axes.count, keepingAxes ? 1 : 0, error)
    }
  }

  /// The smallest value over axes.
  public func min(_ axes: [Int] = [], keepingAxes: Bool = false) throws -> Tensor {
    try library.make { api, error in
      api.smallest(handle, axes, axes.count, keepingAxes ? 1 : 0, error)
    }
  }

  /// The standard deviation over axes, `unbiased` divides by n - 1; only tests use it.
  public func standardDeviation(
    _ axes: [Int] = [], unbiased: Bool = true, keepingAxes: Bool = false
  ) throws -> Tensor {
    try library.make { api, error in
      api.deviation(handle, axes, axes.count, unbiased ? 1 : 0, keepingAxes ? 1 : 0, error)
    }
  }

  /// The position (int64) of the largest value along an axis; the first one on ties, on CPU.
  public func argmax(_ axis: Int, keepingAxis: Bool = false) throws -> Tensor {
    try library.make { api, error in api.argmax(handle, axis, keepingAxis ? 1 : 0, error) }
  }

  /// The largest values of a tensor of one axis, in any order.
  public func largest(_ count: Int) throws -> Tensor {
    try library.make { api, error in api.top_values(handle, count, error) }
  }

  /// For each position along an axis the logarithm of the sum of the exponentials up to it, without
  /// overflow.
  public func logCumulativeSum(_ axis: Int) throws -> Tensor {
    try library.make { api, error in api.log_cumulative_sum(handle, axis, error) }
  }
}
