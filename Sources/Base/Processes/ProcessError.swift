// SPDX-License-Identifier: Apache-2.0
@_exported public import Errors

/// A program cannot be run, or cannot be followed while it runs.
///
/// A program that runs and fails is no error: its `ExitStatus` says so.
package struct ProcessError: SubjectError {
  /// What kind of failure it was.
  package enum Code: Sendable {
    /// There is no such program.
    case notFound
    /// It cannot be started, for example because the rights or its folder are missing.
    case notStarted
    /// It wrote more than the limit that the caller set.
    case tooMuchOutput
    /// The system lost track of it.
    case system
  }

  /// What kind of failure it was.
  package let code: Code
  /// The program.
  package let subject: String
  /// What was wrong and what to do.
  package let detail: String

  /// An error about a program.
  package init(_ code: Code, subject: String, detail: String) {
    self.code = code
    self.subject = subject
    self.detail = detail
  }
}

/// How a program ended.
package enum ExitStatus: Hashable, Sendable, CustomStringConvertible {
  /// It ended by itself with a status; 0 means success.
  case exited(Int32)
  /// A signal ended it.
  case signalled(Int32)

  /// Whether it ended by itself with status 0.
  package var isSuccess: Bool { self == .exited(0) }

  /// The end in words: "with status 1", "by signal 9".
  package var description: String {
    switch self {
    case .exited(let status): "with status \(status)"
    case .signalled(let number): "by signal \(number)"
    }
  }
}
