// SPDX-License-Identifier: Apache-2.0
import CTorchAPI

// These operations change the tensor and every view that shares its memory. A tensor that requires
// a gradient accepts them only inside `withoutGradients`.
extension Tensor {
  /// Adds `factor` times another tensor.
  public func addInPlace(_ other: Tensor, scaledBy factor: Double = 1) throws {
    try library.call { api, error in api.add_in_place(handle, other.handle, factor, error) }
  }

  /// Multiplies by another tensor.
  public func multiplyInPlace(_ other: Tensor) throws {
    try library.call { api, error in api.multiply_in_place(handle, other.handle, error) }
  }

  /// Adds a number; only tests use it.
  public func addInPlace(_ number: Double) throws {
    try library.call { api, error in api.add_number_in_place(handle, number, error) }
  }

  /// Multiplies by a number.
  public func multiplyInPlace(_ number: Double) throws {
    try library.call { api, error in api.multiply_number_in_place(handle, number, error) }
  }

  /// Holds the values between two bounds.
  public func clipInPlace(_ low: Double, _ high: Double) throws {
    try library.call { api, error in api.clip_in_place(handle, low, high, error) }
  }

  /// Writes one value everywhere.
  public func fillInPlace(_ value: Double) throws {
    try library.call { api, error in api.fill_in_place(handle, value, error) }
  }

  /// Multiplies negative values by a slope; recorded for gradients.
  public func leakyReLUInPlace(slope: Double = 0.01) throws {
    try library.call { api, error in api.leaky_relu_in_place(handle, slope, error) }
  }
}
