// SPDX-License-Identifier: Apache-2.0

/// An error that says what kind of failure it was, what it is about, and what to do.
///
/// Each module has one error type of this form. Programs compare the code, people read the
/// description, which is "subject: detail".
///
/// ```swift
/// do {
///   let (ct, _) = try NIfTIFile.read(url, as: Int16.self)
/// } catch let error as NIfTIError where error.code == .truncated {
///   print(error)  // "scan.nii.gz: ends after 1,024 of 524,288 voxel bytes; copy the file again"
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
