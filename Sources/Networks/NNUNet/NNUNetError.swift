// SPDX-License-Identifier: Apache-2.0
@_exported public import Errors

/// A data set, a plan, an image or a preprocessed case that breaks one of nnU-Net's rules.
public struct NNUNetError: SubjectError, Sendable, Hashable {
  /// The kinds of thing that may be wrong.
  public enum Code: Sendable, Hashable {
    /// dataset.json, or the folder it describes.
    case dataset
    /// The fingerprint of the training cases.
    case fingerprint
    /// A plans file or a configuration.
    case plans
    /// An image or a label map.
    case image
    /// A preprocessed case on disk.
    case storage
    /// The folds of the cross-validation.
    case splits
    /// A prediction that cannot be brought back onto the original grid.
    case export
    /// The post-processing of label maps.
    case postProcessing
  }

  /// The kind of thing that is wrong.
  public let code: Code
  /// The file, case or configuration.
  public let subject: String
  /// What was wrong and what to do.
  public let detail: String

  /// An error about a subject.
  public init(_ code: Code, _ subject: String, _ detail: String) {
    self.code = code
    self.subject = subject
    self.detail = detail
  }
}
