// SPDX-License-Identifier: Apache-2.0
import DICOMObjects
import Files
import Foundation
import NodeQueue
import Workflow

#if canImport(Glibc)
  import Glibc
#elseif canImport(Musl)
  import Musl
#else
  import Darwin
#endif

/// Takes connections, and starts a process for each; further ones wait in the system's queue while there are
/// as many as are allowed.
final class Door {
  private let listener: Int32
  private let limit: Int
  private let allowed: AllowedCallers
  private var settings: Receiving.Settings
  private let incoming: URL
  private var children: [Child] = []

  /// The port that it listens at.
  let port: Int

  /// Opens the port.
  ///
  /// - Throws: `WorkflowError` where it is in use or not allowed.
  init(
    host: String, port: Int, limit: Int, allowed: AllowedCallers, settings: Receiving.Settings,
    incoming: URL
  ) throws {
    (listener, self.port) = try Self.open(host, port)
    self.limit = limit
    self.allowed = allowed
    self.settings = settings
    self.incoming = incoming
  }

  /// Serves until the program is asked to end, then waits for the associations that there are.
  func run(patience: Double) {
    while !StopSignal.isAsked {
      reap()
      // A child's end is noticed within this time, too.
      let isFull = children.count >= limit
      var entry = pollfd(fd: listener, events: Int16(POLLIN), revents: 0)
      let ready = isFull ? 0 : poll(&entry, 1, 50)
      if isFull { usleep(20_000) }
      if ready > 0, entry.revents & Int16(POLLIN) != 0 { take() }
    }
    close(listener)
    let end = Date.now.addingTimeInterval(patience)
    while !children.isEmpty, Date.now < end {
      usleep(50_000)
      reap()
    }
    for child in children { child.send(SIGKILL) }
  }

  private func take() {
    var address = sockaddr_storage()
    var length = socklen_t(MemoryLayout<sockaddr_storage>.size)
    let socket = withUnsafeMutablePointer(to: &address) {
      $0.withMemoryRebound(to: sockaddr.self, capacity: 1) { accept(listener, $0, &length) }
    }
    // Out of descriptors, or gone already: the next turn comes soon.
    guard socket >= 0 else {
      usleep(20_000)
      return
    }
    defer { close(socket) }
    _ = fcntl(socket, F_SETFD, FD_CLOEXEC)
    let name = Self.name(&address, length)
    guard let titles = allowed.titles(from: name) else {
      return Log.say("\(name): may not call")
    }
    settings.callers = titles
    settings.address = name
    do {
      let text = String(decoding: try JSONEncoder().encode(settings), as: UTF8.self)
      children.append(try Child.start([Receiving.word, text], socket: socket))
    } catch { Log.say("\(error)") }
  }

  /// Notes which children ended, and removes what they left of files that were arriving.
  private func reap() {
    children.removeAll { child in
      guard let end = child.end() else { return false }
      switch end {
      case .exit(0): break
      case .exit(let status): Log.say("an association ended with status \(status)")
      case .signal(SIGALRM): Log.say("an association was ended, for it took too long")
      case .signal(let number): Log.say("an association was ended by signal \(number)")
      }
      if case .exit(0) = end { return true }
      let names = (try? Folder.names(in: incoming)) ?? []
      for name in names where name.hasPrefix("\(child.identifier)-") {
        try? Folder.remove(incoming.appendingPathComponent(name))
      }
      return true
    }
  }

  private static func open(_ host: String, _ port: Int) throws -> (Int32, Int) {
    var hints = addrinfo()
    hints.ai_flags = AI_NUMERICHOST | AI_NUMERICSERV | AI_PASSIVE
    #if os(Linux)
      hints.ai_socktype = Int32(SOCK_STREAM.rawValue)
    #else
      hints.ai_socktype = SOCK_STREAM
    #endif
    var found: UnsafeMutablePointer<addrinfo>?
    guard getaddrinfo(host, "\(port)", &hints, &found) == 0, let address = found?.pointee else {
      throw WorkflowError(.invalid, "--host \(host): is no address, as 127.0.0.1 or ::1")
    }
    defer { freeaddrinfo(found) }
    let listener = socket(address.ai_family, address.ai_socktype, 0)
    var on: Int32 = 1
    setsockopt(listener, SOL_SOCKET, SO_REUSEADDR, &on, socklen_t(MemoryLayout<Int32>.size))
    _ = fcntl(listener, F_SETFD, FD_CLOEXEC)
    guard listener >= 0, bind(listener, address.ai_addr, address.ai_addrlen) == 0,
      listen(listener, 64) == 0
    else {
      let reason = errno
      close(listener)
      throw refusal(reason, host, port)
    }
    // A connection that is gone before it is taken must not hold up the others.
    _ = fcntl(listener, F_SETFL, O_NONBLOCK)
    var bound = sockaddr_storage()
    var length = socklen_t(MemoryLayout<sockaddr_storage>.size)
    _ = withUnsafeMutablePointer(to: &bound) {
      $0.withMemoryRebound(to: sockaddr.self, capacity: 1) { getsockname(listener, $0, &length) }
    }
    return (listener, service(&bound, length))
  }

  private static func refusal(_ reason: Int32, _ host: String, _ port: Int) -> WorkflowError {
    switch reason {
    case EADDRINUSE:
      WorkflowError(
        .refused,
        "port \(port) is in use, perhaps by another cac listen; end that one, or name another by --port"
      )
    case EACCES:
      WorkflowError(
        .refused, "port \(port) is not allowed to this account; name one above 1023 by --port")
    default:
      WorkflowError(
        .refused, "\(host):\(port): cannot be listened at (\(String(cString: strerror(reason))))")
    }
  }

  private static func name(_ address: inout sockaddr_storage, _ length: socklen_t) -> String {
    information(&address, length).0
  }

  private static func service(_ address: inout sockaddr_storage, _ length: socklen_t) -> Int {
    Int(information(&address, length).1) ?? 0
  }

  /// Address and port as numbers.
  private static func information(
    _ address: inout sockaddr_storage, _ length: socklen_t
  ) -> (String, String) {
    var host = [CChar](repeating: 0, count: 128)
    var service = [CChar](repeating: 0, count: 16)
    _ = withUnsafeMutablePointer(to: &address) {
      $0.withMemoryRebound(to: sockaddr.self, capacity: 1) {
        getnameinfo(
          $0, length, &host, socklen_t(host.count), &service, socklen_t(service.count),
          NI_NUMERICHOST | NI_NUMERICSERV)
      }
    }
    func text(_ bytes: [CChar]) -> String {
      String(decoding: bytes.prefix { $0 != 0 }.map { UInt8(bitPattern: $0) }, as: UTF8.self)
    }
    return (text(host), text(service))
  }
}
