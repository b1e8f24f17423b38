// SPDX-License-Identifier: Apache-2.0
import CDeflate
package import Foundation
package import Volume

/// Some slices of a CT as the page gets them.
///
/// Each row holds its first value and then differences; the low bytes of all values come first, the
/// high bytes after them; all of it in gzip, which the browser undoes by itself. On a real CT that is
/// 0.53 of the plain bytes where gzip alone reaches 0.68.
package enum VolumeChunk {
  /// The slices of a chunk: few enough that the first picture comes at once.
  package static let slices = 8

  /// The number of chunks of a volume.
  package static func count(_ extent: Extent) -> Int { (extent.slices + slices - 1) / slices }

  /// A chunk's bytes in gzip; `nil` where there is no such chunk.
  package static func gzip(_ number: Int, of ct: Volume<Int16>) -> Data? {
    guard (0..<count(ct.extent)).contains(number) else { return nil }
    let first = number * slices
    let last = min(first + slices, ct.extent.slices)
    let range = first * ct.extent.sliceCount..<last * ct.extent.sliceCount
    var bytes = [UInt8](repeating: 0, count: 2 * range.count)
    let columns = ct.extent.columns
    ct.voxels.withUnsafeBufferPointer { hu in
      var previous: Int16 = 0
      for (i, voxel) in range.enumerated() {
        if i % columns == 0 { previous = 0 }
        let difference = UInt16(bitPattern: hu[voxel] &- previous)
        previous = hu[voxel]
        bytes[i] = UInt8(truncatingIfNeeded: difference)
        bytes[range.count + i] = UInt8(truncatingIfNeeded: difference >> 8)
      }
    }
    return compressed(bytes)
  }

  /// Bytes in gzip at the fastest level.
  private static func compressed(_ bytes: [UInt8]) -> Data? {
    guard let compressor = libdeflate_alloc_compressor(1) else { return nil }
    defer { libdeflate_free_compressor(compressor) }
    var out = Data(count: libdeflate_gzip_compress_bound(compressor, bytes.count))
    let size = out.withUnsafeMutableBytes {
      libdeflate_gzip_compress(compressor, bytes, bytes.count, $0.baseAddress, $0.count)
    }
    return size > 0 ? out.prefix(size) : nil
  }
}
