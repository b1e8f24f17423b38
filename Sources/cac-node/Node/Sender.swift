// SPDX-License-Identifier: Apache-2.0
import DICOMResults
import DICOMWeb
import Files
import Foundation
import NodeQueue
import Synchronization
import Workflow

/// Sends results to the archive; one that it has already replaces itself, for its identifiers are the same.
struct Sender: Sendable {
  /// The archive.
  enum Peer: Sendable {
    /// By C-STORE.
    case dicom(SendRequest)
    /// By STOW-RS.
    case web(WebServer)
  }

  let queue: StudyQueue
  let rule: RetryRule
  let peer: Peer
  /// How the archive is called in messages.
  let name: String

  /// Sends the next result that waits; false where there is none.
  func step() throws -> Bool {
    guard let job = try queue.claim(.send, rule: rule) else { return false }
    let folder = queue.folder.result(job.key, revision: job.revision)
    let failure: StepFailure?
    do { failure = try send(folder) } catch {
      failure = .unreachable(Log.withoutIdentifiers("\(error)"))
    }
    if let failure {
      let delay = try queue.fail(job, failure, rule: rule)
      Log.say(
        "study \(job.key): \(failure.sentence); "
          + (delay.map { "tried again in \(Int($0)) s" } ?? "given up"))
    } else if try queue.finish(job, next: .done) {
      Log.say("study \(job.key): sent to \(name)")
    }
    return true
  }

  /// - Throws: what keeps the archive from being reached.
  private func send(_ folder: URL) throws -> StepFailure? {
    guard Folder.isFolder(folder) else {
      return .final("the result is gone; send the study again")
    }
    switch peer {
    case .dicom(let request):
      let outcome = try request.send([folder])
      guard let first = outcome.failed.first else { return nil }
      let sentence = "\(name) did not take \(first.file): \(first.reason)"
      let isAnswered = outcome.failed.contains { $0.reason.hasPrefix("refused") }
      return isAnswered ? .fault(sentence) : .unreachable(sentence)
    case .web(let server):
      return try waiting { try await Self.store(folder, server, name) }
    }
  }

  private static func store(
    _ folder: URL, _ server: WebServer, _ name: String
  ) async throws -> StepFailure? {
    let (files, _) = try SendRequest.files([folder])
    return try await DICOMWebClient.with(server) { client in
      for file in files {
        if let refusal = try await client.store(file).refusal {
          return .fault("\(name) did not take \(file.lastPathComponent): \(refusal)")
        }
      }
      return nil
    }
  }

  /// Waits in this thread for asynchronous work.
  private func waiting<Value: Sendable>(
    _ body: @escaping @Sendable () async throws -> Value
  ) throws -> Value {
    let result = ResultBox<Value>()
    let done = DispatchSemaphore(value: 0)
    Task.detached {
      do { result.set(.success(try await body())) } catch { result.set(.failure(error)) }
      done.signal()
    }
    done.wait()
    guard let value = result.value else { throw CancellationError() }
    return try value.get()
  }
}

/// What a task leaves for the thread that waits for it.
private final class ResultBox<Value: Sendable>: Sendable {
  private let content = Mutex<Result<Value, any Error>?>(nil)
  var value: Result<Value, any Error>? { content.withLock { $0 } }
  func set(_ result: Result<Value, any Error>) { content.withLock { $0 = result } }
}
