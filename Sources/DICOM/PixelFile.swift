// SPDX-License-Identifier: Apache-2.0
import CGDCM
import Foundation

/// A file that is open for its pixels; the frames of one file are read from it in turn.
final class PixelFile {
  let url: URL
  private let reader: FileReader
  /// All bytes of a file with compressed pixels, and their fragments.
  private var compressed: (bytes: [UInt8], fragments: Fragments)?

  /// What there is of a slice.
  struct Part {
    /// How many bytes of decoded pixels.
    let count: Int
    /// How many bytes the file lacks: of the pixels, or of compressed ones.
    let missingByteCount: Int
  }

  /// Opens the file of a slice.
  ///
  /// - Throws: `DICOMError` if it changed since its header was read.
  init(_ file: DICOMFile) throws {
    url = file.url
    reader = try FileReader(file.url)
    guard reader.stamp == file.stamp else {
      throw DICOMError(
        .changed, subject: file.url.path,
        detail: "changed after the folder was looked through; read the folder again")
    }
    guard let start = file.deflatedFrom else { return }
    do {
      try reader.inflate(from: start)
    } catch let fault as DataSet.Fault {
      throw fault.error(path: url.path)
    }
  }

  /// Reads the pixels of a slice as they are stored, uncompressed ones in the order of the file.
  func read(
    _ file: DICOMFile, rows: Int, columns: Int, into words: UnsafeMutableRawBufferPointer
  ) throws -> Part {
    switch file.pixels {
    case .native(let start, let length):
      let wanted = UnsafeMutableRawBufferPointer(rebasing: words[..<min(length, words.count)])
      let count = try reader.read(into: wanted, at: start)
      return Part(count: count, missingByteCount: words.count - count)
    case .fragments(let start):
      let (bytes, fragments) = try open(from: start)
      return try bytes.withUnsafeBytes { bytes in
        let parts: [Range<Int>]?
        do throws(DataSet.Fault) {
          parts = try fragments.parts(ofFrame: file.frame, of: file.frameCount)
        } catch {
          throw error.error(path: url.path)
        }
        // No decoder tells how much of a stream that was cut it could make sense of.
        guard let parts, !fragments.isShort(parts) else {
          return Part(count: 0, missingByteCount: fragments.missingByteCount)
        }
        try decode(
          parts.map { UnsafeRawBufferPointer(rebasing: bytes[$0]) }, file, rows, columns, words)
        // Without the mark at the end, fragments of the only frame may be missing.
        return Part(
          count: words.count,
          missingByteCount: file.frameCount == 1 ? fragments.missingByteCount : 0)
      }
    }
  }

  private func open(from start: Int) throws -> (bytes: [UInt8], fragments: Fragments) {
    if let compressed { return compressed }
    let bytes = try reader.beginning(reader.size)
    do {
      let fragments = try bytes.withUnsafeBytes { try Fragments($0, from: start) }
      compressed = (bytes, fragments)
      return (bytes, fragments)
    } catch let fault as DataSet.Fault {
      throw fault.error(path: url.path)
    }
  }

  private func decode(
    _ parts: [UnsafeRawBufferPointer], _ file: DICOMFile, _ rows: Int, _ columns: Int,
    _ words: UnsafeMutableRawBufferPointer
  ) throws(DICOMError) {
    var frame = cgdcm_frame(
      columns: UInt32(columns), rows: UInt32(rows),
      bits_allocated: UInt16(file.encoding.bitsAllocated),
      bits_stored: UInt16(file.encoding.bitsStored), high_bit: UInt16(file.encoding.highBit),
      pixel_representation: file.encoding.isSigned ? 1 : 0)
    var message: UnsafeMutablePointer<CChar>?
    let done = cgdcm_decode(
      file.transferSyntax.uid, &frame, parts.map(\.baseAddress), parts.map(\.count), parts.count,
      words.baseAddress, words.count, &message)
    defer { cgdcm_free(message) }
    guard done == 1 else {
      throw DICOMError(
        .damaged, subject: url.path,
        detail: message.map { String(cString: $0) } ?? "its pixels cannot be decoded")
    }
  }
}

extension DataSet.Fault {
  /// The fault as an error about a file.
  func error(path: String) -> DICOMError {
    switch self {
    case .damaged(let reason): DICOMError(.damaged, subject: path, detail: reason)
    case .unsupported(let reason): DICOMError(.unsupported, subject: path, detail: reason)
    case .notDICOM, .needsMore, .deflated:
      DICOMError(.damaged, subject: path, detail: "is truncated")
    }
  }
}
