// SPDX-License-Identifier: Apache-2.0
@_exported public import Errors

#if canImport(Glibc)
  import Glibc
#elseif canImport(Musl)
  import Musl
#else
  import Darwin
#endif

/// A file or folder could not be read or written.
public struct FileError: SubjectError, Sendable {
  /// What kind of failure it was.
  public enum Code: Sendable {
    /// Nothing is there.
    case missing
    /// The rights do not suffice, or the file system is read-only.
    case denied
    /// The disk or the quota is full.
    case full
    /// Another process is at work there.
    case busy
    /// The file's content is not what its place promises.
    case invalid
    /// Anything else that the system reports.
    case system
  }

  /// What kind of failure it was.
  public let code: Code
  /// The file or folder.
  public let path: String
  /// What was wrong and what to do.
  public let detail: String

  /// An error about a path.
  public init(_ code: Code, path: String, detail: String) {
    self.code = code
    self.path = path
    self.detail = detail
  }

  /// The path.
  public var subject: String { path }

  /// The error that the system just reported in `errno`, while doing something to a path.
  public static func system(_ number: Int32, path: String, doing verb: String) -> FileError {
    switch number {
    case ENOENT, ENOTDIR:
      FileError(.missing, path: path, detail: "cannot \(verb): no such file or folder")
    case EACCES, EPERM:
      FileError(.denied, path: path, detail: "cannot \(verb): permission denied; check the rights")
    case EROFS:
      FileError(.denied, path: path, detail: "cannot \(verb): the file system is read-only")
    case ENOSPC, EDQUOT:
      FileError(.full, path: path, detail: "cannot \(verb): the disk is full; free some space")
    default:
      FileError(.system, path: path, detail: "cannot \(verb): \(String(cString: strerror(number)))")
    }
  }
}
