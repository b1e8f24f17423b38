// SPDX-License-Identifier: Apache-2.0
import Foundation
import Hummingbird
import Logging
import NIOCore
import ReviewArguments
import ReviewStore
import Synchronization
import Text
import Workflow

/// `cac review STUDY…`: opens the store, listens, prints the address.
struct Serving {
  private let command: ReviewServe

  init(_ command: ReviewServe) { self.command = command }

  func run() async throws {
    let list = try ScanList(command.scans)
    let sources = try CaseSources(command, list.scans)
    let store = try ReviewStore(at: path(command.store))
    _ = try store.verify()
    let sessions = Sessions(idleMinutes: command.idle)
    let listening = try Listening(command, hasAccounts: !store.accounts().isEmpty)
    let gate = Gate(sessions, listening, port: command.port)
    let desk = Desk(sources, store, isBlind: command.blind, seed: command.seed)
    let site = Site(gate: gate, desk: desk, files: PageFiles(folder: command.pageFiles.map(path)))
    for remark in list.remarks { Self.say("not used: \(remark)") }
    // Requests name cases by number and are not logged at all.
    var logger = Logger(label: "cac review")
    logger.logLevel = .critical
    // Open as long as this process runs, and the tunnel with it.
    let alive = Mutex<Pipe?>(nil)
    let application = Application(
      responder: site,
      configuration: .init(
        address: .hostname("127.0.0.1", port: listening.tunnel == nil ? command.port : 0),
        serverName: nil,
        reuseAddress: true),
      onServerRunning: { [command] channel in
        var port = channel.localAddress?.port ?? command.port
        if let tunnel = listening.tunnel {
          do {
            let pipe = try await tunnel.start(before: port)
            alive.withLock { $0 = pipe }
          } catch {
            Self.say("cac: \(error)")
            exit(1)
          }
          port = tunnel.port
        }
        gate.listen(on: port)
        let address = "\(listening.scheme)://\(listening.names[0]):\(port)/#token=\(sessions.token)"
        print("\(counted(list.scans.count, "scan")), readings in \(command.store)")
        print(address)
        print("Ctrl-C ends; everything that the page shows as saved is saved")
        fflush(nil)
        if !command.noBrowser { Browser.open(address) }
      }, logger: logger)
    do { try await application.runService() } catch {
      throw Self.sentence(error, command)
    }
  }

  private static func say(_ line: String) {
    FileHandle.standardError.write(Data((line + "\n").utf8))
  }

  private static func sentence(_ error: any Error, _ command: ReviewServe) -> any Error {
    guard let error = error as? IOError else { return error }
    let port = command.port
    switch error.errnoCode {
    case EADDRINUSE:
      return WorkflowError(
        .refused,
        "port \(port) is in use, perhaps by another cac review; end that one, or name another by --port "
          + "(0 takes a free one)")
    case EACCES:
      return WorkflowError(
        .refused, "port \(port) is not allowed to this account; name one above 1023 by --port")
    default: return error
    }
  }
}

/// The user's browser, where there is a screen.
enum Browser {
  /// Opens an address; where there is no browser, the printed address is enough.
  ///
  /// By `BROWSER` where it is set, else by the desktop's own program.
  static func open(_ address: String) {
    let environment = ProcessInfo.processInfo.environment
    var program = environment["BROWSER"]?.split(separator: ":").first.map(String.init) ?? ""
    if program.isEmpty {
      #if os(macOS)
        program = "open"
      #else
        guard environment["DISPLAY"] != nil || environment["WAYLAND_DISPLAY"] != nil else { return }
        program = "xdg-open"
      #endif
    }
    let folders =
      program.contains("/")
      ? [""] : (environment["PATH"] ?? "/usr/bin").split(separator: ":").map { $0 + "/" }
    let found = folders.map { $0 + program }
      .first { FileManager.default.isExecutableFile(atPath: $0) }
    guard let found else { return }
    let process = Process()
    process.executableURL = URL(fileURLWithPath: found)
    process.arguments = [address]
    process.standardOutput = FileHandle.nullDevice
    process.standardError = FileHandle.nullDevice
    try? process.run()
  }
}
