// SPDX-License-Identifier: Apache-2.0
import CTorchAPI

// Shapes are broadcast as in NumPy, and types are promoted as in PyTorch. A number without fraction
// leaves the type of an integer tensor as it is.
extension Tensor {
  /// The sum.
  public static func + (x: Tensor, y: Tensor) throws -> Tensor { try x.adding(y) }

  /// The difference.
  public static func - (x: Tensor, y: Tensor) throws -> Tensor { try x.adding(y, scaledBy: -1) }

  /// The product, element by element.
  public static func * (x: Tensor, y: Tensor) throws -> Tensor {
    try x.library.make { api, error in api.multiply(x.handle, y.handle, error) }
  }

  /// The quotient, element by element; integers give floats.
  public static func / (x: Tensor, y: Tensor) throws -> Tensor {
    try x.library.make { api, error in api.divide(x.handle, y.handle, error) }
  }

  /// The sum with a number.
  public static func + (x: Tensor, y: Double) throws -> Tensor {
    try x.library.make { api, error in api.add_number(x.handle, y, error) }
  }

  /// The sum with a number.
  public static func + (x: Double, y: Tensor) throws -> Tensor { try y + x }

  /// The difference with a number.
  public static func - (x: Tensor, y: Double) throws -> Tensor { try x + -y }

  /// A number less the tensor.
  public static func - (x: Double, y: Tensor) throws -> Tensor { try y * -1 + x }

  /// The product with a number.
  public static func * (x: Tensor, y: Double) throws -> Tensor {
    try x.library.make { api, error in api.multiply_number(x.handle, y, error) }
  }

  /// The product with a number.
  public static func * (x: Double, y: Tensor) throws -> Tensor { try y * x }

  /// The tensor divided by a number.
  public static func / (x: Tensor, y: Double) throws -> Tensor { try x * (1 / y) }

  /// The negative.
  public static prefix func - (x: Tensor) throws -> Tensor { try x * -1 }

  /// The sum with `factor` times another tensor.
  public func adding(_ other: Tensor, scaledBy factor: Double = 1) throws -> Tensor {
    try library.make { api, error in api.add(handle, other.handle, factor, error) }
  }

  /// The power of each element.
  public func power(_ exponent: Double) throws -> Tensor {
    try library.make { api, error in api.power(handle, exponent, error) }
  }

  /// The absolute value; only tests use it.
  public func absolute() throws -> Tensor {
    try library.make { api, error in api.absolute(handle, error) }
  }

  /// The nearest whole number, halves to the even one; only tests use it.
  public func rounded() throws -> Tensor {
    try library.make { api, error in api.round_half_even(handle, error) }
  }

  /// The logistic function.
  public func sigmoid() throws -> Tensor {
    try library.make { api, error in api.sigmoid(handle, error) }
  }

  /// The values held between two bounds.
  public func clipped(_ low: Double, _ high: Double) throws -> Tensor {
    try library.make { api, error in api.clip(handle, low, high, error) }
  }

  /// The matrix product over the last two axes.
  public func matrixProduct(_ other: Tensor) throws -> Tensor {
    try library.make { api, error in api.matmul(handle, other.handle, error) }
  }

  /// Where two tensors are equal.
  public func equals(_ other: Tensor) throws -> Tensor {
    try library.make { api, error in api.equal(handle, other.handle, error) }
  }

  /// Where the values equal a number.
  public func equals(_ number: Double) throws -> Tensor {
    try library.make { api, error in api.equal_number(handle, number, error) }
  }

  /// Where the values are below a number.
  public func isLess(than number: Double) throws -> Tensor {
    try library.make { api, error in api.less_number(handle, number, error) }
  }

  /// Where the values are above a number.
  public func isGreater(than number: Double) throws -> Tensor {
    try library.make { api, error in api.greater_number(handle, number, error) }
  }

  /// Where both are true or not zero.
  public func and(_ other: Tensor) throws -> Tensor {
    try library.make { api, error in api.logical_and(handle, other.handle, error) }
  }

  /// Where the values are false or zero.
  public func not() throws -> Tensor {
    try library.make { api, error in api.logical_not(handle, error) }
  }

  /// A copy with one value where a mask of `bool` is true.
  public func filled(where mask: Tensor, with value: Double) throws -> Tensor {
    try library.make { api, error in api.masked_fill(handle, mask.handle, value, error) }
  }

  /// Whether no value is infinite or NaN.
  public func allFinite() throws -> Bool {
    try library.call { api, error in api.all_finite(handle, error) } != 0
  }
}
