// SPDX-License-Identifier: Apache-2.0

/// The type of a tensor's elements.
public enum DType: String, Sendable, CaseIterable, Codable {
  /// Unsigned bytes, for labels.
  case uint8
  /// Two-byte integers, for Hounsfield units.
  case int16
  /// Four-byte integers.
  case int32
  /// Eight-byte integers, for indices and the targets of a loss.
  case int64
  /// IEEE half precision.
  case float16
  /// The upper half of a float32 (Brain floating point).
  case bfloat16
  /// Single precision, in which networks are trained.
  case float32
  /// Double precision.
  case float64
  /// Truth values, one byte each.
  case bool

  /// The number of the type in CTorchAPI.h.
  var code: Int32 {
    switch self {
    case .uint8: 0
    case .int16: 1
    case .int32: 2
    case .int64: 3
    case .float16: 4
    case .bfloat16: 5
    case .float32: 6
    case .float64: 7
    case .bool: 8
    }
  }

  /// The type of a number in CTorchAPI.h.
  init?(code: Int32) {
    guard let dtype = Self.allCases.first(where: { $0.code == code }) else { return nil }
    self = dtype
  }

  /// The bytes of one element.
  public var byteCount: Int {
    switch self {
    case .uint8, .bool: 1
    case .int16, .float16, .bfloat16: 2
    case .int32, .float32: 4
    case .int64, .float64: 8
    }
  }

  /// Whether the elements are floating-point numbers.
  public var isFloatingPoint: Bool {
    switch self {
    case .float16, .bfloat16, .float32, .float64: true
    default: false
    }
  }
}

/// A Swift type whose values have the bytes of a tensor's elements.
public protocol TensorElement: BitwiseCopyable, Sendable {
  /// The element type of tensors that hold such values.
  static var dtype: DType { get }
}

extension UInt8: TensorElement {
  /// Unsigned bytes.
  public static var dtype: DType { .uint8 }
}
extension Int16: TensorElement {
  /// Two-byte integers.
  public static var dtype: DType { .int16 }
}
extension Int32: TensorElement {
  /// Four-byte integers.
  public static var dtype: DType { .int32 }
}
extension Int64: TensorElement {
  /// Eight-byte integers.
  public static var dtype: DType { .int64 }
}
extension Int: TensorElement {
  /// Eight-byte integers, on the 64-bit platforms that are supported.
  public static var dtype: DType { .int64 }
}
#if !(os(macOS) && arch(x86_64))
  extension Float16: TensorElement {
    /// IEEE half precision.
    public static var dtype: DType { .float16 }
  }
#endif
extension Float: TensorElement {
  /// Single precision.
  public static var dtype: DType { .float32 }
}
extension Double: TensorElement {
  /// Double precision.
  public static var dtype: DType { .float64 }
}
extension Bool: TensorElement {
  /// Truth values.
  public static var dtype: DType { .bool }
}
