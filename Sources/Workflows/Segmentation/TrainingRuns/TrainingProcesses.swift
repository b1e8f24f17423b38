// SPDX-License-Identifier: Apache-2.0
import Concurrency
import Files
import Foundation
import Processes
import Text
import Torch
import Workflow

#if canImport(Glibc)
  import Glibc
#elseif canImport(Musl)
  import Musl
#else
  import Darwin
#endif

/// Starts the processes of a training, passes a request to stop on to them, and ends all if one fails.
struct TrainingProcesses {
  /// The command of each process, to which its number is added.
  let command: TrainingRequest.Launch
  let count: Int
  let device: String

  /// The time in seconds that the other processes have to save their state after one has failed.
  private static let grace = 60.0

  /// Throws a `WorkflowError` where there are more processes than samples or graphics cards.
  ///
  /// - Parameter option: the option that makes the batch larger.
  func check(batchSize: Int?, option: String = "--batch-size") throws {
    if let batchSize, count > batchSize {
      throw WorkflowError(
        .invalid,
        "--processes \(count): a batch of \(counted(batchSize, "sample")) cannot be divided among "
          + "them; take at most \(batchSize), or raise \(option)")
    }
    let cards = (try? Device.cudaCount()) ?? 0
    switch device {
    case "cpu": return
    case "auto" where cards == 0: return
    case "auto", "cuda":
      if device == "cuda" { try Device.cuda(0).requireAvailable() }
      guard count <= cards else {
        throw WorkflowError(
          .invalid,
          "--processes \(count): there \(counted(cards, "graphics card is", "graphics cards are")) here, and each process needs "
            + "its own; take at most \(cards)")
      }
    case _ where Self.sharedCard(device) != nil:
      try Device(name: device).requireAvailable()
    default:
      throw WorkflowError(
        .invalid,
        "--processes \(count) with --device \(device): processes work on cards or on the processor; take "
          + "--device cuda, where each gets a card of its own, --device cuda:0, which all share, or cpu"
      )
    }
  }

  /// The number of the card that all processes share, where a device names one.
  ///
  /// Each process sees that card alone, so that all exchange by Gloo: NCCL takes one process a card.
  private static func sharedCard(_ device: String) -> Int? {
    device.hasPrefix("cuda:") ? Int(device.dropFirst(5)) : nil
  }

  /// What `CUDA_VISIBLE_DEVICES` is for a process that sees one card of those that this one sees.
  static func visible(card: Int, of all: String?) -> String {
    let names = (all ?? "").split(separator: ",")
    return names.indices.contains(card) ? String(names[card]) : "\(card)"
  }

  /// The device of one of the processes.
  static func device(_ word: String, rank: Int) throws -> Device {
    if sharedCard(word) != nil {
      try Device.cuda(0).requireAvailable()
      return .cuda(0)
    }
    let first = try Device.available(named: word)
    guard case .cuda = first else { return first }
    return .cuda(rank)
  }

  /// Runs the processes to their end; returns the sentence of the first one.
  ///
  /// - Throws: `WorkflowError` with the cause where one of them failed.
  func run() async throws -> String {
    let folder = FileManager.default.temporaryDirectory
      .appendingPathComponent("cac-train-\(UUID().uuidString)")
    try Folder.create(folder)
    defer { try? FileManager.default.removeItem(at: folder) }
    let parts = (0..<count).map {
      TrainingProcess(
        rank: $0, count: count, parent: ProcessInfo.processInfo.processIdentifier, folder: folder)
    }
    var processes: [ChildProcess] = []
    defer { for process in processes { process.send(SIGKILL) } }
    for part in parts { processes.append(try await start(part)) }
    try await wait(for: processes)
    guard processes.contains(where: { !$0.isGood }) else {
      return parts[0].note(.result) ?? "trained"
    }
    throw WorkflowError(.program, complaint(processes, parts))
  }

  private func start(_ part: TrainingProcess) async throws -> ChildProcess {
    var environment: [String: String] = [:]
    // Together the processes use each core once.
    if ProcessInfo.processInfo.environment["OMP_NUM_THREADS"] == nil {
      environment["OMP_NUM_THREADS"] = "\(max(1, Machine.processorCount / count))"
    }
    if let card = Self.sharedCard(device) {
      environment["CUDA_VISIBLE_DEVICES"] = Self.visible(
        card: card, of: ProcessInfo.processInfo.environment["CUDA_VISIBLE_DEVICES"])
    }
    return try await ChildProcess.start(
      Command(
        .at(command.executable), command.arguments + ["--process", part.text],
        environment: environment))
  }

  /// Returns when all processes have ended, or when the time after a failure is over.
  private func wait(for processes: [ChildProcess]) async throws {
    var isStopping = false
    var failure: ContinuousClock.Instant?
    while processes.contains(where: \.isRunning) {
      if StopSignal.isAsked, !isStopping {
        for process in processes { process.send(SIGTERM) }
        isStopping = true
      }
      if failure == nil, processes.contains(where: { !$0.isGood }) { failure = .now }
      if let failure, ContinuousClock.now - failure > .seconds(Self.grace) { return }
      try await Task.sleep(for: .milliseconds(50))
    }
  }

  /// The cause of a failure: of several notes the one from which the others follow.
  private func complaint(_ processes: [ChildProcess], _ parts: [TrainingProcess]) -> String {
    if let sentence = parts.lazy.compactMap({ $0.note(.failure) }).first { return sentence }
    for (part, process) in zip(parts, processes)
    where !process.isGood && part.note(.peerFailure) == nil {
      let how = process.status.map { "\($0)" } ?? "in an unknown way"
      return "process \(part.rank) of \(count) was ended \(how), and the others with it; perhaps "
        + "memory ran out"
    }
    return parts.lazy.compactMap { $0.note(.peerFailure) }.first ?? "the processes failed"
  }
}

extension ChildProcess {
  /// Whether the process is running or has ended without error.
  fileprivate var isGood: Bool { isRunning || status?.isSuccess == true }
}
