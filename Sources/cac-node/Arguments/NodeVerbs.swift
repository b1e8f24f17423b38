// SPDX-License-Identifier: Apache-2.0
import Files
import Foundation
import Synchronization
import Workflow

#if canImport(Glibc)
  import Glibc
#elseif canImport(Musl)
  import Musl
#else
  import Darwin
#endif

/// What needs the node's program: its server, its queue, or HTTP.
package enum NodeVerb: Sendable {
  case listen(ListenServe)
  case status(ListenStatus)
  case retry(ListenRetry)
  case send(SendCommand)
  case fetch(FetchCommand)
}

/// Does what a verb says: by the handler that `cac-node` sets, or, in `cac`, by running the program `cac-node`
/// that lies beside it.
package enum NodeVerbs {
  /// What does a verb.
  package typealias Handler = @Sendable (NodeVerb) async throws -> Void

  private static let handler = Mutex<Handler?>(nil)

  /// Sets what does the verbs in this process.
  package static func handle(_ body: @escaping Handler) { handler.withLock { $0 = body } }

  /// Does a verb.
  static func run(_ verb: NodeVerb) async throws {
    if let body = handler.withLock({ $0 }) { return try await body(verb) }
    try becomeSibling()
  }

  /// Runs `cac-node` in the place of this process, with the same arguments.
  ///
  /// - Throws: `WorkflowError` where it does not lie beside `cac`.
  private static func becomeSibling() throws {
    let folder = Bundle.main.executableURL?.resolvingSymlinksInPath().deletingLastPathComponent()
    let program = folder?.appendingPathComponent("cac-node")
    guard let program, Folder.isFile(program) else {
      throw WorkflowError(
        .missing,
        "\(folder?.path ?? "."): holds no cac-node, the program of the DICOM node, which lies beside cac; "
          + "build it with: swift build -c release --product cac-node")
    }
    // The bytes as they were given: a path need not be UTF-8.
    var arguments: [UnsafeMutablePointer<CChar>?] = [strdup(program.path)]
    for index in 1..<max(1, Int(CommandLine.argc)) {
      arguments.append(CommandLine.unsafeArgv[index])
    }
    arguments.append(nil)
    execv(program.path, arguments)
    throw WorkflowError(
      .program, "\(program.path): cannot be run (\(String(cString: strerror(errno))))")
  }
}
