// SPDX-License-Identifier: Apache-2.0
@_exported public import Errors

/// A network, a model or a training that is impossible as requested.
public struct LearningError: SubjectError, Sendable, Equatable {
  /// The kinds of failure.
  public enum Code: Sendable {
    /// The architecture of a network contradicts itself.
    case architecture
    /// An image or a label map does not fit the network.
    case input
    /// Stored parameters do not fit the network.
    case state
    /// The loss is not finite.
    case diverged
    /// A batch does not fit into the memory of this machine.
    case memory
    /// A model folder or a checkpoint is missing or incomplete.
    case model
    /// The request is not supported.
    case unsupported
  }

  /// The kind of failure.
  public let code: Code
  /// The parameter, the field, the file or the input.
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
