// SPDX-License-Identifier: Apache-2.0
import CTorchAPI

/// An array of numbers with a shape, on a device, that may be recorded for gradients.
///
/// Axes are numbered from 0; negative numbers count from the end. Images are (batch, channels,
/// spatial axes…). Operations throw a `TorchError` with their name and the shapes of their inputs.
/// Views (`narrowed`, `selected`, …) share memory with the tensor that they came from.
///
/// ```swift
/// let x = try Tensor([1, 2, 3, 4] as [Float], shape: [2, 2])
/// try x.requireGradient()
/// let loss = try (x * x).mean()
/// try loss.backward()
/// try x.gradient?.floats()  // [0.5, 1, 1.5, 2]
/// ```
///
/// Some operations change a tensor in place, so tensors must not be shared between tasks; send
/// arrays instead.
public final class Tensor: CustomStringConvertible {
  let handle: OpaquePointer
  let library: Library

  init(handle: OpaquePointer, library: Library) {
    self.handle = handle
    self.library = library
  }

  /// Calls a function that cannot fail, and keeps the tensor alive until it returns.
  func query<Value>(_ body: (borrowing ct_api, OpaquePointer) -> Value) -> Value {
    withExtendedLifetime(self) { body(library.table.pointee, handle) }
  }

  deinit { library.table.pointee.free_tensor(handle) }

  /// The number of elements along each axis; empty for a single value.
  public var shape: [Int] {
    let rank = rank
    return [Int](unsafeUninitializedCapacity: rank) { buffer, count in
      if let extents = buffer.baseAddress {
        _ = query { api, handle in api.shape(handle, extents, rank) }
      }
      count = rank
    }
  }

  /// The number of axes.
  public var rank: Int {
    var none = 0
    return query { api, handle in api.shape(handle, &none, 0) }
  }

  /// The number of elements.
  public var count: Int { query { api, handle in api.count(handle) } }

  /// The type of the elements.
  public var dtype: DType {
    get throws {
      let code = try library.call { api, error in api.dtype(handle, error) }
      guard let dtype = DType(code: code) else {
        throw TorchError(.operation, subject: "dtype", detail: "unknown kind number \(code)")
      }
      return dtype
    }
  }

  /// The device that holds the elements.
  public var device: Device {
    get throws {
      switch try library.call({ api, error in api.device_kind(handle, error) }) {
      case 1: .cuda(query { api, handle in api.device_index(handle) })
      case 2: .mps
      default: .cpu
      }
    }
  }

  /// The distance in memory, in elements, between neighbours along an axis.
  public func stride(_ axis: Int) throws -> Int {
    try library.call { api, error in api.stride(handle, axis, error) }
  }

  /// Whether the elements lie in an order without gaps.
  public func isContiguous(_ format: MemoryFormat = .contiguous) -> Bool {
    query { api, handle in api.is_contiguous(handle, format.code) } != 0
  }

  /// The shape, the element type and the device, never the values.
  public var description: String {
    let type = (try? dtype)?.rawValue ?? "?"
    let device = (try? device)?.description ?? "?"
    return "Tensor \(shape) \(type) on \(device)"
  }
}

/// The order of an image's elements in memory.
public enum MemoryFormat: Sendable, CaseIterable {
  /// The last axis is fastest.
  case contiguous
  /// The channels of a voxel follow each other.
  case channelsLast

  var code: Int32 { self == .contiguous ? 0 : 1 }
}
