// SPDX-License-Identifier: Apache-2.0

/// An action that a reading cannot take, as a sentence for the reader.
package struct ReviewError: Error, Sendable, CustomStringConvertible, Hashable {
  /// The kind of obstacle.
  package enum Code: String, Sendable {
    /// There is nothing to act on, or the numbers are no place of the scan.
    case nothing
    /// The lesion is locked.
    case locked
    /// A reason is needed.
    case reason
    /// The reading cannot be signed as it is.
    case unsigned
  }

  /// The kind of obstacle.
  package let code: Code
  /// What is wrong and what to do.
  package let description: String

  /// An obstacle as a sentence.
  package init(_ code: Code, _ sentence: String) {
    self.code = code
    description = sentence
  }
}
