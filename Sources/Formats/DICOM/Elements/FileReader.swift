// SPDX-License-Identifier: Apache-2.0
import Files
import Foundation

#if canImport(Glibc)
  import Glibc
#elseif canImport(Musl)
  import Musl
#else
  import Darwin
#endif

/// An open file whose bytes are read from any offset.
///
/// After `inflate` it reads as if the file held the inflated bytes.
final class FileReader {
  let path: String
  /// The file as it was when it was opened.
  let state: FileState
  private let descriptor: Int32
  private var inflated: [UInt8]?

  init(_ url: URL) throws(FileError) {
    path = url.path
    descriptor = url.withSystemPath { open($0, O_RDONLY | O_CLOEXEC) }
    guard descriptor >= 0 else {
      throw FileError.system(errno, path: url.path, doing: "read this file")
    }
    guard let state = FileState(descriptor: descriptor) else {
      let reason = errno
      close(descriptor)
      throw FileError.system(reason, path: url.path, doing: "read this file")
    }
    self.state = state
  }

  deinit { close(descriptor) }

  /// How many bytes there are to be read.
  var size: Int { inflated?.count ?? state.size }
  var isInflated: Bool { inflated != nil }

  /// Inflates the bytes from an offset on; those before it stay as they are.
  func inflate(from start: Int) throws {
    let bytes = try beginning(state.size)
    inflated = try bytes.withUnsafeBytes { bytes in
      try Inflate.inflate(
        UnsafeRawBufferPointer(rebasing: bytes[start...]), after: Array(bytes[..<start]))
    }
  }

  /// Fills a buffer from an offset; returns how many bytes the file had.
  func read(into buffer: UnsafeMutableRawBufferPointer, at offset: Int) throws(FileError) -> Int {
    var done = 0
    if let inflated {
      guard offset < inflated.count else { return 0 }
      let part = inflated[offset..<min(offset + buffer.count, inflated.count)]
      UnsafeMutableRawBufferPointer(rebasing: buffer[..<part.count]).copyBytes(from: part)
      return part.count
    }
    while done < buffer.count {
      let rest = UnsafeMutableRawBufferPointer(rebasing: buffer[done...])
      let count = pread(descriptor, rest.baseAddress, rest.count, off_t(offset + done))
      if count == 0 { break }
      if count < 0 {
        if errno == EINTR { continue }
        throw FileError.system(errno, path: path, doing: "read this file")
      }
      done += count
    }
    return done
  }

  /// All bytes, in memory that stays where it is.
  func allBytes() throws(FileError) -> OwnedBytes {
    try OwnedBytes(capacity: size) { memory throws(FileError) in try read(into: memory, at: 0) }
  }

  /// The first bytes of the file, fewer where it is shorter.
  func beginning(_ count: Int) throws(FileError) -> [UInt8] {
    var failure: FileError?
    let bytes = [UInt8](unsafeUninitializedCapacity: min(count, size)) { out, made in
      do throws(FileError) {
        made = try read(into: UnsafeMutableRawBufferPointer(out), at: 0)
      } catch { failure = error }
    }
    if let failure { throw failure }
    return bytes
  }
}
