// SPDX-License-Identifier: Apache-2.0
import Files
import Foundation
import NIOCore
import NIOPosix
import Workflow

/// The system's `stunnel`, which takes TLS connections for the server and ends with it.
struct Tunnel: Sendable {
  let port: Int
  private let host: String
  private let program: String
  private let certificate: URL
  private let key: URL

  /// A tunnel that has not been started.
  ///
  /// - Throws: `WorkflowError` where the program or a file is missing, or the port is 0.
  init(host: String, port: Int, certificate: URL, key: URL) throws {
    let programs = ["/usr/bin/stunnel", "/usr/bin/stunnel4", "/usr/local/bin/stunnel"]
    guard let program = programs.first(where: FileManager.default.isExecutableFile) else {
      throw WorkflowError(
        .missing, "a certificate needs the program stunnel; install it: apt-get install stunnel4")
    }
    guard port != 0 else {
      throw WorkflowError(.invalid, "--port 0: with a certificate, name the port")
    }
    for file in [certificate, key] {
      guard Folder.isFile(file) else { throw WorkflowError(.missing, "\(file.path): no such file") }
      guard !file.path.contains(where: \.isNewline) else {
        throw WorkflowError(.invalid, "\(file.path): has a line break in its name; rename it")
      }
    }
    (self.host, self.port, self.program) = (host, port, program)
    (self.certificate, self.key) = (certificate, key)
  }

  /// Starts it before a port of this computer; it ends when the returned pipe is closed, also where
  /// this process is killed.
  ///
  /// - Throws: `WorkflowError` with what stunnel says where it does not listen.
  func start(before inner: Int) async throws -> Pipe {
    let folder = FileManager.default.temporaryDirectory.appendingPathComponent(
      "cac-review-\(UUID().uuidString)")
    try FileManager.default.createDirectory(
      at: folder, withIntermediateDirectories: true, attributes: [.posixPermissions: 0o700])
    defer { try? FileManager.default.removeItem(at: folder) }
    let (settings, log) = (
      folder.appendingPathComponent("stunnel.conf"), folder.appendingPathComponent("log")
    )
    let text = """
      foreground = yes
      pid =
      syslog = no
      debug = err
      [review]
      accept = \(host):\(port)
      connect = 127.0.0.1:\(inner)
      cert = \(certificate.path)
      key = \(key.path)
      sslVersionMin = TLSv1.2

      """
    try Data(text.utf8).write(to: settings)
    let alive = Pipe()
    // Else the shell would hold the end that it waits for, and wait for ever.
    _ = fcntl(alive.fileHandleForWriting.fileDescriptor, F_SETFD, FD_CLOEXEC)
    let process = Process()
    process.executableURL = URL(fileURLWithPath: "/bin/sh")
    // The shell waits for the end of its input, which is that of this process; other signals than KILL
    // are ignored by what a server starts, since the server itself does.
    process.arguments = [
      "-c", #""$0" "$1" >"$2" 2>&1 & child=$!; cat >/dev/null; kill -KILL "$child""#,
      program,
      settings.path, log.path,
    ]
    process.standardInput = alive
    try process.run()
    // What it says before it listens is printed where it cannot.
    func requireNoRefusal() throws {
      let said = (try? String(contentsOf: log, encoding: .utf8)) ?? ""
      if said.contains("Configuration failed") || said.contains("] failed") { throw refusal(said) }
    }
    for _ in 0..<400 {
      try await Task.sleep(for: .milliseconds(50))
      try requireNoRefusal()
      guard await listens() else { continue }
      // Another program may have the port.
      try await Task.sleep(for: .milliseconds(200))
      try requireNoRefusal()
      return alive
    }
    throw WorkflowError(.program, "\(program): did not start within twenty seconds")
  }

  /// Whether somebody takes connections at the port.
  private func listens() async -> Bool {
    let name = ["0.0.0.0", "::"].contains(host) ? "127.0.0.1" : host
    let channel = try? await ClientBootstrap(group: MultiThreadedEventLoopGroup.singleton)
      .connect(host: name, port: port).get()
    try? await channel?.close().get()
    return channel != nil
  }

  private func refusal(_ said: String) -> WorkflowError {
    if said.contains("Address already in use") {
      return WorkflowError(
        .refused, "port \(port) is in use; end what uses it, or name another by --port")
    }
    if said.contains("Binding service") {
      return WorkflowError(
        .invalid,
        "--host \(host) --port \(port): cannot be listened on; name an address of this computer")
    }
    if said.contains("key values mismatch") {
      return WorkflowError(.invalid, "\(key.path): is not the key of \(certificate.path)")
    }
    if !said.contains("Certificate loaded from file") {
      return WorkflowError(.invalid, "\(certificate.path): is no certificate as PEM")
    }
    return WorkflowError(.invalid, "\(key.path): is no private key as PEM without a password")
  }
}
