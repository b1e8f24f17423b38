// SPDX-License-Identifier: Apache-2.0
import CommandSupport
import Foundation
import NIfTI
import TestSupport
import Testing
import Volume

#if canImport(Glibc)
  import Glibc
#endif

/// `cac review` as a process, until the value goes.
final class RunningServer {
  let process = Process()
  let port: Int
  let token: String
  let address: String
  private let output = Pipe()

  /// Starts it in a folder, by a launcher that becomes it, and waits for its address.
  init(
    _ arguments: [String], in folder: URL, port wanted: Int = 0, launcher: [String] = [],
    environment: [String: String]? = nil
  ) throws {
    let executable = try #require(Cac.executable, "build the package first")
    let line =
      launcher + [executable.path, "review"] + arguments + ["--port", "\(wanted)"]
      + (environment == nil ? ["--no-browser"] : [])
    process.executableURL = URL(fileURLWithPath: line[0])
    process.arguments = Array(line.dropFirst())
    if let environment {
      process.environment = ProcessInfo.processInfo.environment.merging(environment) { $1 }
    }
    process.currentDirectoryURL = folder
    process.standardOutput = output
    process.standardError = FileHandle.nullDevice
    process.standardInput = FileHandle.nullDevice
    try process.run()
    var text = ""
    while !text.contains("Ctrl-C") {
      let data = output.fileHandleForReading.availableData
      if data.isEmpty { break }
      text += String(decoding: data, as: UTF8.self)
    }
    let match = try #require(
      text.firstMatch(of: ##/https?://[^ :]+:([0-9]+)/#token=([0-9a-f]+)/##), "\(text)")
    address = String(match.0)
    port = try #require(Int(match.1))
    token = String(match.2)
  }

  deinit { stop() }

  /// Ends it as the power would.
  func kill() {
    Glibc.kill(process.processIdentifier, SIGKILL)
    process.waitUntilExit()
  }

  func stop() {
    guard process.isRunning else { return }
    process.terminate()
    process.waitUntilExit()
  }
}

/// A reader without a browser: cookie, write token and actions over plain requests.
struct PlainReader {
  let server: RunningServer
  var cookie = ""
  var writeToken = ""

  init(_ server: RunningServer, token: String? = nil) throws {
    self.server = server
    let opened = try post("/api/session", ["token": token ?? server.token])
    writeToken = opened.json["writeToken"] as? String ?? ""
    cookie = String(opened.headers["set-cookie"]?.split(separator: ";").first ?? "")
  }

  mutating func logIn(_ name: String, _ password: String) throws -> RawHTTP.Response {
    let answer = try post("/api/login", ["name": name, "password": password])
    if answer.status == 200 {
      writeToken = answer.json["writeToken"] as? String ?? ""
      cookie = String(answer.headers["set-cookie"]?.split(separator: ";").first ?? "")
    }
    return answer
  }

  func get(_ path: String) throws -> RawHTTP.Response {
    try RawHTTP.send("GET", path, port: server.port, headers: [("Cookie", cookie)])
  }

  func post(_ path: String, _ value: Any) throws -> RawHTTP.Response {
    try RawHTTP.send(
      "POST", path, port: server.port,
      headers: [
        ("Origin", "http://127.0.0.1:\(server.port)"), ("Content-Type", "application/json"),
        ("Cookie", cookie), ("X-CAC-Token", writeToken),
      ], body: JSONSerialization.data(withJSONObject: value))
  }

  /// Opens a case and waits until it is ready; returns the reading.
  func open(_ number: Int) throws -> [String: Any] {
    for _ in 0..<300 {
      let answer = try get("/api/cases/\(number)/scan")
      if answer.status != 202 { break }
      usleep(50_000)
    }
    return try get("/api/cases/\(number)/reading").json
  }

  func act(_ action: [String: Any], on number: Int, version: Int, reason: String? = nil) throws
    -> RawHTTP.Response
  {
    var message: [String: Any] = ["version": version, "action": action]
    message["reason"] = reason
    return try post("/api/cases/\(number)/actions", message)
  }
}

/// A scan with plaques at known places.
enum PlaqueScan {
  /// Writes 96 × 96 × 20 voxels of 1 × 1 × 3 mm.
  ///
  /// One plaque lies in two slices, a denser one in one slice, and a long one is shared by two
  /// arteries. A bone stands at the border. Without `hasDense`, as years before, the denser one is not
  /// there.
  static func write(to url: URL, hasDense: Bool = true) throws {
    var ct = Volume<Int16>(
      geometry: Geometry(
        extent: Extent(slices: 20, rows: 96, columns: 96), spacing: SIMD3(1, 1, 3)), repeating: 40)
    func block(_ x: ClosedRange<Int>, _ y: ClosedRange<Int>, _ z: ClosedRange<Int>, _ hu: Int16) {
      for slice in z { for row in y { for column in x { ct[slice, row, column] = hu } } }
    }
    block(30...33, 40...43, 9...10, 210)
    if hasDense { block(60...62, 50...53, 10...10, 450) }
    block(20...31, 70...72, 10...10, 320)
    block(78...89, 4...15, 0...19, 600)
    try NIfTIFile.write(ct, to: url)
  }
}
