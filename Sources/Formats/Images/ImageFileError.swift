// SPDX-License-Identifier: Apache-2.0

/// A file holds no image, or one of a kind that is not read or written.
///
/// Files that are missing or may not be read are a `FileError`.
public struct ImageFileError: Error, Sendable, Hashable, CustomStringConvertible {
  /// The file.
  public let path: String
  /// What was wrong and what to do.
  public let detail: String

  /// An error about a file.
  public init(path: String, detail: String) {
    self.path = path
    self.detail = detail
  }

  /// The path and the sentence about it.
  public var description: String { "\(path): \(detail)" }
}
