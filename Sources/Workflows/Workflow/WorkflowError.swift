// SPDX-License-Identifier: Apache-2.0

/// Work that cannot be done, as one sentence: what, where, what to do.
package struct WorkflowError: Error, Sendable, CustomStringConvertible {
  /// The sentence.
  package let description: String

  package init(_ sentence: String) { description = sentence }
}

/// A subject that a run left out, and why.
package struct LeftOut: Error, Sendable, Codable, Hashable, CustomStringConvertible {
  /// The subject.
  package let subject: String
  /// The reason, a sentence.
  package let reason: String

  package init(subject: String, reason: String) {
    self.subject = subject
    self.reason = reason
  }

  /// Subject and reason.
  package var description: String { "\(subject): \(reason)" }
}
