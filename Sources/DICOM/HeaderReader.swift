// SPDX-License-Identifier: Apache-2.0
import Files
import Foundation
import Volume

/// Reading no more of a file than its header.
enum HeaderReader {
  /// The bytes that are read first; headers of CT slices are shorter than this.
  private static let firstRead = 16_384

  /// Reads the header of a slice.
  ///
  /// - Throws: `NotASlice`, or `FileError` where the file cannot be read.
  static func read(_ url: URL) throws -> SliceHeader {
    let file = try FileReader(url)
    guard file.stamp.size > 0 else {
      throw NotASlice(code: .empty, reason: "is empty")
    }
    var count = firstRead
    while true {
      let bytes = try file.beginning(count)
      do {
        return try bytes.withUnsafeBytes { bytes in
          let data = try DataSet(bytes, fileSize: file.stamp.size)
          return try SliceHeader(data, url: url, stamp: file.stamp)
        }
      } catch DataSet.Fault.needsMore {
        guard bytes.count < file.stamp.size else {
          throw NotASlice(code: .damaged, reason: "is truncated inside its header")
        }
        count *= 8
      } catch DataSet.Fault.notDICOM {
        throw NotASlice(code: .notDICOM, reason: "is no DICOM file")
      } catch DataSet.Fault.unsupported(let reason) {
        throw NotASlice(code: .damaged, reason: reason)
      } catch DataSet.Fault.damaged(let reason) {
        throw NotASlice(code: .damaged, reason: reason)
      }
    }
  }
}

extension SliceHeader {
  /// Whether two slices can lie in one volume: equal size, spacing and orientation.
  func isAlike(_ other: SliceHeader) -> Bool {
    let gap = spacing - other.spacing
    func differ(_ a: SIMD3<Double>, _ b: SIMD3<Double>) -> Bool {
      let d = a - b
      return max(abs(d.x), abs(d.y), abs(d.z)) > 1e-3
    }
    return rows == other.rows && columns == other.columns && max(abs(gap.x), abs(gap.y)) <= 1e-4
      && !differ(direction.x, other.direction.x) && !differ(direction.y, other.direction.y)
  }
}
