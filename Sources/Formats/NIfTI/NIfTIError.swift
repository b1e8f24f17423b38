// SPDX-License-Identifier: Apache-2.0
@_exported public import Errors

/// A NIfTI file holds something else than was asked for, or a volume cannot be written as NIfTI.
///
/// Files that are missing or may not be read are a `FileError`.
public struct NIfTIError: SubjectError, Sendable {
  /// What kind of failure it was.
  public enum Code: Sendable {
    /// The file is no NIfTI-1 file, or its header contradicts itself.
    case notNIfTI
    /// The file ends before its voxels do, or its compressed bytes are damaged.
    case truncated
    /// The file holds more bytes than its header explains.
    case trailing
    /// A valid file of a kind that this project does not read or write.
    case unsupported
    /// Spacing, origin or directions that describe no grid in the patient.
    case geometry
    /// A voxel that the wanted element type cannot hold.
    case value
  }

  /// What kind of failure it was.
  public let code: Code
  /// The file.
  public let path: String
  /// What was wrong and what to do.
  public let detail: String

  /// An error about a file.
  public init(_ code: Code, path: String, detail: String) {
    self.code = code
    self.path = path
    self.detail = detail
  }

  /// The path.
  public var subject: String { path }
}
