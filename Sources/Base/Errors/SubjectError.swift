// SPDX-License-Identifier: Apache-2.0

/// An error that says what kind of failure it was, what it is about, and what to do.
///
/// Most modules report their failures by one error type of this form. Programs compare the code,
/// people read the description, which is "subject: detail".
///
/// ```swift
/// do {
///   let ct = try NIfTIFile.read(url, as: Int16.self)
/// } catch let error as NIfTIError where error.code == .truncated {
///   print(error)
///   // scan.nii: is truncated: 12 of 400 bytes are missing; copy or export the file again
/// }
/// ```
public protocol SubjectError: Error, CustomStringConvertible {
  /// The kinds of failure that callers may want to tell apart.
  associatedtype Code: Sendable
  /// What kind of failure it was.
  var code: Code { get }
  /// What the error is about, for example a file, a folder or an option.
  var subject: String { get }
  /// What was wrong and what to do.
  var detail: String { get }
}

extension SubjectError {
  /// The subject and the sentence about it.
  public var description: String { "\(subject): \(detail)" }
}
