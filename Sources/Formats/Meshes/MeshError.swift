// SPDX-License-Identifier: Apache-2.0
@_exported public import Errors

/// A file holds no mesh, or one that cannot be read.
///
/// Files that are missing or may not be read are a `FileError`, damaged archives a `ZipError`.
public struct MeshError: SubjectError, Hashable, Sendable {
  /// What kind of failure it was.
  public enum Code: Sendable {
    /// The file is of another format, or its content contradicts itself.
    case invalid
    /// The file ends before its content does.
    case truncated
    /// A valid file of a kind that this project does not read.
    case unsupported
    /// An archive holds no mesh of the name.
    case missing
  }

  /// What kind of failure it was.
  public let code: Code
  /// The file, or the name that its bytes were given.
  public let subject: String
  /// What was wrong and what to do.
  public let detail: String

  /// An error about a file.
  public init(_ code: Code, subject: String, detail: String) {
    self.code = code
    self.subject = subject
    self.detail = detail
  }
}
