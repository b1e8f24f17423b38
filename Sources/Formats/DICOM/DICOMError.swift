// SPDX-License-Identifier: Apache-2.0
@_exported public import Errors

/// A series of DICOM files cannot be read as a CT volume, or a volume not be written as one.
///
/// Folders that are missing or may not be read are a `FileError`.
public struct DICOMError: SubjectError, Sendable {
  /// What kind of failure it was.
  public enum Code: Sendable {
    /// The folder holds no CT series.
    case noSeries
    /// The folder holds several series where one was expected.
    case severalSeries
    /// No series has the id that was asked for.
    case unknownSeries
    /// Slices are missing between others.
    case gap
    /// Several slices lie at the same position.
    case duplicatePosition
    /// The distances between the slices differ.
    case unevenSpacing
    /// The slices are shifted sideways, as by a tilted gantry.
    case sheared
    /// A file ends before its pixels do.
    case truncated
    /// The header lacks what turns stored values into Hounsfield units.
    case noRescale
    /// The bytes of a file are no valid DICOM, or its pixels cannot be decoded.
    case damaged
    /// A file changed after the folder was looked through.
    case changed
    /// A valid file or volume of a kind that this project does not read or write.
    case unsupported
  }

  /// What kind of failure it was.
  public let code: Code
  /// The file, the folder or the series.
  public let subject: String
  /// What was wrong and what to do.
  public let detail: String
  /// Whether the subject is the path of a single file.
  public let concernsFile: Bool

  /// An error about a folder or a series.
  public init(_ code: Code, subject: String, detail: String) {
    self.code = code
    self.subject = subject
    self.detail = detail
    concernsFile = false
  }

  /// An error about a single file.
  public init(_ code: Code, file path: String, detail: String) {
    self.code = code
    subject = path
    self.detail = detail
    concernsFile = true
  }
}
