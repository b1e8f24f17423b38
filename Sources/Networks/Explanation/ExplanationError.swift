// SPDX-License-Identifier: Apache-2.0
@_exported public import Errors

/// An explanation that cannot be made as requested.
public struct ExplanationError: SubjectError, Sendable, Equatable {
  /// The kinds of failure.
  public enum Code: Sendable {
    /// The network has no stage of that name.
    case layer
    /// The network cannot be looked into.
    case network
    /// There is nothing to explain.
    case target
  }

  /// The kind of failure.
  public let code: Code
  /// The stage, the target or the study.
  public let subject: String
  /// What was wrong and what was expected.
  public let detail: String

  /// An error about a subject.
  public init(_ code: Code, subject: String, detail: String) {
    self.code = code
    self.subject = subject
    self.detail = detail
  }
}
