// SPDX-License-Identifier: Apache-2.0

/// The number formats of voxels on disk, by their codes in the NIfTI-1 header.
public enum NIfTIDatatype: Int16, Sendable, Hashable, CaseIterable {
  /// 8 bits, unsigned: labels.
  case uint8 = 2
  /// 16 bits, signed: HU.
  case int16 = 4
  /// 32 bits, signed.
  case int32 = 8
  /// 32-bit floating point: probabilities.
  case float32 = 16
  /// 64-bit floating point.
  case float64 = 64
  /// 8 bits, signed.
  case int8 = 256
  /// 16 bits, unsigned.
  case uint16 = 512
  /// 32 bits, unsigned.
  case uint32 = 768
  /// 64 bits, signed.
  case int64 = 1024
  /// 64 bits, unsigned.
  case uint64 = 1280

  /// The number of bytes of one voxel.
  public var byteCount: Int {
    switch self {
    case .uint8, .int8: 1
    case .int16, .uint16: 2
    case .int32, .uint32, .float32: 4
    case .int64, .uint64, .float64: 8
    }
  }

  /// What a code means that has no case here, as far as the format defines it.
  static func name(ofUnsupported code: Int16) -> String {
    switch code {
    case 1: "single bits"
    case 32, 1792, 2048: "complex numbers"
    case 128, 2304: "colours"
    case 1536: "128-bit floating point"
    default: "unknown"
    }
  }
}
