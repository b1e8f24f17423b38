// SPDX-License-Identifier: Apache-2.0
import Foundation

#if canImport(Glibc)
  import Glibc
#elseif canImport(Musl)
  import Musl
#else
  import Darwin
#endif

/// Reads a whole file into memory that is there already; the number of bytes.
///
/// The least that any reader must do: after the first time the bytes come from the page cache.
func readPlainly(_ url: URL, into buffer: UnsafeMutableRawBufferPointer) throws -> Int {
  let descriptor = open(url.path, O_RDONLY | O_CLOEXEC)
  guard descriptor >= 0 else { throw CocoaError(.fileReadNoPermission) }
  defer { close(descriptor) }
  var done = 0
  while done < buffer.count {
    let count = read(descriptor, buffer.baseAddress?.advanced(by: done), buffer.count - done)
    if count < 0, errno == EINTR { continue }
    guard count >= 0 else { throw CocoaError(.fileReadUnknown) }
    if count == 0 { break }
    done += count
  }
  return done
}
