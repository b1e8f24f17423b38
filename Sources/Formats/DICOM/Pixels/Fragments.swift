// SPDX-License-Identifier: Apache-2.0
import Text

/// The fragments of compressed pixels (PS3.5, A.4), by their locations in the bytes of a file.
struct Fragments {
  /// The bytes of each fragment, of the last one as many as there are.
  private(set) var parts: [Range<Int>] = []
  /// How many bytes the file lacks of the last fragment, or of the sequence delimitation item.
  private(set) var missingByteCount = 0
  /// Whether the last fragment is shorter than it claims.
  private var isShort = false
  /// Where each frame begins, counted from the first fragment; empty where the file's table is empty.
  private var offsets: [Int] = []

  /// Walks through the fragments that begin at a byte; a file may end among them.
  init(_ bytes: UnsafeRawBufferPointer, from start: Int) throws(DataSet.Fault) {
    func long(_ offset: Int) -> Int {
      Int(UInt32(littleEndian: bytes.loadUnaligned(fromByteOffset: offset, as: UInt32.self)))
    }
    var position = start
    var isTable = true
    while true {
      guard position + 8 <= bytes.count else {
        missingByteCount = position + 8 - bytes.count
        return
      }
      // A tag as one number has its group in the lower half.
      let (tag, length) = (long(position), long(position + 4))
      position += 8
      if tag == 0xE0DD_FFFE { return }
      guard tag == 0xE000_FFFE, length != 0xFFFF_FFFF else {
        throw .damaged("the compressed pixels hold something else between fragments")
      }
      let end = min(position + length, bytes.count)
      if isTable {
        offsets = stride(from: position, to: end - 3, by: 4).map(long)
      } else {
        parts.append(position..<end)
      }
      isTable = false
      missingByteCount = position + length - end
      position += length
      if missingByteCount > 0 {
        isShort = !parts.isEmpty
        return
      }
    }
  }

  private var isCut: Bool { missingByteCount > 0 }

  /// The fragments of one frame, in order; `nil` where a file that was cut holds none of them.
  ///
  /// A frame takes one fragment, or as many as the table of offsets gives it.
  func parts(ofFrame frame: Int, of count: Int) throws(DataSet.Fault) -> [Range<Int>]? {
    if count == 1 { return parts.isEmpty && isCut ? nil : parts }
    if parts.count == count { return [parts[frame]] }
    if offsets.count == count, let first = parts.first {
      let start = first.lowerBound - 8
      let from = start + offsets[frame]
      let to = frame + 1 < count ? start + offsets[frame + 1] : Int.max
      let mine = parts.filter { $0.lowerBound - 8 >= from && $0.lowerBound - 8 < to }
      guard !mine.isEmpty || isCut else {
        throw .damaged("the table of offsets gives frame \(frame + 1) no compressed pixels")
      }
      return mine.isEmpty ? nil : mine
    }
    if isCut, parts.count < count { return frame < parts.count ? [parts[frame]] : nil }
    throw .unsupported(
      "\(counted(count, "frame lies", "frames lie")) in \(counted(parts.count, "fragment")) without a table of offsets; export the "
        + "series as single slices")
  }

  /// Whether the last of some fragments was cut.
  func isShort(_ fragments: [Range<Int>]) -> Bool { isShort && fragments.last == parts.last }
}
