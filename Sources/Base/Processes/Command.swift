// SPDX-License-Identifier: Apache-2.0
package import Foundation
import Subprocess
import SystemPackage

#if canImport(Glibc)
  import Glibc
#elseif canImport(Musl)
  import Musl
#else
  import Darwin
#endif

/// A program with its arguments, to be run as a child process.
///
/// ```swift
/// let listing = try await Command("ls", ["-l"], in: folder).output()
/// guard listing.status.isSuccess else {
///   throw ProcessError(.system, subject: "ls", detail: listing.errorText)
/// }
/// ```
///
/// It uses swift-subprocess, which reads both output pipes at once and waits for the end of a child
/// without taking over the process's signal handlers.
package struct Command: Sendable {
  /// A program, by its name or by its path.
  package enum Program: Hashable, Sendable, CustomStringConvertible {
    /// A name that is looked up in the folders of PATH.
    case named(String)
    /// The path of the program.
    case at(URL)

    /// The name or the path.
    package var description: String {
      switch self {
      case .named(let name): name
      case .at(let url): url.path
      }
    }
  }

  /// Where an output of a child goes that is not collected.
  package enum Destination: Hashable, Sendable {
    /// To this process's own output.
    case inherited
    /// Nowhere: it is discarded.
    case discarded
    /// To a file, which is made or emptied.
    case file(URL)
  }

  /// The program.
  package var program: Program
  /// The arguments, without the program's name.
  package var arguments: [String]
  /// The folder that it works in; `nil` means this process's own.
  package var workingDirectory: URL?
  /// Variables to be set beside those of this process.
  package var environment: [String: String]

  /// A program that is found by its name on the PATH.
  package init(
    _ name: String, _ arguments: [String] = [], in workingDirectory: URL? = nil,
    environment: [String: String] = [:]
  ) {
    self.init(.named(name), arguments, in: workingDirectory, environment: environment)
  }

  /// A program by its name or its path.
  package init(
    _ program: Program, _ arguments: [String] = [], in workingDirectory: URL? = nil,
    environment: [String: String] = [:]
  ) {
    self.program = program
    self.arguments = arguments
    self.workingDirectory = workingDirectory
    self.environment = environment
  }

  /// The outputs of a program, and how it ended.
  package struct Output: Sendable {
    /// All that it wrote to its standard output.
    package let standardOutput: Data
    /// All that it wrote to its standard error.
    package let standardError: Data
    /// How it ended.
    package let status: ExitStatus

    /// The standard output as UTF-8 text.
    package var text: String { String(decoding: standardOutput, as: UTF8.self) }
    /// The standard error as UTF-8 text.
    package var errorText: String { String(decoding: standardError, as: UTF8.self) }
  }

  /// Runs the program to its end and collects both of its outputs at the same time.
  ///
  /// Without input its standard input is empty. If the task is cancelled, the program is killed.
  ///
  /// - Parameter limit: The most bytes that either output may have.
  /// - Throws: `ProcessError` where the program cannot be run or writes more than the limit.
  package func output(input: Data? = nil, limit: Int = 16 << 20) async throws -> Output {
    try await translated {
      let standardInput = try input.map(Self.descriptor(holding:)) ?? .null(.readOnly)
      let result = try await Subprocess.run(
        configuration(),
        input: .fileDescriptor(standardInput, closeAfterSpawningProcess: true),
        output: .bytes(limit: limit), error: .bytes(limit: limit))
      return Output(
        standardOutput: Data(result.standardOutput), standardError: Data(result.standardError),
        status: ExitStatus(result.terminationStatus))
    }
  }

  /// Runs the program to its end in this terminal: input and outputs are those of this process, and
  /// Ctrl-C reaches both.
  ///
  /// - Throws: `ProcessError` where the program cannot be run.
  package func run() async throws -> ExitStatus {
    try await translated {
      // A child begins with the usual action for every signal. Under nohup it would end with the
      // terminal, unless it has a process group of its own.
      let result = try await Subprocess.run(
        configuration(ownGroup: Self.ignoresHangup), input: .currentStandardInput,
        output: .currentStandardOutput, error: .currentStandardError)
      return ExitStatus(result.terminationStatus)
    }
  }

  /// Whether this process outlives its terminal, as under nohup.
  private static var ignoresHangup: Bool {
    var action = sigaction()
    sigaction(SIGHUP, nil, &action)
    // The handler comes first in the structure on every system; SIG_IGN is 1.
    return withUnsafeBytes(of: action) { $0.load(as: Int.self) } == 1
  }

  /// The program as swift-subprocess wants it.
  func configuration(ownGroup: Bool = false) -> Subprocess.Configuration {
    let executable: Executable =
      switch program {
      case .named(let name): .name(name)
      case .at(let url): .path(FilePath(url.path))
      }
    let additions = environment.map {
      (Environment.Key(stringLiteral: $0.key), $0.value as String?)
    }
    var options = PlatformOptions()
    if ownGroup { options.processGroupID = 0 }
    return Subprocess.Configuration(
      executable: executable, arguments: Arguments(arguments),
      environment: .inherit.updating(Dictionary(uniqueKeysWithValues: additions)),
      workingDirectory: workingDirectory.map { FilePath($0.path) }, platformOptions: options)
  }

  /// Does something with the program; faults of starting it come as `ProcessError`.
  func translated<Result>(_ body: () async throws -> Result) async throws -> Result {
    do {
      return try await body()
    } catch let error as SubprocessError {
      switch error.code {
      case .executableNotFound:
        throw ProcessError(.notFound, subject: "\(program)", detail: "no such program")
      case .failedToChangeWorkingDirectory:
        throw ProcessError(
          .notStarted, subject: "\(program)",
          detail: "cannot work in \(workingDirectory?.path ?? "."); is it a folder?")
      case .spawnFailed:
        throw ProcessError(
          .notStarted, subject: "\(program)", detail: "cannot be started: \(error)")
      case .outputLimitExceeded:
        throw ProcessError(
          .tooMuchOutput, subject: "\(program)", detail: "wrote more than it was expected to")
      default:
        throw ProcessError(.system, subject: "\(program)", detail: "\(error)")
      }
    } catch let error as Errno {
      throw ProcessError(.system, subject: "\(program)", detail: "cannot be run: \(error)")
    }
  }

  /// A descriptor of a nameless file that holds bytes.
  ///
  /// Writing into a pipe instead would end this process by SIGPIPE if the child does not read.
  private static func descriptor(holding bytes: Data) throws -> FileDescriptor {
    let file = FileManager.default.temporaryDirectory.appendingPathComponent(
      "cac-input-\(UUID().uuidString)")
    let descriptor = try FileDescriptor.opened(
      file.path, .readWrite, options: [.create, .exclusiveCreate, .closeOnExec],
      permissions: .ownerReadWrite)
    try? FileManager.default.removeItem(at: file)
    do {
      try descriptor.writeAll(bytes)
      try descriptor.seek(offset: 0, from: .start)
    } catch {
      try? descriptor.close()
      throw ProcessError(.system, subject: file.path, detail: "cannot be written: \(error)")
    }
    return descriptor
  }
}

extension FileDescriptor {
  /// The null device: nothing to read, and what is written is gone.
  static func null(_ mode: AccessMode) throws(ProcessError) -> FileDescriptor {
    try opened("/dev/null", mode, options: .closeOnExec)
  }

  /// Opens a file; a failure names its path.
  static func opened(
    _ path: String, _ mode: AccessMode, options: OpenOptions, permissions: FilePermissions? = nil
  ) throws(ProcessError) -> FileDescriptor {
    do {
      return try open(FilePath(path), mode, options: options, permissions: permissions)
    } catch {
      throw ProcessError(.system, subject: path, detail: "cannot be opened: \(error)")
    }
  }
}

extension ExitStatus {
  init(_ status: TerminationStatus) {
    switch status {
    case .exited(let code): self = .exited(code)
    case .signaled(let number): self = .signalled(number)
    }
  }
}
