// SPDX-License-Identifier: Apache-2.0
@_exported public import Errors

/// A figure could not be drawn or written.
public struct FigureError: SubjectError, Sendable {
  /// What kind of failure it was.
  public enum Code: Sendable {
    /// The picture would be empty or larger than the drawing library can hold.
    case size
    /// The data do not fit together, or a slice or box lies outside the volume.
    case input
    /// The drawing library reports a failure.
    case drawing
    /// A file's ending names no format that figures are written in.
    case format
  }

  /// What kind of failure it was.
  public let code: Code
  /// The figure or the file.
  public let subject: String
  /// What was wrong and what to do.
  public let detail: String

  /// An error about a figure or a file.
  public init(_ code: Code, subject: String, detail: String) {
    self.code = code
    self.subject = subject
    self.detail = detail
  }
}
