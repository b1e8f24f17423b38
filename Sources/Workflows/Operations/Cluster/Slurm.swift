// SPDX-License-Identifier: Apache-2.0
import Foundation
import Processes
import Text
import Workflow

/// Slurm's commands, which are found on the PATH.
enum Slurm {
  /// The state of one task in the queue.
  struct Queued: Hashable {
    /// The job's number, and the task's where it is an array.
    let job: String
    let task: Int?
    /// For example "RUNNING" or "PENDING".
    let state: String
    /// Why it waits, for example "Dependency".
    let reason: String
  }

  /// Runs a command; its output, whatever its status.
  private static func output(
    _ command: String, _ arguments: [String]
  ) async throws -> Command.Output {
    do {
      return try await Command(command, arguments).output()
    } catch let error as ProcessError where error.code == .notFound {
      throw WorkflowError(
        .missing,
        "\(command): no such command; is Slurm installed here? cac cluster run does without it")
    }
  }

  /// Runs a command; its standard output.
  ///
  /// - Throws: `WorkflowError` `.missing` where there is no such command, `.program` with what it
  ///   said where it failed.
  @discardableResult
  static func run(_ command: String, _ arguments: [String]) async throws -> String {
    let result = try await output(command, arguments)
    guard result.status.isSuccess else { throw failure(of: command, result) }
    return result.text
  }

  private static func failure(of command: String, _ result: Command.Output) -> WorkflowError {
    let message = result.errorText.isEmpty ? result.text : result.errorText
    return WorkflowError(.program, "\(command) failed: \(message.shown())")
  }

  /// Submits a script; returns the job's number.
  static func submit(
    _ script: URL, name: String, log: URL, after jobs: [String]
  ) async throws -> String {
    // A percent sign in a path would be taken for a pattern.
    let folder = log.deletingLastPathComponent().path.replacing("%", with: "%%")
    var arguments = [
      "--parsable", "--job-name=\(name)", "--output=\(folder)/\(log.lastPathComponent)",
    ]
    if !jobs.isEmpty {
      arguments += [
        "--dependency=afterok:\(jobs.joined(separator: ":"))", "--kill-on-invalid-dep=yes",
      ]
    }
    let out = try await run("sbatch", arguments + [script.path])
    // With several clusters the name of the cluster follows.
    let number = out.split(whereSeparator: \.isNewline).last?.split(separator: ";").first ?? ""
    guard Int(number) != nil else {
      throw WorkflowError(.program, "sbatch said \"\(out.shown())\", which is no job's number")
    }
    return String(number)
  }

  /// The tasks of jobs that wait or run; none for jobs that are long over.
  static func queue(_ jobs: [String]) async throws -> [Queued] {
    guard !jobs.isEmpty else { return [] }
    let result = try await output(
      "squeue",
      ["--noheader", "--array", "--format=%F|%K|%T|%r", "--jobs=\(jobs.joined(separator: ","))"])
    guard result.status.isSuccess else {
      // squeue has one status for all failures; these words of its own say that the jobs are over.
      if result.errorText.contains("Invalid job id") { return [] }
      throw failure(of: "squeue", result)
    }
    return result.text.split(whereSeparator: \.isNewline).compactMap { line in
      let parts = line.split(separator: "|", omittingEmptySubsequences: false).map(String.init)
      guard parts.count == 4 else { return nil }
      return Queued(job: parts[0], task: Int(parts[1]), state: parts[2], reason: parts[3])
    }
  }

  /// The last state of each task as Slurm's accounting has it; empty where nothing is accounted.
  static func history(_ jobs: [String]) async -> [Queued] {
    let arguments = [
      "--noheader", "--parsable2", "--allocations", "--format=JobID,State",
      "--jobs=\(jobs.joined(separator: ","))",
    ]
    guard !jobs.isEmpty, let text = try? await run("sacct", arguments) else { return [] }
    return text.split(whereSeparator: \.isNewline).compactMap { line in
      let parts = line.split(separator: "|").map(String.init)
      guard parts.count == 2 else { return nil }
      let id = parts[0].split(separator: "_").map(String.init)
      // "CANCELLED by 1000" is one word to us.
      let state = parts[1].split(separator: " ").first.map(String.init) ?? ""
      return Queued(
        job: id.first ?? "", task: id.count > 1 ? Int(id[1]) : nil, state: state, reason: "")
    }
  }
}
