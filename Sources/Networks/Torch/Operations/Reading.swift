// SPDX-License-Identifier: Apache-2.0
import CTorchAPI
import Text

extension Tensor {
  /// The values, last axis fastest, copied to the processor's memory where they are elsewhere.
  ///
  /// - Throws: `TorchError` if the elements are of another type; convert with `to` first.
  public func values<Element: TensorElement>(as type: Element.Type) throws -> [Element] {
    let stored = try dtype
    guard stored == Element.dtype else {
      throw TorchError(
        .operation, subject: "values",
        detail:
          "\(crossed(shape)) \(stored.rawValue): cannot be read as \(Element.dtype.rawValue); convert "
          + "with to(.\(Element.dtype.rawValue)) first")
    }
    let n = count
    return try [Element](unsafeUninitializedCapacity: n) { buffer, filled in
      try copy(to: UnsafeMutableRawBufferPointer(buffer))
      filled = n
    }
  }

  /// The values converted to single precision.
  public func floats() throws -> [Float] { try to(.float32).values(as: Float.self) }

  /// Copies the values, last axis fastest, to memory of exactly their length in bytes.
  public func copy(to memory: UnsafeMutableRawBufferPointer) throws {
    let wanted = byteCount(of: shape, dtype: try dtype) ?? 0
    guard memory.count >= wanted else {
      throw TorchError(
        .operation, subject: "copy",
        detail:
          "\(crossed(shape)): \(counted(wanted, "byte does", "bytes do")) not fit into \(memory.count)"
      )
    }
    try library.call { api, error in api.copy_out(handle, memory.baseAddress, wanted, error) }
  }

  /// The value of a tensor with one element; waits for the device.
  public func item() throws -> Double {
    try library.call { api, error in api.item(handle, error) }
  }

  /// The values as another type, on the same device; the same tensor if nothing changes.
  public func to(_ dtype: DType) throws -> Tensor {
    let device = try device
    return try library.make { api, error in
      api.to(handle, dtype.code, device.kind, device.index, 0, error)
    }
  }

  /// The values on a device; the same tensor if nothing changes.
  public func to(_ device: Device) throws -> Tensor {
    try device.requireAvailable()
    let dtype = try dtype
    return try library.make { api, error in
      api.to(handle, dtype.code, device.kind, device.index, 0, error)
    }
  }

  /// The values in an order without gaps; the same tensor if they already are.
  public func contiguous(_ format: MemoryFormat = .contiguous) throws -> Tensor {
    try library.make { api, error in api.contiguous(handle, format.code, error) }
  }

  /// A copy with its own memory; recorded for gradients.
  public func clone() throws -> Tensor {
    try library.make { api, error in api.clone(handle, error) }
  }

  /// A view that is not recorded for gradients.
  public func detached() throws -> Tensor {
    try library.make { api, error in api.detach(handle, error) }
  }

  /// Overwrites the values with another tensor's, broadcast and converted.
  public func copy(from source: Tensor) throws {
    try library.call { api, error in api.copy_into(handle, source.handle, 0, error) }
  }
}
