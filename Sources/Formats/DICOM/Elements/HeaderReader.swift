// SPDX-License-Identifier: Apache-2.0
import Files
import Foundation
import Volume

/// Reads the header of a file without its pixels.
enum HeaderReader {
  /// The bytes that are read first; headers of CT slices are shorter than this.
  private static let firstRead = 16_384

  /// Reads the header of a slice, or of each frame of a multi-frame CT.
  ///
  /// - Throws: `NotASlice`, or `FileError` where the file cannot be read.
  static func read(_ url: URL) throws -> [SliceHeader] {
    let file = try FileReader(url)
    guard file.state.size > 0 else {
      throw NotASlice(code: .empty, reason: "is empty")
    }
    var count = firstRead
    var deflatedFrom: Int?
    while true {
      let bytes = try file.beginning(count)
      do {
        return try bytes.withUnsafeBytes { bytes in
          let data = try DataSet(bytes, fileSize: file.size, isInflated: file.isInflated)
          let source = SliceHeader.Source(
            url: url, state: file.state, size: file.size, deflatedFrom: deflatedFrom)
          do {
            return try FrameHeaders.read(data, source)
          } catch let error as NotASlice {
            throw error.of(series: data.elements.string(Tag(0x20, 0x0E)))
          }
        }
      } catch DataSet.Fault.needsMore {
        guard bytes.count < file.size else {
          throw NotASlice(code: .damaged, reason: "is truncated inside its header")
        }
        count *= 8
      } catch DataSet.Fault.deflated(let start) {
        deflatedFrom = start
        do {
          try file.inflate(from: start)
        } catch let fault as DataSet.Fault {
          throw NotASlice(fault)
        }
      } catch let fault as DataSet.Fault {
        throw NotASlice(fault)
      }
    }
  }
}

extension NotASlice {
  fileprivate init(_ fault: DataSet.Fault) {
    switch fault {
    case .notDICOM: self.init(code: .notDICOM, reason: "is no DICOM file")
    case .unsupported(let reason), .damaged(let reason):
      self.init(code: .damaged, reason: reason)
    case .needsMore, .deflated: self.init(code: .damaged, reason: "is truncated inside its header")
    }
  }
}

extension SliceHeader {
  /// Whether two slices can lie in one volume: equal size, spacing and orientation, one stack.
  func isAlike(_ other: SliceHeader) -> Bool {
    let gap = spacing - other.spacing
    func differ(_ a: SIMD3<Double>, _ b: SIMD3<Double>) -> Bool {
      let d = a - b
      return max(abs(d.x), abs(d.y), abs(d.z)) > 1e-3
    }
    return rows == other.rows && columns == other.columns && max(abs(gap.x), abs(gap.y)) <= 1e-4
      && stack == other.stack && !differ(direction.x, other.direction.x)
      && !differ(direction.y, other.direction.y)
  }
}
