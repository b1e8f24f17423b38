// SPDX-License-Identifier: Apache-2.0
import Foundation
import Synchronization
import Workflow

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
    try SiblingProgram("cac-node", "the program of the DICOM node")
      .replaceThisProcess(argumentsFrom: 1)
  }
}
