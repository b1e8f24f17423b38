// SPDX-License-Identifier: Apache-2.0
import Foundation
import TestSupport

/// The bytes of an uncompressed file of 4×3×2 voxels of int16, to be spoilt.
func plainFile() throws -> Data {
  try Data(contentsOf: fixture("nifti/i2-le.nii"))
}

/// Bytes with a value stored at an offset, in little endian order.
func spoilt<Value: BitwiseCopyable>(_ data: Data, at offset: Int, with value: Value) -> Data {
  var data = data
  withUnsafeBytes(of: value) {
    data.replaceSubrange(offset..<offset + $0.count, with: $0)
  }
  return data
}

/// A gzip file that stores its content (RFC 1951, 3.2.4; RFC 1952), made without any library.
func gzipped(_ data: Data) -> Data {
  var file = Data([0x1F, 0x8B, 8, 0, 0, 0, 0, 0, 0, 255, 1])
  func append<T: FixedWidthInteger>(_ value: T) {
    withUnsafeBytes(of: value.littleEndian) { file.append(contentsOf: $0) }
  }
  append(UInt16(data.count))
  append(~UInt16(data.count))
  file.append(data)
  var checksum: UInt32 = ~0
  for byte in data {
    checksum ^= UInt32(byte)
    for _ in 0..<8 { checksum = checksum >> 1 ^ (checksum & 1 == 1 ? 0xEDB8_8320 : 0) }
  }
  append(~checksum)
  append(UInt32(data.count))
  return file
}

/// Writes such a file.
func gzip(_ data: Data, to url: URL) throws { try gzipped(data).write(to: url) }
