// SPDX-License-Identifier: Apache-2.0
public import Foundation

#if canImport(Glibc)
  import Glibc
#elseif canImport(Musl)
  import Musl
#else
  import Darwin
#endif

/// The size of a file and the time of its last change, by which a change of the file is noticed.
public struct FileState: Hashable, Sendable {
  /// The size in bytes.
  public let size: Int
  /// The time of the last change of its content, in nanoseconds since 1970.
  public let modified: Int64

  /// The state of a regular file, or `nil` where there is none.
  public init?(_ url: URL) {
    var status = stat()
    guard url.withSystemPath({ stat($0, &status) }) == 0, status.st_mode & S_IFMT == S_IFREG else {
      return nil
    }
    self.init(status)
  }

  /// The state of an open file, or `nil` where the system does not give it; `errno` says why.
  public init?(descriptor: Int32) {
    var status = stat()
    guard fstat(descriptor, &status) == 0 else { return nil }
    self.init(status)
  }

  private init(_ status: stat) {
    size = Int(status.st_size)
    #if canImport(Darwin)
      let time = status.st_mtimespec
    #else
      let time = status.st_mtim
    #endif
    modified = Int64(time.tv_sec) &* 1_000_000_000 &+ Int64(time.tv_nsec)
  }
}
