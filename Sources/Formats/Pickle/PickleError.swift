// SPDX-License-Identifier: Apache-2.0

/// A pickle is damaged, or asks for something that a file of numbers has no need of.
public struct PickleError: Error, Sendable, Hashable, CustomStringConvertible {
  /// What kind of failure it was.
  public enum Code: Sendable, Hashable {
    /// The bytes are no pickle, or end too early.
    case damaged
    /// It names a function, a class or an instruction that is not allowed.
    case refused
    /// It is larger or deeper than any checkpoint.
    case tooLarge
    /// A value is of another kind than its place asks for.
    case unexpected
  }

  /// What kind of failure it was.
  public let code: Code
  /// What was wrong, a sentence without a subject: "is cut off at byte 7".
  public let detail: String

  /// An error with its sentence.
  public init(_ code: Code, _ detail: String) {
    self.code = code
    self.detail = detail
  }

  /// The sentence.
  public var description: String { detail }
}
