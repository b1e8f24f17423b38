// SPDX-License-Identifier: Apache-2.0
import Foundation
import Processes
import TestSupport
import Testing

#if canImport(Glibc)
  import Glibc
#elseif canImport(Musl)
  import Musl
#else
  import Darwin
#endif

@Suite struct `A program that is run to its end` {
  @Test func `gives what it wrote and how it ended`() async throws {
    let result = try await Command("sh", ["-c", "echo out; echo err >&2; exit 3"]).output()
    #expect(result.text == "out\n")
    #expect(result.errorText == "err\n")
    #expect(result.status == .exited(3))
    #expect(!result.status.isSuccess)
  }

  // A pipe holds 64 KiB: reading one output to its end before the other would wait for ever.
  @Test(.timeLimit(.minutes(10)))
  func `may fill its standard error while its standard output is open`() async throws {
    let script = "head -c 1000000 /dev/zero >&2; echo done"
    let result = try await Command("sh", ["-c", script]).output()
    #expect(result.standardError.count == 1_000_000)
    #expect(result.text == "done\n")
  }

  @Test func `is given input, a folder and variables`() async throws {
    let folder = try TemporaryFolder()
    let result = try await Command(
      "sh", ["-c", "cat; pwd -P; echo $CAC_TEST_VARIABLE $HOME"], in: folder.url,
      environment: ["CAC_TEST_VARIABLE": "grün"]
    ).output(input: Data("in\n".utf8))
    let lines = result.text.split(separator: "\n").map(String.init)
    #expect(lines.first == "in")
    #expect(lines.dropFirst().first?.hasSuffix(folder.url.lastPathComponent) == true)
    #expect(lines.last == "grün \(ProcessInfo.processInfo.environment["HOME"] ?? "")")
  }

  @Test func `does not have to read its input`() async throws {
    let result = try await Command("true").output(input: Data(count: 1 << 20))
    #expect(result.status.isSuccess)
    #expect(try await Command("cat").output().standardOutput.isEmpty)
  }

  @Test func `is told apart from one that a signal ended`() async throws {
    let result = try await Command("sh", ["-c", "kill -9 $$"]).output()
    #expect(result.status == .signalled(9))
    #expect("\(result.status)" == "by signal 9")
  }

  @Test func `must exist`() async {
    let named = await #expect(throws: ProcessError.self) {
      try await Command("cac-no-such-program").output()
    }
    #expect(named?.code == .notFound)
    #expect(named.map { "\($0)" } == "cac-no-such-program: no such program")
    let placed = await #expect(throws: ProcessError.self) {
      try await Command(.at(URL(fileURLWithPath: "/no/such/program"))).run()
    }
    #expect(placed?.code == .notFound)
  }

  @Test func `needs a folder to work in`() async {
    let error = await #expect(throws: ProcessError.self) {
      try await Command("true", in: URL(fileURLWithPath: "/no/such/folder")).output()
    }
    #expect(error?.code == .notStarted)
    #expect(error?.detail.contains("/no/such/folder") == true)
  }

  @Test(.timeLimit(.minutes(10)))
  func `may not write more than it is allowed to`() async {
    let error = await #expect(throws: ProcessError.self) {
      try await Command("yes").output(limit: 1000)
    }
    #expect(error?.code == .tooMuchOutput)
  }

  @Test(.timeLimit(.minutes(10))) func `is killed where the task is cancelled`() async throws {
    let folder = try TemporaryFolder()
    let file = folder.file("pid")
    // The file appears with its whole text: the shell renames it.
    let script =
      "echo $$ > '\(file.path).new' && mv '\(file.path).new' '\(file.path)' && exec sleep 1000"
    let task = Task { try await Command("sh", ["-c", script]).output() }
    for _ in 0..<3000 where !FileManager.default.fileExists(atPath: file.path) {
      try await Task.sleep(for: .milliseconds(10))
    }
    let text = try String(contentsOf: file, encoding: .utf8)
    let identifier = try #require(pid_t(text.filter { !$0.isWhitespace }))
    #expect(kill(identifier, 0) == 0)
    task.cancel()
    #expect((try? await task.value)?.status.isSuccess != true)
    for _ in 0..<3000 where kill(identifier, 0) == 0 {
      try await Task.sleep(for: .milliseconds(10))
    }
    #expect(kill(identifier, 0) != 0)
  }
}

@Suite struct `A program that runs beside this one` {
  @Test(.timeLimit(.minutes(10))) func `can be queried, signalled and awaited`() async throws {
    let child = try await ChildProcess.start(Command("sleep", ["1000"]))
    #expect(child.isRunning && child.status == nil)
    #expect(kill(child.identifier, 0) == 0)
    child.send(SIGTERM)
    #expect(try await child.wait() == .signalled(SIGTERM))
    #expect(!child.isRunning && child.status == .signalled(SIGTERM))
    // Nothing happens to a process that has ended.
    child.send(SIGKILL)
  }

  @Test func `writes into a file, or nowhere`() async throws {
    let folder = try TemporaryFolder()
    let file = folder.file("log")
    let command = Command("sh", ["-c", "echo out; echo err >&2"])
    let child = try await ChildProcess.start(command, output: .discarded, error: .file(file))
    #expect(try await child.wait().isSuccess)
    #expect(try String(contentsOf: file, encoding: .utf8) == "err\n")
  }

  @Test func `names the file that its output cannot go to`() async throws {
    let folder = try TemporaryFolder()
    let error = await #expect(throws: ProcessError.self) {
      try await ChildProcess.start(
        Command("true"), output: .discarded, error: .file(folder.file("none/log")))
    }
    #expect(error?.code == .system && error?.subject == folder.file("none/log").path)
  }

  @Test func `is this process's child, and one of many`() async throws {
    let folder = try TemporaryFolder()
    var children: [ChildProcess] = []
    for index in 0..<8 {
      children.append(
        try await ChildProcess.start(
          Command("sh", ["-c", "echo $PPID; exit \(index)"]), output: .file(folder.file("\(index)"))
        ))
    }
    for (index, child) in children.enumerated() {
      #expect(try await child.wait() == .exited(Int32(index)))
      let parent = try String(contentsOf: folder.file("\(index)"), encoding: .utf8)
      #expect(parent == "\(getpid())\n")
    }
  }

  @Test(
    .enabled(
      if: FileManager.default.fileExists(atPath: "/proc/self/stat"), "the group is read from /proc")
  )
  func `has a process group of its own, one in the terminal has not`() async throws {
    let folder = try TemporaryFolder()
    let file = folder.file("group")
    let script = "read -r _ _ _ _ group _ < /proc/self/stat; echo $group > \(file.path)"
    let child = try await ChildProcess.start(Command("sh", ["-c", script]))
    #expect(try await child.wait().isSuccess)
    #expect(try String(contentsOf: file, encoding: .utf8) == "\(child.identifier)\n")
    #expect(try await Command("sh", ["-c", script]).run().isSuccess)
    #expect(try String(contentsOf: file, encoding: .utf8) == "\(getpgrp())\n")
  }

  @Test func `must exist`() async {
    let error = await #expect(throws: ProcessError.self) {
      try await ChildProcess.start(Command("cac-no-such-program"))
    }
    #expect(error?.code == .notFound)
  }
}
