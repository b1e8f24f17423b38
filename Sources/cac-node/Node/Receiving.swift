// SPDX-License-Identifier: Apache-2.0
import CProcess
import DICOMObjects
import Foundation
import NodeQueue
import Workflow

/// The process of one association: whatever a hostile peer does to it, it ends alone.
enum Receiving {
  /// The first word of its arguments.
  static let word = "--receive"

  /// What it is told, as JSON.
  struct Settings: Codable, Sendable {
    var parent: Int32
    var folder: String
    var title: String
    var callers: [String]
    var address: String
    var timeout: Int
    var maximumPDU: Int
    var reserve: UInt64
    var certificate: String?
    var key: String?
    var trusted: String?
  }

  /// The bytes of memory that it may take: files go to the disk as they come.
  private static let memory: UInt64 = 1 << 30
  /// The socket, as `Child.start` hands it over.
  private static let socket: Int32 = 3

  /// Serves the association and ends.
  static func run(_ arguments: [String]) -> Never {
    guard arguments.count == 2,
      let settings = try? JSONDecoder().decode(Settings.self, from: Data(arguments[1].utf8))
    else { exit(2) }
    cprocess_confine(settings.parent, memory)
    let node = NodeFolder(URL(fileURLWithPath: settings.folder))
    let outcome = acceptor(settings, node).serve(socket) { arrival in
      do {
        // Opened with the first object: who only asks whether the node answers costs no file.
        try keep(arrival, in: node)
        return DICOMAcceptor.Status.success
      } catch {
        Log.say("an object was refused: \(error)")
        return DICOMAcceptor.Status.outOfResources
      }
    }
    report(outcome, settings)
    // The library's own clean-up would wait for the peer.
    _exit(0)
  }

  private static func acceptor(_ settings: Settings, _ node: NodeFolder) -> DICOMAcceptor {
    var acceptor = DICOMAcceptor(
      title: settings.title, folder: node.incoming, timeout: settings.timeout)
    acceptor.callers = settings.callers
    acceptor.maximumPDU = settings.maximumPDU
    acceptor.reserve = settings.reserve
    acceptor.certificate = settings.certificate.map { URL(fileURLWithPath: $0) }
    acceptor.key = settings.key.map { URL(fileURLWithPath: $0) }
    acceptor.trusted = settings.trusted.map { URL(fileURLWithPath: $0) }
    return acceptor
  }

  nonisolated(unsafe) private static var queue: StudyQueue?

  private static func keep(_ arrival: DICOMAcceptor.Arrival, in node: NodeFolder) throws {
    let queue = try self.queue ?? StudyQueue(node)
    self.queue = queue
    _ = try queue.keep(
      StudyQueue.Arrival(
        file: arrival.file, study: arrival.study, instance: arrival.instance,
        isImage: imageClasses.contains(arrival.storageClass), offset: arrival.offset))
  }

  /// CT, Enhanced CT and Legacy Converted Enhanced CT Image Storage (PS3.4, B.5): what scores are made of.
  private static let imageClasses: Set<String> = [
    "1.2.840.10008.5.1.4.1.1.2", "1.2.840.10008.5.1.4.1.1.2.1", "1.2.840.10008.5.1.4.1.1.2.2",
  ]

  private static func report(_ outcome: DICOMAcceptor.Outcome, _ settings: Settings) {
    let caller = outcome.caller.isEmpty ? settings.address : "\(outcome.caller)@\(settings.address)"
    if let problem = outcome.problem {
      return Log.say("\(settings.address): \(problem)")
    }
    guard outcome.isAccepted else { return Log.say("\(caller): association refused") }
    guard outcome.stored + outcome.refused > 0 || !outcome.isReleased else { return }
    let refusals =
      outcome.refused > 0
      ? ", \(outcome.refused) refused with status "
        + String(outcome.lastRefusal, radix: 16, uppercase: true) : ""
    Log.say(
      "\(caller): \(outcome.stored) objects taken\(refusals)"
        + (outcome.isReleased ? "" : "; the association broke off"))
  }
}
