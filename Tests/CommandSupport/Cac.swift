// SPDX-License-Identifier: Apache-2.0
package import Foundation
import TestSupport
import Testing

/// The built command, run as a user would.
package enum Cac {
  /// What a run came to.
  package struct Outcome: Sendable {
    /// The arguments that followed the command's name.
    package let arguments: [String]
    /// The exit status, or the negative number of the signal that ended it.
    package let status: Int32
    /// What it wrote to standard output.
    package let out: String
    /// What it wrote to standard error.
    package let err: String

    /// The lines that begin with the command's name: its one sentence about a failure.
    package var complaints: [String] {
      err.split(separator: "\n").map(String.init).filter { $0.hasPrefix("cac: ") }
    }

    /// The subjects that standard error lists as left out, with their reasons.
    package var leftOut: [String: String] {
      var list: [String: String] = [:]
      for line in err.split(separator: "\n") where line.hasPrefix("  ") {
        let parts = line.dropFirst(2).split(separator: ":", maxSplits: 1)
        if parts.count == 2 { list[String(parts[0])] = String(parts[1].dropFirst()) }
      }
      return list
    }

    /// Expects that the run ended well.
    package func expectSuccess() { #expect(status == 0, "\(err)") }
  }

  /// The executable, which lies beside the bundle of these tests.
  package static let executable: URL? = {
    // The bundle is this process (Linux) or one of its arguments (macOS).
    let places =
      [Bundle.main.executableURL].compactMap(\.self)
      + CommandLine.arguments.filter { $0.hasPrefix("/") }.map { URL(fileURLWithPath: $0) }
    for place in places {
      var folder = place.deletingLastPathComponent()
      while folder.path != "/" {
        let file = folder.appendingPathComponent("cac")
        if FileManager.default.isExecutableFile(atPath: file.path) { return file }
        folder = folder.deletingLastPathComponent()
      }
    }
    return nil
  }()

  /// Runs the command in a folder, where nnU-Net's three folders are, too.
  package static func run(_ arguments: [String], in folder: URL, launcher: [String] = []) throws
    -> Outcome
  {
    let executable = try #require(Self.executable, "build the package first")
    let line = launcher + [executable.path] + arguments
    let logs = try TemporaryFolder()
    let process = Process()
    process.executableURL = URL(fileURLWithPath: line[0])
    process.arguments = Array(line.dropFirst())
    process.currentDirectoryURL = folder
    var environment = ProcessInfo.processInfo.environment
    for name in ["nnUNet_raw", "nnUNet_preprocessed", "nnUNet_results"] {
      environment[name] = nil
    }
    process.environment = environment
    func log(_ name: String) throws -> FileHandle {
      try Data().write(to: logs.file(name))
      return try FileHandle(forWritingTo: logs.file(name))
    }
    process.standardOutput = try log("out")
    process.standardError = try log("err")
    process.standardInput = FileHandle.nullDevice
    try process.run()
    process.waitUntilExit()
    return Outcome(
      arguments: arguments,
      status: process.terminationReason == .exit
        ? process.terminationStatus : -process.terminationStatus,
      out: try String(contentsOf: logs.file("out"), encoding: .utf8),
      err: try String(contentsOf: logs.file("err"), encoding: .utf8))
  }

  /// Starts the command in a folder and does not wait for it; what it says is lost.
  package static func start(_ arguments: [String], in folder: URL) throws -> Process {
    let executable = try #require(Self.executable, "build the package first")
    let process = Process()
    process.executableURL = executable
    process.arguments = arguments
    process.currentDirectoryURL = folder
    process.environment = ProcessInfo.processInfo.environment.filter {
      !$0.key.hasPrefix("nnUNet_")
    }
    process.standardOutput = FileHandle.nullDevice
    process.standardError = FileHandle.nullDevice
    process.standardInput = FileHandle.nullDevice
    try process.run()
    return process
  }

  /// Runs the command and expects that it says nothing but good.
  @discardableResult
  package static func succeed(_ arguments: [String], in folder: URL) throws -> Outcome {
    let outcome = try run(arguments, in: folder)
    #expect(outcome.status == 0, "cac \(arguments.joined(separator: " ")): \(outcome.err)")
    #expect(outcome.complaints == [])
    return outcome
  }
}

extension Process {
  /// Waits until a condition holds, or the process has ended, or the time is up.
  ///
  /// It blocks its thread: a task that sleeps would wake late while other tests block all threads
  /// that tasks run on, and what the test waits for would be over.
  package func wait(
    atMost limit: Duration = .seconds(300), until condition: () throws -> Bool
  ) rethrows {
    let end = ContinuousClock.now + limit
    while isRunning, ContinuousClock.now < end, try !condition() {
      Thread.sleep(forTimeInterval: 0.002)
    }
  }
}

extension URL {
  /// A file below this folder.
  package func at(_ path: String) -> URL { appendingPathComponent(path) }

  /// The paths of all files below this folder, hidden ones too, relative to it.
  package var allFiles: [String] {
    let list = FileManager.default.subpaths(atPath: path) ?? []
    return list.filter {
      var isFolder: ObjCBool = false
      return FileManager.default.fileExists(atPath: at($0).path, isDirectory: &isFolder)
        && !isFolder.boolValue
    }.sorted()
  }

  /// What a failed write would leave behind.
  package var stagedNames: [String] {
    (FileManager.default.subpaths(atPath: path) ?? []).filter { $0.contains(".staged-") }
  }
}
