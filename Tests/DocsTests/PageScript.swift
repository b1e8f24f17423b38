// SPDX-License-Identifier: Apache-2.0
import Foundation
import TestSupport

/// The commands of a page as one script for bash, so that a variable holds for the blocks below it.
struct PageScript: Sendable {
  /// What a run came to.
  struct Outcome: Sendable {
    /// Whether every block ended as the page says.
    let succeeded: Bool
    /// The block that the script ended in, as PATH:LINE.
    let location: String
    /// The last lines of what was said.
    let tail: String
  }

  /// The text of the script.
  let text: String

  /// The script of a page's blocks that can be run here, with the substitutions made.
  init(_ page: Page) {
    var lines = ["set -euo pipefail"]
    for block in page.blocks where block.reasonNotRun == nil {
      lines.append("echo '\(Self.mark)\(page.path):\(block.line)' >&2")
      var commands = Substitution.applied(to: block.text).split(separator: "\n").map(String.init)
      guard block.status != 0 else {
        lines += commands
        continue
      }
      // The last command, with the lines that it goes on from, ends with the status; others with 0.
      var start = max(0, commands.count - 1)
      while start > 0, commands[start - 1].hasSuffix("\\") { start -= 1 }
      let last = commands[start...].joined(separator: "\n")
      commands.removeSubrange(start...)
      lines += commands
      lines += ["status=0", "\(last) || status=$?"]
      lines.append("[ $status = \(block.status) ] || { echo \"status $status\" >&2; exit 1; }")
    }
    text = lines.joined(separator: "\n") + "\n"
  }

  /// The script that makes what the pages presuppose.
  init(standIns: Void) { text = StandIns.script + "\n" }

  private static let mark = "== docs "

  /// Runs the script in a folder with a command `cac`.
  func run(in folder: URL, executable: URL) throws -> Outcome {
    let logs = try TemporaryFolder()
    let log = logs.file("log")
    let script = logs.file("page.sh")
    try Data(text.utf8).write(to: script)
    try Data().write(to: log)
    let process = Process()
    process.executableURL = URL(fileURLWithPath: "/bin/bash")
    process.arguments = [script.path]
    process.currentDirectoryURL = folder
    var environment = ProcessInfo.processInfo.environment.filter { !$0.key.hasPrefix("nnUNet_") }
    let path = environment["PATH"] ?? "/usr/bin:/bin"
    environment["PATH"] = executable.deletingLastPathComponent().path + ":" + path
    process.environment = environment
    // Both streams go to one file: nothing waits for a pipe to be read.
    let handle = try FileHandle(forWritingTo: log)
    process.standardOutput = handle
    process.standardError = handle
    process.standardInput = FileHandle.nullDevice
    try process.run()
    process.waitUntilExit()
    let lines = String(decoding: try Data(contentsOf: log), as: UTF8.self)
      .split(separator: "\n").map(String.init)
    let location = lines.last { $0.hasPrefix(Self.mark) }.map {
      String($0.dropFirst(Self.mark.count))
    }
    return Outcome(
      succeeded: process.terminationReason == .exit && process.terminationStatus == 0,
      location: location ?? "no block", tail: lines.suffix(12).joined(separator: "\n"))
  }
}
