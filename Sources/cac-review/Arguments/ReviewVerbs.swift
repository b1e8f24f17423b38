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
    try becomeSibling()
  }

  /// Runs `cac-review` in the place of this process, with the same arguments.
  ///
  /// - Throws: `WorkflowError` where it does not lie beside `cac`.
  private static func becomeSibling() throws {
    let program = try sibling()
    // The bytes as they were given: a path need not be UTF-8.
    var arguments: [UnsafeMutablePointer<CChar>?] = [strdup(program.path)]
    for index in 2..<max(2, Int(CommandLine.argc)) {
      arguments.append(CommandLine.unsafeArgv[index])
    }
    arguments.append(nil)
    execv(program.path, arguments)
    throw WorkflowError(
      .program, "\(program.path): cannot be run (\(String(cString: strerror(errno))))")
  }

  /// Runs `cac-review` beside this process and waits for it.
  ///
  /// - Throws: `WorkflowError` with its sentence where it fails.
  static func runSibling(_ arguments: [String]) throws {
    let process = Process()
    let errors = Pipe()
    process.executableURL = try sibling()
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

  /// The program of the review page.
  private static func sibling() throws -> URL {
    let folder = Bundle.main.executableURL?.resolvingSymlinksInPath().deletingLastPathComponent()
    let program = folder?.appendingPathComponent("cac-review")
    guard let program, Folder.isFile(program) else {
      throw WorkflowError(
        .missing,
        "\(folder?.path ?? "."): holds no cac-review, the program of the review page, which lies beside cac; "
          + "build it with: swift build -c release --product cac-review")
    }
    return program
  }
}
