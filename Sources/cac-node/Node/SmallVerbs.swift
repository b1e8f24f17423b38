// SPDX-License-Identifier: Apache-2.0
import DICOMResults
import DICOMWeb
import Files
import Foundation
import NodeArguments
import NodeQueue
import Text
import Workflow

/// `cac listen status` and `cac listen retry`, which may run beside the node.
enum SmallVerbs {
  static func status(_ command: ListenStatus) throws {
    let status = try queue(command.folder).status()
    guard command.json else {
      print(status.text)
      return
    }
    let encoder = JSONEncoder()
    encoder.outputFormatting = [.prettyPrinted, .sortedKeys]
    print(String(decoding: try encoder.encode(status), as: UTF8.self))
  }

  static func retry(_ command: ListenRetry) throws {
    let count = try queue(command.folder).retry(command.studies)
    print("\(counted(count, "study", "studies")) will be tried again")
  }

  /// The queue of a node that was there before.
  private static func queue(_ folder: String) throws -> StudyQueue {
    let folder = NodeFolder(path(folder))
    guard Folder.isFile(folder.queue) else {
      throw WorkflowError(
        .missing, "\(folder.url.path): holds no queue of cac listen; name its folder by --folder")
    }
    return try StudyQueue(folder)
  }
}

/// `cac send` and `cac fetch` by DICOMweb.
enum WebVerbs {
  static func send(_ command: SendCommand) async throws {
    guard let server = try command.connection.server(command.filesAndPeer.last, command.web) else {
      return
    }
    let (files, skipped) = try SendRequest.files(command.filesAndPeer.dropLast().map(path))
    let outcomes = try await DICOMWebClient.with(server) { client in
      try await stored(files, by: client)
    }
    let failed = zip(files, outcomes).compactMap { file, outcome in
      outcome.refusal.map { (file: file.lastPathComponent, reason: $0) }
    }
    let outcome = SendRequest.Outcome(
      stored: files.count - failed.count, failed: failed, skipped: skipped)
    print(outcome.text)
    if !outcome.isComplete { throw Unfinished.status }
  }

  private static func stored(
    _ files: [URL], by client: DICOMWebClient
  ) async throws -> [DICOMWebClient.Outcome] {
    var outcomes: [DICOMWebClient.Outcome] = []
    for file in files { outcomes.append(try await client.store(file)) }
    return outcomes
  }

  static func fetch(_ command: FetchCommand) async throws {
    guard let server = try command.connection.server(command.peer, command.web),
      let output = command.output
    else { return }
    let folder = path(output)
    if Folder.isFolder(folder), try !Folder.names(in: folder).isEmpty {
      throw WorkflowError(.invalid, "\(folder.path): is not empty; name a new folder")
    }
    try Folder.create(folder.deletingLastPathComponent())
    let staged = folder.deletingLastPathComponent().appendingPathComponent(
      "\(StagedFile.prefix)\(getpid())-\(folder.lastPathComponent)")
    do {
      try Folder.create(staged)
      let count = try await fetched(command, from: server, into: staged)
      if Folder.isFolder(folder) { try Folder.remove(folder) }
      try Folder.move(staged, to: folder)
      print("\(count) objects in \(folder.path)")
    } catch {
      try? Folder.remove(staged)
      throw error
    }
  }

  private static func fetched(
    _ command: FetchCommand, from server: WebServer, into folder: URL
  ) async throws -> Int {
    let (study, series, accession) = (command.study, command.series, command.accession ?? "")
    return try await DICOMWebClient.with(server) { client in
      let uid: String
      if let study { uid = study } else { uid = try await client.study(accession: accession) }
      let count = try await client.fetch(study: uid, series: series, into: folder)
      guard count > 0 else {
        throw WorkflowError(.missing, "\(server.name): has no such study or series")
      }
      return count
    }
  }
}

extension DICOMWebClient.Outcome {
  /// Why a file was not stored; `nil` where it was.
  var refusal: String? {
    switch self {
    case .stored: nil
    case .refused(let status, let failure):
      "refused with status \(status)"
        + (failure.map { $0 == 0 ? "" : ", reason \(String($0, radix: 16, uppercase: true))" } ?? "")
    }
  }
}
