// SPDX-License-Identifier: Apache-2.0
@_exported public import Errors

/// Something that libtorch, or the way to it, could not do.
public struct TorchError: SubjectError, Sendable, Equatable {
  /// What kind of failure it was.
  public enum Code: Sendable {
    /// libcac-torch.so or libtorch is not there, or does not fit this program.
    case library
    /// The device that was asked for is not there.
    case device
    /// An operation refused its inputs.
    case operation
    /// A file does not hold the tensors that were expected.
    case file
  }

  /// What kind of failure it was.
  public let code: Code
  /// The operation, the device or the file.
  public let subject: String
  /// The shapes where there are some, what was wrong and what to do.
  public let detail: String

  /// An error about a subject.
  public init(_ code: Code, subject: String, detail: String) {
    self.code = code
    self.subject = subject
    self.detail = detail
  }

  /// The error in a message of the library, "add: [2] float32, [3] float32: …".
  init(message: String) {
    if let colon = message.firstRange(of: ": ") {
      self.init(
        .operation, subject: String(message[..<colon.lowerBound]),
        detail: String(message[colon.upperBound...]))
    } else {
      self.init(.operation, subject: "libtorch", detail: message)
    }
  }
}
