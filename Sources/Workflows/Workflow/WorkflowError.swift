// SPDX-License-Identifier: Apache-2.0

/// Work that cannot be done, as one sentence: what is wrong, where, and what to do.
///
/// Callers that handle failures differently read the code, never the sentence.
///
/// ```swift
/// guard Folder.isFolder(url) else {
///   throw WorkflowError(.missing, "\(url.path): no such folder")
/// }
/// ```
package struct WorkflowError: Error, Sendable, CustomStringConvertible {
  /// The kind of failure.
  package enum Code: Sendable {
    /// A file, a folder, a model or a table row that is needed does not exist.
    case missing
    /// The input contradicts itself, is of the wrong kind, or cannot be read.
    case invalid
    /// The work would replace or mix what must not be: other settings, other folds, a number in
    /// use.
    case refused
    /// The memory does not suffice.
    case notEnoughMemory
    /// The disk does not suffice.
    case notEnoughSpace
    /// Another program failed, or said what cannot be understood.
    case program
    /// Every subject was left out.
    case nothingDone
    /// The user, or a batch system, asked the work to stop.
    case stopped
  }

  /// The kind of failure.
  package let code: Code
  /// The sentence for the user.
  package let description: String

  /// A failure of a kind, as a sentence.
  package init(_ code: Code, _ sentence: String) {
    self.code = code
    description = sentence
  }
}

/// A subject that a run left out, and the reason.
package struct LeftOut: Error, Sendable, Codable, Hashable, CustomStringConvertible {
  /// The subject.
  package let subject: String
  /// The reason, a sentence.
  package let reason: String

  /// A subject with the reason, a sentence.
  package init(subject: String, reason: String) {
    self.subject = subject
    self.reason = reason
  }

  /// Subject and reason.
  package var description: String { "\(subject): \(reason)" }

  /// The subjects for a terminal: how many there are, a line for each up to a limit, and the number
  /// of those without a line.
  package static func list(_ leftOut: [LeftOut], limit: Int = 20) -> String {
    let rest = leftOut.count - limit
    return
      (["left out: \(leftOut.count)"] + leftOut.prefix(limit).map { "  \($0)" }
      + (rest > 0 ? ["  … and \(rest) more"] : [])).joined(separator: "\n")
  }
}
