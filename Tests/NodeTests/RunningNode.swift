// SPDX-License-Identifier: Apache-2.0
import CommandSupport
import Foundation
import NodeQueue
import Testing

/// A `cac listen` that runs, with what it says of itself.
final class RunningNode {
  private let process = Process()
  private let folder: URL
  /// The port that it listens at.
  let port: Int

  /// Begins, and waits for the line that names the port.
  init(in folder: URL, _ arguments: [String] = []) throws {
    self.folder = folder
    let executable = try #require(Cac.executable, "build the package first")
    process.executableURL = executable
    process.arguments =
      ["listen", "--port", "0", "--quiet", "1", "--reserve", "1", "--pause", "1"] + arguments
    process.currentDirectoryURL = folder
    let output = Pipe()
    process.standardOutput = output
    let log = folder.appendingPathComponent("node.log")
    if !FileManager.default.fileExists(atPath: log.path) {
      try Data().write(to: log)
    }
    let errors = try FileHandle(forWritingTo: log)
    try errors.seekToEnd()
    process.standardError = errors
    try process.run()
    let line = String(decoding: output.fileHandleForReading.availableData, as: UTF8.self)
    let match = try #require(line.firstMatch(of: #/@127\.0\.0\.1:([0-9]+),/#), "\(line)")
    port = try #require(Int(match.1))
  }

  /// What `cac listen status` says.
  func status() throws -> QueueStatus {
    let outcome = try Cac.run(["listen", "status", "--json"], in: folder)
    return try JSONDecoder().decode(QueueStatus.self, from: Data(outcome.out.utf8))
  }

  /// Waits until a number of studies is done.
  func waitDone(_ count: Int, seconds: Double = 60) throws {
    let end = Date.now.addingTimeInterval(seconds)
    while try status().done < count {
      guard Date.now < end else {
        Issue.record("after \(seconds) s: \(try status()); \(try log)")
        return
      }
      usleep(200_000)
    }
  }

  /// What it wrote to standard error.
  var log: String {
    get throws {
      try String(contentsOf: folder.appendingPathComponent("node.log"), encoding: .utf8)
    }
  }

  /// Ends it as systemd does; its exit status.
  func terminate() -> Int32 {
    process.terminate()
    process.waitUntilExit()
    return process.terminationStatus
  }

  /// Ends it as a crash does.
  func kill() {
    _ = Foundation.kill(process.processIdentifier, SIGKILL)
    process.waitUntilExit()
  }

  deinit { if process.isRunning { kill() } }
}
