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

/// An open file whose bytes are read where they are wanted.
///
/// After `inflate` it reads as if the file held the inflated bytes.
final class FileReader {
  let path: String
  let stamp: FileStamp
  private let descriptor: Int32
  private var inflated: [UInt8]?

  init(_ url: URL) throws(FileError) {
    path = url.path
    descriptor = open(url.path, O_RDONLY | O_CLOEXEC)
    guard descriptor >= 0 else {
      throw FileError.system(errno, path: url.path, doing: "read this file")
    }
    var status = stat()
    guard fstat(descriptor, &status) == 0 else {
      stamp = FileStamp(size: 0, seconds: 0, nanoseconds: 0)
      throw FileError.system(errno, path: url.path, doing: "read this file")
    }
    #if canImport(Darwin)
      let time = status.st_mtimespec
    #else
      let time = status.st_mtim
    #endif
    stamp = FileStamp(
      size: Int(status.st_size), seconds: Int(time.tv_sec), nanoseconds: Int(time.tv_nsec))
  }

  deinit { close(descriptor) }

  /// How many bytes there are to be read.
  var size: Int { inflated?.count ?? stamp.size }
  var isInflated: Bool { inflated != nil }

  /// Inflates what follows a byte; the bytes before stay.
  func inflate(from start: Int) throws {
    let bytes = try beginning(stamp.size)
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
