// SPDX-License-Identifier: Apache-2.0
import CTorchAPI
import Foundation

/// The table of operations of libcac-torch.so, which is opened on first use.
///
/// `@unchecked Sendable`: the table is constant, and the library that holds it is never unloaded.
struct Library: @unchecked Sendable {
  /// The operations.
  let table: UnsafePointer<ct_api>

  /// The address at which a failed operation leaves its message.
  typealias Message = UnsafeMutablePointer<UnsafeMutablePointer<CChar>?>

  private static let opened: Result<Library, any Error> = Result { try open(.ofThisProcess()) }

  /// The library of this process, or the reason why there is none.
  static func shared() throws -> Library { try opened.get() }

  /// Opens the first library that a search finds.
  static func open(_ search: LibrarySearch) throws -> Library {
    let path = try search.found()
    // OpenMP reads this variable when it is loaded. Its threads would otherwise spin at every
    // barrier, which slows a training step by a factor of three and more on a machine that has
    // other work.
    setenv("OMP_WAIT_POLICY", "passive", 0)
    var message = [CChar](repeating: 0, count: 2048)
    guard let table = ct_open(path, &message, message.count) else {
      let reason = message.withUnsafeBufferPointer { text in
        String(decoding: text.prefix { $0 != 0 }.map { UInt8(bitPattern: $0) }, as: UTF8.self)
      }
      throw TorchError(
        .library, subject: path,
        detail: "cannot be used: \(reason); run scripts/setup to build it anew")
    }
    return Library(table: table)
  }

  /// Calls an operation and turns its message into an error.
  ///
  /// Never inlined, so that the closure keeps the tensors whose handles it reads alive through the
  /// call.
  @inline(never)
  func call<Value>(_ body: (borrowing ct_api, Message) -> Value) throws -> Value {
    var message: UnsafeMutablePointer<CChar>?
    let value = body(table.pointee, &message)
    if let message {
      defer { table.pointee.free_string(message) }
      throw TorchError(message: String(cString: message), kind: table.pointee.failure_kind())
    }
    return value
  }

  /// Calls an operation that makes a tensor.
  func make(_ body: (borrowing ct_api, Message) -> OpaquePointer?) throws -> Tensor {
    guard let handle = try call(body) else {
      throw TorchError(.operation, subject: "libtorch", detail: "an operation gave no tensor")
    }
    return Tensor(handle: handle, library: self)
  }
}
