// SPDX-License-Identifier: Apache-2.0
@_exported public import Errors

/// A data set, a plan or a preprocessed case is not what nnU-Net's rules ask for.
public struct NNUNetError: SubjectError, Sendable, Hashable {
  /// What kind of thing is wrong.
  public enum Code: Sendable, Hashable {
    /// dataset.json, or the folder it describes.
    case dataset
    /// The intensities or the shapes of the training cases cannot be summarised.
    case fingerprint
    /// A plans file or a configuration.
    case plans
    /// An image or a label map.
    case image
    /// A preprocessed case on disk.
    case storage
    /// The folds of the cross-validation.
    case splits
    /// A prediction that cannot be written back onto the original grid.
    case export
    /// What is done to label maps after the network.
    case postProcessing
  }

  /// What kind of thing is wrong.
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
