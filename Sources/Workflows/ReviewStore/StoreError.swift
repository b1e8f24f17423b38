// SPDX-License-Identifier: Apache-2.0

/// A store that cannot do what was asked, as a sentence: what, where, what to do.
package struct StoreError: Error, Sendable, CustomStringConvertible {
  /// The kind of obstacle.
  package enum Code: String, Sendable {
    /// The file is no store, or of a newer program.
    case unreadable
    /// The disk is full, or the file cannot be written.
    case unwritable
    /// Someone else changed the reading since.
    case stale
    /// The account or the reading does not exist, or exists already.
    case unknown
    /// The role does not allow it, the password is wrong, or it was tried too often.
    case refused
    /// The trail was tampered with.
    case broken
  }

  /// The kind of obstacle.
  package let code: Code
  /// The sentence.
  package let description: String

  package init(_ code: Code, _ sentence: String) {
    self.code = code
    description = sentence
  }
}
