// SPDX-License-Identifier: Apache-2.0
import Foundation
import Testing

#if canImport(Glibc)
  import Glibc
#elseif canImport(Musl)
  import Musl
#else
  import Darwin
#endif

/// One request over a socket of its own, with exactly the headers that are given: clients of
/// libraries would mend the ones that a test wants wrong.
enum RawHTTP {
  struct Response {
    let status: Int
    let headers: [String: String]
    let body: Data

    var text: String { String(decoding: body, as: UTF8.self) }
    var json: [String: Any] {
      (try? JSONSerialization.jsonObject(with: body) as? [String: Any]) ?? [:]
    }
  }

  struct Failure: Error { let what: String }

  static func send(
    _ method: String, _ path: String, port: Int, headers: [(String, String)] = [],
    body: Data? = nil
  ) throws -> Response {
    var head = "\(method) \(path) HTTP/1.1\r\n"
    if !headers.contains(where: { $0.0 == "Host" }) { head += "Host: 127.0.0.1:\(port)\r\n" }
    for (name, value) in headers { head += "\(name): \(value)\r\n" }
    if let body { head += "Content-Length: \(body.count)\r\n" }
    head += "Connection: close\r\n\r\n"
    return try exchange(Data(head.utf8) + (body ?? Data()), port: port)
  }

  /// Sends bytes as they are and reads one answer.
  static func exchange(_ bytes: Data, port: Int) throws -> Response {
    #if os(Linux)
      let kind = Int32(SOCK_STREAM.rawValue)
    #else
      let kind = SOCK_STREAM
    #endif
    let handle = socket(AF_INET, kind, 0)
    guard handle >= 0 else { throw Failure(what: "socket") }
    defer { close(handle) }
    var limit = timeval(tv_sec: 60, tv_usec: 0)
    setsockopt(handle, SOL_SOCKET, SO_RCVTIMEO, &limit, socklen_t(MemoryLayout<timeval>.size))
    var address = sockaddr_in()
    address.sin_family = sa_family_t(AF_INET)
    address.sin_port = in_port_t(port).bigEndian
    address.sin_addr.s_addr = inet_addr("127.0.0.1")
    let connected = withUnsafePointer(to: &address) {
      $0.withMemoryRebound(to: sockaddr.self, capacity: 1) {
        connect(handle, $0, socklen_t(MemoryLayout<sockaddr_in>.size))
      }
    }
    guard connected == 0 else { throw Failure(what: "no one listens on port \(port)") }
    var sent = 0
    while sent < bytes.count {
      let rest = Array(bytes.dropFirst(sent))
      let count = Glibc.send(handle, rest, rest.count, Int32(MSG_NOSIGNAL))
      guard count > 0 else { break }
      sent += count
    }
    var received = Data()
    var buffer = [UInt8](repeating: 0, count: 1 << 16)
    while true {
      if let whole = parsed(received), whole.isWhole { return whole.response }
      let count = recv(handle, &buffer, buffer.count, 0)
      guard count > 0 else { break }
      received.append(contentsOf: buffer[..<count])
    }
    guard let last = parsed(received) else { throw Failure(what: "no answer") }
    return last.response
  }

  private static func parsed(_ data: Data) -> (response: Response, isWhole: Bool)? {
    guard let end = data.range(of: Data("\r\n\r\n".utf8)) else { return nil }
    let lines = String(decoding: data[..<end.lowerBound], as: UTF8.self)
      .components(separatedBy: "\r\n")
    let status = Int(lines[0].split(separator: " ").dropFirst().first ?? "") ?? 0
    var headers: [String: String] = [:]
    for line in lines.dropFirst() {
      let pair = line.split(separator: ":", maxSplits: 1).map {
        $0.trimmingCharacters(in: .whitespaces)
      }
      if pair.count == 2 { headers[pair[0].lowercased()] = pair[1] }
    }
    let body = Data(data[end.upperBound...])
    let length = headers["content-length"].flatMap { Int($0) }
    return (
      Response(status: status, headers: headers, body: body),
      length.map { body.count >= $0 } ?? false
    )
  }
}
