// SPDX-License-Identifier: Apache-2.0
import CGDCM
import Files
import Foundation

/// The compressed pixels of a slice.
struct CompressedFrame {
  let file: DICOMFile
  let bytes: OwnedBytes
  /// Where the fragments lie in the bytes.
  let parts: [Range<Int>]

  /// The properties that frames have in common if they are decoded together.
  struct Layout: Hashable {
    let syntax: TransferSyntax
    let bitsAllocated: Int
    let bitsStored: Int
    let highBit: Int
    let isSigned: Bool
  }

  var layout: Layout {
    let encoding = file.encoding
    return Layout(
      syntax: file.transferSyntax, bitsAllocated: encoding.bitsAllocated,
      bitsStored: encoding.bitsStored, highBit: encoding.highBit, isSigned: encoding.isSigned)
  }
}

/// Frames that wait to be decoded together by one or several processes.
///
/// Starting a process costs as much time as decoding a frame, so many frames share one. The number of
/// bytes that wait is bounded.
struct CompressedFrames {
  /// A frame, and the plane of the volume that it becomes.
  typealias Member = (frame: CompressedFrame, slice: Int)

  private(set) var members: [Member] = []
  private var byteCount = 0
  /// How many bytes of files are held at most, beside the last one.
  private static let mostBytes = 64 << 20

  /// Whether a frame can be decoded along with those that wait.
  func takes(_ frame: CompressedFrame) -> Bool {
    guard let first = members.first?.frame else { return true }
    return byteCount < Self.mostBytes && first.layout == frame.layout
  }

  mutating func append(_ frame: CompressedFrame, slice: Int) {
    // Frames of one file follow each other and share its bytes.
    if members.last?.frame.bytes !== frame.bytes { byteCount += frame.bytes.memory.count }
    members.append((frame, slice))
  }

  /// Decodes the frames in their order; `use` may change the samples, which are in this machine's
  /// byte order and gone when it returns.
  ///
  /// - Throws: `DICOMError` that names the first file that cannot be decoded.
  func decode(
    rows: Int, columns: Int, workers: Int,
    _ use: (Member, UnsafeMutableRawBufferPointer) throws -> Void
  ) throws {
    guard let layout = members.first?.frame.layout else { return }
    var frame = cgdcm_frame(
      columns: UInt32(columns), rows: UInt32(rows), bits_allocated: UInt16(layout.bitsAllocated),
      bits_stored: UInt16(layout.bitsStored), high_bit: UInt16(layout.highBit),
      pixel_representation: layout.isSigned ? 1 : 0)
    let parts = members.flatMap { member in
      member.frame.parts.map { UnsafeRawBufferPointer(rebasing: member.frame.bytes.memory[$0]) }
    }
    var decoding: OpaquePointer?
    var message: UnsafeMutablePointer<CChar>?
    // The members hold the bytes until this returns.
    let begun = cgdcm_decode(
      layout.syntax.uid, &frame, parts.map(\.baseAddress), parts.map(\.count),
      members.map(\.frame.parts.count), members.count, workers, &decoding, &message)
    defer { if let decoding { cgdcm_stop(decoding) } }
    guard begun == 1 else { throw Self.error(members[0], message) }
    let size = rows * columns * layout.bitsAllocated / 8
    for member in members {
      var samples: UnsafeMutableRawPointer?
      guard cgdcm_next(decoding, &samples, &message) == 1 else {
        throw Self.error(member, message)
      }
      try use(member, UnsafeMutableRawBufferPointer(start: samples, count: size))
    }
  }

  /// The error of a file; frees the message.
  private static func error(
    _ member: Member, _ message: UnsafeMutablePointer<CChar>?
  ) -> DICOMError {
    defer { cgdcm_free(message) }
    return DICOMError(
      .damaged, file: member.frame.file.url.path,
      detail: message.map { String(cString: $0) } ?? "its pixels cannot be decoded")
  }
}
