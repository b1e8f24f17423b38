// SPDX-License-Identifier: Apache-2.0

extension DType {
  /// The name of PyTorch's storage of such elements, in the module `torch`.
  var storageName: String {
    switch self {
    case .uint8: "ByteStorage"
    case .int16: "ShortStorage"
    case .int32: "IntStorage"
    case .int64: "LongStorage"
    case .float16: "HalfStorage"
    case .bfloat16: "BFloat16Storage"
    case .float32: "FloatStorage"
    case .float64: "DoubleStorage"
    case .bool: "BoolStorage"
    }
  }

  /// The type of a storage's elements; `nil` for other names.
  init?(storageName: String) {
    guard let dtype = Self.allCases.first(where: { $0.storageName == storageName }) else {
      return nil
    }
    self = dtype
  }

  /// The name in the safetensors format.
  var safetensorsName: String {
    switch self {
    case .uint8: "U8"
    case .int16: "I16"
    case .int32: "I32"
    case .int64: "I64"
    case .float16: "F16"
    case .bfloat16: "BF16"
    case .float32: "F32"
    case .float64: "F64"
    case .bool: "BOOL"
    }
  }

  /// The type of a name in the safetensors format; `nil` for other names.
  init?(safetensorsName: String) {
    guard let dtype = Self.allCases.first(where: { $0.safetensorsName == safetensorsName }) else {
      return nil
    }
    self = dtype
  }
}
