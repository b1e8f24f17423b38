// SPDX-License-Identifier: Apache-2.0
@_exported public import Errors

/// A stage, a sample, a training or a file of weights that is impossible as requested.
public struct StagesError: SubjectError, Sendable, Equatable {
  /// The kinds of failure.
  public enum Code: Sendable {
    /// The design of a stage contradicts itself.
    case design
    /// A scan or a sample does not fit the stage.
    case input
    /// The loss or a gradient is not finite.
    case diverged
    /// A stored training does not fit the one that shall go on.
    case state
    /// A file does not hold the weights of this kind of stage.
    case file
  }

  /// The kind of failure.
  public let code: Code
  /// The field, the sample, the step or the file.
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
