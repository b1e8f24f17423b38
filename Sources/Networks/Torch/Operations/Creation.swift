// SPDX-License-Identifier: Apache-2.0
import CTorchAPI
import Text

extension Tensor {
  /// A tensor of the handle that a function makes.
  convenience init(_ make: (Library, borrowing ct_api, Library.Message) -> OpaquePointer?) throws {
    let library = try Library.shared()
    let handle = try library.call { api, error in make(library, api, error) }
    guard let handle else {
      throw TorchError(.operation, subject: "libtorch", detail: "an operation gave no tensor")
    }
    self.init(handle: handle, library: library)
  }

  /// A copy of an array, in the processor's memory; without a shape it has one axis.
  ///
  /// - Throws: `TorchError` if the shape's product is not the number of values.
  public convenience init<Element: TensorElement>(_ values: [Element], shape: [Int]? = nil) throws {
    let shape = shape ?? [values.count]
    try self.init { _, api, error in
      values.withUnsafeBytes {
        api.copy_in($0.baseAddress, $0.count, shape, shape.count, Element.dtype.code, error)
      }
    }
  }

  /// A copy of raw memory, in the processor's memory.
  public convenience init(copying bytes: UnsafeRawBufferPointer, shape: [Int], dtype: DType) throws
  {
    try self.init { _, api, error in
      api.copy_in(bytes.baseAddress, bytes.count, shape, shape.count, dtype.code, error)
    }
  }

  /// A single value.
  public convenience init(_ value: Double, dtype: DType = .float32, on device: Device = .cpu) throws
  {
    try device.requireAvailable()
    try self.init { _, api, error in
      api.full([0], 0, value, dtype.code, device.kind, device.index, error)
    }
  }

  /// A tensor over memory that another object owns, such as a mapped file; nothing is copied.
  ///
  /// The tensor retains `owner` until the last tensor that shares the memory is gone; the owner
  /// must keep the memory mapped and unchanged. Operations in place must not be used on a read-only
  /// mapping (map it private and writable where in doubt).
  ///
  /// - Throws: `TorchError` if the memory is not aligned to the element type or its length is not
  ///   that of the shape.
  public convenience init(
    borrowing memory: UnsafeMutableRawBufferPointer, shape: [Int], dtype: DType, owner: AnyObject
  ) throws {
    guard let bytes = byteCount(of: shape, dtype: dtype), bytes == memory.count,
      let start = memory.baseAddress, Int(bitPattern: start) % dtype.byteCount == 0
    else {
      throw TorchError(
        .operation, subject: "borrow",
        detail:
          "\(counted(memory.count, "byte")) cannot be \(crossed(shape)) \(dtype.rawValue): the length or the "
          + "alignment does not fit")
    }
    let context = Unmanaged.passRetained(owner)
    do {
      try self.init { _, api, error in
        api.wrap(
          start, shape, shape.count, dtype.code,
          { context in
            if let context { Unmanaged<AnyObject>.fromOpaque(context).release() }
          },
          context.toOpaque(), error)
      }
    } catch {
      context.release()
      throw error
    }
  }

  /// A tensor with one value everywhere.
  public static func full(
    _ shape: [Int], _ value: Double, dtype: DType = .float32, on device: Device = .cpu
  ) throws -> Tensor {
    try device.requireAvailable()
    return try Library.shared().make { api, error in
      api.full(shape, shape.count, value, dtype.code, device.kind, device.index, error)
    }
  }

  /// A tensor of zeros.
  public static func zeros(_ shape: [Int], dtype: DType = .float32, on device: Device = .cpu) throws
    -> Tensor
  {
    try full(shape, 0, dtype: dtype, on: device)
  }

  /// A tensor of ones.
  public static func ones(_ shape: [Int], dtype: DType = .float32, on device: Device = .cpu) throws
    -> Tensor
  {
    try full(shape, 1, dtype: dtype, on: device)
  }

  /// A tensor with undefined values.
  public static func empty(_ shape: [Int], dtype: DType = .float32, on device: Device = .cpu) throws
    -> Tensor
  {
    try device.requireAvailable()
    return try Library.shared().make { api, error in
      api.empty(shape, shape.count, dtype.code, device.kind, device.index, error)
    }
  }

  /// Normally distributed values, in the processor's memory.
  ///
  /// They come from a generator of their own: the same seed and shape give the same values, and
  /// libtorch's global generator is not used.
  public static func normal(
    _ shape: [Int], mean: Double = 0, deviation: Double = 1, seed: UInt64, dtype: DType = .float32
  ) throws -> Tensor {
    try Library.shared().make { api, error in
      api.random_normal(shape, shape.count, mean, deviation, seed, dtype.code, error)
    }
  }

  /// Uniformly distributed values in `low..<high`, from a generator of their own.
  public static func uniform(
    _ shape: [Int], low: Double = 0, high: Double = 1, seed: UInt64, dtype: DType = .float32
  ) throws -> Tensor {
    try Library.shared().make { api, error in
      api.random_uniform(shape, shape.count, low, high, seed, dtype.code, error)
    }
  }

}

/// The number of bytes of a tensor; nil for a negative extent or a product that overflows.
func byteCount(of shape: [Int], dtype: DType) -> Int? {
  var product = dtype.byteCount
  for extent in shape {
    let (next, overflow) = product.multipliedReportingOverflow(by: extent)
    if extent < 0 || overflow { return nil }
    product = next
  }
  return product
}
