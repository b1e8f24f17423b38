// SPDX-License-Identifier: Apache-2.0
import Files
import Foundation

/// A file that is open for its pixels; the frames of one file are read from it in turn.
final class PixelFile {
  let url: URL
  private let reader: FileReader
  /// All bytes of a file with compressed pixels, and their fragments.
  private var compressed: (bytes: OwnedBytes, fragments: Fragments)?

  /// The part of a slice that the file holds.
  struct Part {
    /// How many bytes of decoded pixels.
    let count: Int
    /// How many bytes the file lacks: of the pixels, or of compressed ones.
    let missingByteCount: Int
    /// The compressed pixels, from which those bytes are to be decoded.
    var frame: CompressedFrame?
  }

  /// Opens the file of a slice.
  ///
  /// - Throws: `DICOMError` if it changed since its header was read.
  init(_ file: DICOMFile) throws {
    url = file.url
    reader = try FileReader(file.url)
    guard reader.state == file.state else {
      throw DICOMError(
        .changed, file: file.url.path,
        detail: "changed after the folder was looked through; read the folder again")
    }
    guard let start = file.deflatedFrom else { return }
    do {
      try reader.inflate(from: start)
    } catch let fault as DataSet.Fault {
      throw fault.error(path: url.path)
    }
  }

  /// Reads the pixels of a slice as they are stored: uncompressed ones in the order of the file
  /// into the words, compressed ones as they are.
  func read(_ file: DICOMFile, into words: UnsafeMutableRawBufferPointer) throws -> Part {
    switch file.pixels {
    case .native(let start, let length):
      let wanted = UnsafeMutableRawBufferPointer(rebasing: words[..<min(length, words.count)])
      let count = try reader.read(into: wanted, at: start)
      return Part(count: count, missingByteCount: words.count - count)
    case .fragments(let start):
      let (bytes, fragments) = try open(from: start)
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
      // Without the sequence delimitation item, fragments of the only frame may be missing.
      return Part(
        count: words.count,
        missingByteCount: file.frameCount == 1 ? fragments.missingByteCount : 0,
        frame: CompressedFrame(file: file, bytes: bytes, parts: parts))
    }
  }

  private func open(from start: Int) throws -> (bytes: OwnedBytes, fragments: Fragments) {
    if let compressed { return compressed }
    let bytes = try reader.allBytes()
    do {
      let fragments = try Fragments(bytes.memory, from: start)
      compressed = (bytes, fragments)
      return (bytes, fragments)
    } catch {
      throw error.error(path: url.path)
    }
  }
}

extension DataSet.Fault {
  /// The fault as an error about a file.
  func error(path: String) -> DICOMError {
    switch self {
    case .damaged(let reason): DICOMError(.damaged, file: path, detail: reason)
    case .unsupported(let reason): DICOMError(.unsupported, file: path, detail: reason)
    case .notDICOM, .needsMore, .deflated:
      DICOMError(.damaged, file: path, detail: "is truncated")
    }
  }
}
