// SPDX-License-Identifier: Apache-2.0
@_exported public import Errors

/// A synthetic subject was asked for that cannot be drawn.
public struct PhantomError: SubjectError, Sendable, Equatable {
  /// What was wrong.
  public enum Code: Sendable {
    /// The matrix is too small or too large.
    case matrix
    /// There are too few or too many slices.
    case slices
    /// The ranks leave the range from 0 to 1.
    case ranks
    /// The subject's number is negative.
    case subject
  }

  /// What was wrong.
  public let code: Code
  /// The value that was given.
  public let subject: String
  /// What is expected instead.
  public let detail: String

  /// An error about a value.
  public init(_ code: Code, subject: String, detail: String) {
    self.code = code
    self.subject = subject
    self.detail = detail
  }
}
