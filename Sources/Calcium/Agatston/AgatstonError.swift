// SPDX-License-Identifier: Apache-2.0
@_exported public import Errors

/// A study cannot be scored as it was asked for.
public struct AgatstonError: SubjectError, Sendable {
  /// What kind of obstacle it was.
  public enum Code: Sendable {
    /// The thresholds do not hold at the scan's tube voltage.
    case tubeVoltage
    /// The grid cannot carry areas and volumes, or its slices are not axial.
    case geometry
    /// A mask holds a value that is no artery.
    case label
    /// An option lies outside its range, or a name is unknown.
    case option
  }

  /// What kind of obstacle it was.
  public let code: Code
  /// What it is about, for example "mask" or "tube voltage".
  public let subject: String
  /// What was wrong and what to do.
  public let detail: String

  /// An error about a subject.
  public init(_ code: Code, subject: String, detail: String) {
    self.code = code
    self.subject = subject
    self.detail = detail
  }
}
