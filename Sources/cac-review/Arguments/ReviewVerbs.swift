// SPDX-License-Identifier: Apache-2.0
import Foundation
import Synchronization
import Workflow

/// Does what a verb of `cac review` says: by the handler that `cac-review` sets, or, in `cac`, by
/// running the program `cac-review` that lies beside it.
package enum ReviewVerbs {
  /// What does a verb.
  package typealias Handler = @Sendable (ReviewVerb) async throws -> Void

  private static let handler = Mutex<Handler?>(nil)

  /// Sets what does the verbs in this process.
  package static func handle(_ body: @escaping Handler) { handler.withLock { $0 = body } }

  /// Does a verb.
  static func run(_ verb: ReviewVerb) async throws {
    if let body = handler.withLock({ $0 }) { return try await body(verb) }
    try sibling().replaceThisProcess(argumentsFrom: 2)
  }

  /// Runs `cac-review` beside this process and waits for it.
  ///
  /// - Throws: `WorkflowError` with its sentence where it fails.
  static func runSibling(_ arguments: [String]) throws {
    let process = Process()
    let errors = Pipe()
    process.executableURL = try sibling().url
    process.arguments = arguments
    process.standardOutput = FileHandle.nullDevice
    process.standardError = errors
    try process.run()
    let said = String(decoding: errors.fileHandleForReading.readDataToEndOfFile(), as: UTF8.self)
    process.waitUntilExit()
    guard process.terminationStatus != 0 else { return }
    let line = said.split(whereSeparator: \.isNewline).last.map(String.init) ?? "cac review failed"
    throw WorkflowError(
      .program, line.hasPrefix("cac: ") ? String(line.dropFirst("cac: ".count)) : line)
  }

  private static func sibling() throws -> SiblingProgram {
    try SiblingProgram("cac-review", "the program of the review page")
  }
}
