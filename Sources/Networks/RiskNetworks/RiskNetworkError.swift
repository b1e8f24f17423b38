// SPDX-License-Identifier: Apache-2.0
@_exported public import Errors

/// A network of risk, a sample, a training or a file of it that is impossible as requested.
public struct RiskNetworkError: SubjectError, Sendable, Equatable {
  /// The kinds of failure.
  public enum Code: Sendable {
    /// No such network can be built.
    case design
    /// A sample does not fit the network, or nothing can be learned from the samples.
    case input
    /// The loss or a gradient is not finite.
    case diverged
    /// A stored training does not fit the one that shall go on.
    case state
  }

  /// The kind of failure.
  public let code: Code
  /// The field, the subject, the step or the file.
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
