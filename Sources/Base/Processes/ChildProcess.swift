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

/// A program that runs beside this one: its status can be asked for, it can be sent signals and waited
/// for.
///
/// ```swift
/// let child = try await ChildProcess.start(Command("cac", ["train", "501", "2d", "0"]))
/// child.send(SIGTERM)
/// let status = try await child.wait()
/// ```
///
/// Its standard input is empty. It has a process group of its own, so that Ctrl-C and the end of the
/// terminal reach only this process, which passes on the signals that it chooses. A child that nobody
/// waits for keeps running.
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
          let streams = try Streams(output: output, error: error)
          let result = try await Subprocess.run(
            command.configuration(ownGroup: true),
            input: .fileDescriptor(streams.input, closeAfterSpawningProcess: true),
            output: streams.output.map {
              .fileDescriptor($0, closeAfterSpawningProcess: true)
            } ?? .currentStandardOutput,
            error: streams.error.map {
              .fileDescriptor($0, closeAfterSpawningProcess: true)
            } ?? .currentStandardError
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

/// The state of a process; shared between it and the task that waits for its end.
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

/// The open files of a child's standard streams.
private struct Streams {
  /// The null device.
  let input: FileDescriptor
  /// Where its output goes; `nil` for this process's own.
  let output: FileDescriptor?
  /// Where its standard error goes; `nil` for this process's own.
  let error: FileDescriptor?

  /// Opens all of them, or none where one cannot be opened.
  init(output: Command.Destination, error: Command.Destination) throws(ProcessError) {
    var opened: [FileDescriptor] = []
    do throws(ProcessError) {
      input = try .null(.readOnly)
      opened.append(input)
      self.output = try output.open()
      if let descriptor = self.output { opened.append(descriptor) }
      self.error = try error.open()
    } catch {
      for descriptor in opened { try? descriptor.close() }
      throw error
    }
  }
}

extension Command.Destination {
  /// Opens what a child's output goes to; `nil` for this process's own output.
  fileprivate func open() throws(ProcessError) -> FileDescriptor? {
    switch self {
    case .inherited: nil
    case .discarded: try .null(.writeOnly)
    case .file(let url):
      try .opened(
        url.path, .writeOnly, options: [.create, .truncate, .closeOnExec],
        permissions: [.ownerReadWrite, .groupRead, .otherRead])
    }
  }
}
