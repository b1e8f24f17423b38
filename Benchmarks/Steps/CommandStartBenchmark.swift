// SPDX-License-Identifier: Apache-2.0
import Foundation

#if canImport(Glibc)
  import Glibc
#elseif canImport(Musl)
  import Musl
#else
  import Darwin
#endif

/// How long the command line takes to answer, against a program that does nothing.
func timeStart(_ stopwatch: Stopwatch, _ inputs: BenchmarkInputs) async throws {
  guard let folder = Bundle.main.executableURL?.deletingLastPathComponent() else { return }
  let cac = folder.appendingPathComponent("cac").path
  for arguments in [["--help"], ["--version"], ["score", "--help"]] {
    let name = (["cac"] + arguments).joined(separator: " ")
    try await stopwatch.time(name) { _, _ in
      "≤ 20 ms; floor: true(1)"
    } step: {
      try exitStatus(of: [cac] + arguments)
    } floor: {
      try exitStatus(of: ["/usr/bin/true"])
    }
  }
}

/// Runs a program without an environment and with its output thrown away.
///
/// Foundation's `Process` would add its own milliseconds.
private func exitStatus(of command: [String]) throws -> Int {
  #if canImport(Darwin)
    var actions: posix_spawn_file_actions_t?
  #else
    var actions = posix_spawn_file_actions_t()
  #endif
  posix_spawn_file_actions_init(&actions)
  defer { posix_spawn_file_actions_destroy(&actions) }
  posix_spawn_file_actions_addopen(&actions, STDOUT_FILENO, "/dev/null", O_WRONLY, 0)
  var arguments: [UnsafeMutablePointer<CChar>?] = command.map { strdup($0) } + [nil]
  defer { for argument in arguments { free(argument) } }
  var environment: [UnsafeMutablePointer<CChar>?] = [nil]
  var process: pid_t = 0
  let reason = posix_spawn(&process, command[0], &actions, nil, &arguments, &environment)
  var status: Int32 = 0
  guard reason == 0, waitpid(process, &status, 0) == process, status == 0 else {
    throw ProgramError(path: command[0])
  }
  return 0
}

/// A program that did not run to a good end.
struct ProgramError: Error, CustomStringConvertible {
  let path: String

  var description: String { "\(path): cannot be run, or failed; build it first (make build)" }
}
