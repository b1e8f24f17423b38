// SPDX-License-Identifier: Apache-2.0
import CTorchAPI
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
    /// The processor's or the graphics card's memory did not suffice for an operation.
    case memory
    /// The processes of a group did not come together, or one of them did not answer the others.
    case group
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

  /// The error in a message of the library, "add: [2] float32, [3] float32: …", of a kind in
  /// CTorchAPI.h.
  init(message: String, kind: Int32 = Int32(CT_FAILED)) {
    let code: Code =
      switch kind {
      case Int32(CT_OUT_OF_MEMORY): .memory
      case Int32(CT_GROUP_FAILED): .group
      default: .operation
      }
    if let colon = message.firstRange(of: ": ") {
      self.init(
        code, subject: String(message[..<colon.lowerBound]),
        detail: String(message[colon.upperBound...]))
    } else {
      self.init(code, subject: "libtorch", detail: message)
    }
  }
}
