// SPDX-License-Identifier: Apache-2.0
import Foundation
import Subprocess
import Synchronization
import SystemPackage

#if canImport(Glibc)
  import Glibc
#elseif canImport(Musl)
  import Musl
#else
  import Darwin
#endif

/// A program that runs beside this one, and can be asked how it does, sent signals and waited for.
///
/// ```swift
/// let child = try await ChildProcess.start(Command("cac", ["train", "501", "2d", "0"]))
/// child.send(SIGTERM)
/// let status = try await child.wait()
/// ```
///
/// Its standard input is empty. It has a process group of its own, so that Ctrl-C and the end of the
/// terminal reach this process alone, which passes on what it wants. It goes on if nobody waits for
/// it: whoever starts a child ends it.
package final class ChildProcess: Sendable {
  /// The process's number.
  package let identifier: Int32
  private let end: EndOfProcess
  private let task: Task<ExitStatus, any Error>

  private init(identifier: Int32, end: EndOfProcess, task: Task<ExitStatus, any Error>) {
    self.identifier = identifier
    self.end = end
    self.task = task
  }

  /// Starts a program; returns as soon as it runs.
  ///
  /// - Throws: `ProcessError` where it cannot be started.
  package static func start(
    _ command: Command, output: Command.Destination = .inherited,
    error: Command.Destination = .inherited
  ) async throws -> ChildProcess {
    let end = EndOfProcess()
    let (identifiers, started) = AsyncStream.makeStream(of: Int32.self)
    let task = Task {
      defer { started.finish() }
      return try await end.following {
        try await command.translated {
          let result = try await Subprocess.run(
            command.configuration(ownGroup: true),
            input: .fileDescriptor(.null(.readOnly), closeAfterSpawningProcess: true),
            output: try output.target(.currentStandardOutput),
            error: try error.target(.currentStandardError)
          ) { execution in
            _ = started.yield(execution.processIdentifier.value)
          }
          return ExitStatus(result.terminationStatus)
        }
      }
    }
    for await identifier in identifiers {
      return ChildProcess(identifier: identifier, end: end, task: task)
    }
    // It never ran, and the task's error says why; or this task was cancelled, which ends the child.
    task.cancel()
    let status = try await task.value
    try Task.checkCancellation()
    throw ProcessError(.system, subject: "\(command.program)", detail: "ended \(status) at once")
  }

  /// How it ended; `nil` as long as it runs, and where the system lost track of it.
  package var status: ExitStatus? {
    end.state.withLock { if case .ended(let status) = $0 { status } else { nil } }
  }

  /// Whether it still runs.
  package var isRunning: Bool { end.state.withLock { $0 == .running } }

  /// Sends a signal, such as SIGTERM; a process that has ended gets none.
  package func send(_ signal: Int32) {
    // The number could be another process's only if all others were used up since this one's end.
    end.state.withLock { if $0 == .running { _ = kill(identifier, signal) } }
  }

  /// Waits for its end.
  ///
  /// - Throws: `ProcessError` where the system lost track of it.
  package func wait() async throws -> ExitStatus { try await task.value }
}

/// What is known of a process; shared between it and the task that waits for its end.
private final class EndOfProcess: Sendable {
  enum State: Equatable, Sendable {
    case running, lost
    case ended(ExitStatus)
  }

  let state = Mutex(State.running)

  /// Notes the end that `body` waits for.
  func following(_ body: () async throws -> ExitStatus) async throws -> ExitStatus {
    do {
      let status = try await body()
      state.withLock { $0 = .ended(status) }
      return status
    } catch {
      state.withLock { $0 = .lost }
      throw error
    }
  }
}

extension Command.Destination {
  /// Where a child's output goes.
  fileprivate func target(_ own: FileDescriptorOutput) throws -> FileDescriptorOutput {
    switch self {
    case .inherited: own
    case .discarded:
      .fileDescriptor(try .null(.writeOnly), closeAfterSpawningProcess: true)
    case .file(let url):
      .fileDescriptor(
        try FileDescriptor.open(
          FilePath(url.path), .writeOnly, options: [.create, .truncate, .closeOnExec],
          permissions: [.ownerReadWrite, .groupRead, .otherRead]),
        closeAfterSpawningProcess: true)
    }
  }
}
