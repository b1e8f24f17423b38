// SPDX-License-Identifier: Apache-2.0
@_exported public import Errors

/// A file is no zip archive, or holds a part that cannot be read or is refused.
public struct ZipError: SubjectError, Hashable, Sendable {
  /// What kind of failure it was.
  public enum Code: Sendable {
    /// The bytes are no zip archive, or its directory is cut off; the detail is libzip's.
    case notAnArchive
    /// A part, or the directory of parts, is damaged.
    case damaged
    /// A part is encrypted, of an unknown kind, twice there, or would fill the memory.
    case refused
  }

  /// What kind of failure it was.
  public let code: Code
  /// The archive.
  public let subject: String
  /// What was wrong and what to do.
  public let detail: String

  /// An error about an archive.
  public init(_ code: Code, subject: String, detail: String) {
    self.code = code
    self.subject = subject
    self.detail = detail
  }
}
