// SPDX-License-Identifier: Apache-2.0
import CTorchAPI

/// The values around a tensor that is padded.
public enum Padding: Sendable, Equatable {
  /// One value.
  case constant(Double)
  /// The mirror image, without the edge itself.
  case reflect
  /// The edge's value.
  case replicate
}

extension Tensor {
  /// The same values in another shape; one extent may be -1.
  public func reshaped(_ shape: [Int]) throws -> Tensor {
    try library.make { api, error in api.reshape(handle, shape, shape.count, error) }
  }

  /// A view that repeats axes of length 1; only tests use it.
  public func expanded(_ shape: [Int]) throws -> Tensor {
    try library.make { api, error in api.expand(handle, shape, shape.count, error) }
  }

  /// A view with a new axis of length 1.
  public func unsqueezed(_ axis: Int) throws -> Tensor {
    try library.make { api, error in api.unsqueeze(handle, axis, error) }
  }

  /// A view without an axis, whose length must be 1.
  public func squeezed(_ axis: Int) throws -> Tensor {
    try library.make { api, error in api.squeeze(handle, axis, error) }
  }

  /// A view of `length` positions along an axis, from `start`.
  public func narrowed(_ axis: Int, from start: Int, length: Int) throws -> Tensor {
    try library.make { api, error in api.narrow(handle, axis, start, length, error) }
  }

  /// A view of one position along an axis, which disappears.
  public func selected(_ axis: Int, _ index: Int) throws -> Tensor {
    try library.make { api, error in api.select(handle, axis, index, error) }
  }

  /// A copy of some positions along an axis, which a tensor of int32 or int64 lists.
  public func selected(_ axis: Int, indices: Tensor) throws -> Tensor {
    try library.make { api, error in api.index_select(handle, axis, indices.handle, error) }
  }

  /// A copy in which one value is written to the positions `indices` (int64) along an axis.
  public func scattered(_ axis: Int, _ indices: Tensor, _ value: Double) throws -> Tensor {
    try library.make { api, error in
      api.scatter_value(handle, axis, indices.handle, value, error)
    }
  }

  /// A copy that is mirrored along axes.
  public func flipped(_ axes: [Int]) throws -> Tensor {
    try library.make { api, error in api.flip(handle, axes, axes.count, error) }
  }

  /// A copy that is padded along the last axes.
  ///
  /// - Parameters:
  ///   - amounts: the number of positions before and after for each padded axis, in the order
  ///     of the axes; the last pair belongs to the last axis. With constant padding, negative
  ///     amounts crop.
  ///   - padding: what the new positions hold.
  public func padded(_ amounts: [(before: Int, after: Int)], with padding: Padding = .constant(0))
    throws -> Tensor
  {
    // PyTorch lists the last axis first.
    let list = amounts.reversed().flatMap { [$0.before, $0.after] }
    let (mode, value): (String, Double) =
      switch padding {
      case .constant(let value): ("constant", value)
      case .reflect: ("reflect", 0)
      case .replicate: ("replicate", 0)
      }
    return try library.make { api, error in
      api.pad(handle, list, list.count, mode, value, error)
    }
  }

  /// Tensors joined along an axis that they have.
  public static func concatenated(_ parts: [Tensor], along axis: Int) throws -> Tensor {
    let handles = parts.map(\.handle)
    return try Library.shared().make { api, error in
      withExtendedLifetime(parts) {
        handles.withPointer { api.cat($0, handles.count, axis, error) }
      }
    }
  }

  /// Tensors of one shape joined along a new axis.
  public static func stacked(_ parts: [Tensor], along axis: Int = 0) throws -> Tensor {
    let handles = parts.map(\.handle)
    return try Library.shared().make { api, error in
      withExtendedLifetime(parts) {
        handles.withPointer { api.stack($0, handles.count, axis, error) }
      }
    }
  }
}

extension [OpaquePointer] {
  /// Calls a function with the address of the handles, which is valid even when there are none.
  func withPointer<Value>(_ body: (UnsafePointer<OpaquePointer>) throws -> Value) rethrows -> Value
  {
    try withUnsafeBufferPointer { buffer in
      if let start = buffer.baseAddress { return try body(start) }
      return try withUnsafeTemporaryAllocation(of: OpaquePointer.self, capacity: 1) { room in
        guard let start = room.baseAddress else { preconditionFailure("no stack for one pointer") }
        return try body(UnsafePointer(start))
      }
    }
  }
}
