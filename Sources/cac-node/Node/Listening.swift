// SPDX-License-Identifier: Apache-2.0
import DICOMObjects
import DICOMResults
import DICOMWeb
import Files
import Foundation
import NodeArguments
import NodeQueue
import Text
import Workflow

/// `cac listen`: the door, the worker that scores, the one that sends, and what looks after the queue.
struct Listening {
  private let command: ListenServe
  private let node: NodeFolder
  private let rule: RetryRule

  /// Seconds that associations and a sending may go on when the program is asked to end.
  private static let patience = 20.0

  init(_ command: ListenServe) throws {
    self.command = command
    node = NodeFolder(path(command.folder))
    rule = RetryRule(pause: command.pause)
    if let wrong = AllowedCallers.unreadable(command.allow) {
      throw WorkflowError(
        .invalid,
        "--allow \(wrong): names nobody; write TITLE, TITLE@ADDRESS or *@ADDRESS, as SCANNER@10.0.0.7"
      )
    }
  }

  func run() throws {
    let cac = try SiblingProgram("cac", "the program that scores").url
    _ = try DCMTK.version()
    for file in [command.tlsCertificate, command.tlsKey, command.tlsTrust, command.toTrust] {
      guard let file, !Folder.isFile(path(file)) else { continue }
      throw WorkflowError(.missing, "\(file): no such file")
    }
    let sending = try peer()
    try node.create()
    let lock = try FolderLock(node.url)
    defer { withExtendedLifetime(lock) {} }
    try node.sweep()
    let queue = try StudyQueue(node)
    try queue.recover()
    let door = try Door(
      host: command.host, port: command.port, limit: command.associations,
      allowed: AllowedCallers(command.allow) ?? AllowedCallers(), settings: settings,
      incoming: node.incoming)
    StopSignal.listen()
    print("\(command.title)@\(command.host):\(door.port), studies in \(node.url.path)")
    print("results \(sending.map { "go to \($0.name)" } ?? "stay there"); Ctrl-C ends")
    fflush(nil)
    work(queue, cac, sending, door)
  }

  /// Starts the workers, and serves until the program is asked to end.
  private func work(
    _ queue: StudyQueue, _ cac: URL, _ sending: (peer: Sender.Peer, name: String)?, _ door: Door
  ) {
    let scorer = Scorer(
      queue: queue, rule: rule, next: sending == nil ? .done : .send, model: model,
      further: command.scoring, cac: cac)
    var workers = [
      Worker("scoring", recovery: { try queue.release(.score) }) { try scorer.step() }
    ]
    if let sending {
      let sender = Sender(queue: queue, rule: rule, peer: sending.peer, name: sending.name)
      workers.append(
        Worker("sending", recovery: { try queue.release(.send) }) { try sender.step() })
    }
    let (quiet, keep) = (command.quiet, command.keep * 86_400)
    workers.append(
      Worker("the queue") {
        for study in try queue.complete(quiet: quiet) {
          Log.say("study \(study.key): complete, \(counted(study.images, "image"))")
        }
        for key in try queue.expire(after: keep) { Log.say("study \(key): removed") }
        return false
      })
    for worker in workers { worker.start() }
    // Children end with the thread that starts them, and this one lives longest.
    door.run(patience: Self.patience)
    let end = Date.now.addingTimeInterval(Self.patience)
    while workers.contains(where: { !$0.isFinished }), Date.now < end { usleep(20_000) }
    Log.say("ended")
  }

  private var model: String? {
    guard let model = command.model else { return nil }
    return FileManager.default.fileExists(atPath: model) ? path(model).path : model
  }

  private var settings: Receiving.Settings {
    Receiving.Settings(
      parent: getpid(), folder: node.url.path, title: command.title, callers: [], address: "",
      timeout: command.timeout, maximumPDU: command.maxPdu,
      reserve: UInt64(command.reserve) << 20,
      certificate: command.tlsCertificate.map { path($0).path },
      key: command.tlsKey.map { path($0).path }, trusted: command.tlsTrust.map { path($0).path })
  }

  private func peer() throws -> (peer: Sender.Peer, name: String)? {
    guard let text = command.to else { return nil }
    if let address = WebPeer.address(text) {
      var server = WebServer(address)
      server.trusted = command.toTrust.map(path)
      server.certificate = command.tlsCertificate.map(path)
      server.key = command.tlsKey.map(path)
      server.timeout = command.timeout
      try command.web.identify(&server)
      return (.web(server), server.name)
    }
    guard var request = SendRequest.peer(text) else { return nil }
    request.calling = command.title
    request.timeout = command.timeout
    request.trusted = command.toTrust.map(path)
    request.certificate = command.tlsCertificate.map(path)
    request.key = command.tlsKey.map(path)
    return (.dicom(request), text)
  }
}
