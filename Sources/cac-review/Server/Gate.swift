// SPDX-License-Identifier: Apache-2.0
import Foundation
import HTTPTypes
import Hummingbird
import ReviewStore
import Synchronization

/// What is asked of every request before it is looked at, and said with every answer.
///
/// A page of another site can make the browser send requests here. Names that resolve to this computer
/// are told by the Host (DNS rebinding), other pages by Origin and Sec-Fetch-Site, and what they can
/// send without asking first, such as forms, by the kind of content and by a header.
final class Gate: Sendable {
  let sessions: Sessions
  private let port: Mutex<Int>
  private let names: [String]
  private let scheme: String

  init(_ sessions: Sessions, _ listening: Listening, port: Int) {
    self.sessions = sessions
    names = listening.names
    scheme = listening.scheme
    self.port = Mutex(port)
  }

  static let writeToken = HTTPField.Name(known: "X-CAC-Token")
  static let site = HTTPField.Name(known: "Sec-Fetch-Site")
  static let securityPolicy = HTTPField.Name(known: "Content-Security-Policy")
  private static let referrerPolicy = HTTPField.Name(known: "Referrer-Policy")
  private static let options = HTTPField.Name(known: "X-Content-Type-Options")
  private static let frames = HTTPField.Name(known: "X-Frame-Options")
  private static let openerPolicy = HTTPField.Name(known: "Cross-Origin-Opener-Policy")
  private static let resourcePolicy = HTTPField.Name(known: "Cross-Origin-Resource-Policy")

  /// The cookie's name; cookies do not tell ports apart, so the name does.
  var cookie: String { "cac-review-\(port.withLock { $0 })" }

  /// Tells the port that a server with port 0 was given.
  func listen(on number: Int) { port.withLock { $0 = number } }

  /// Why a request is refused whoever sends it; `nil` where it is not.
  func refusal(of request: Request) -> (HTTPResponse.Status, String)? {
    let number = port.withLock { $0 }
    guard let host = request.head.authority?.lowercased(), isOwn(host, number) else {
      return (
        .forbidden,
        "this address is not the one that cac review printed; open \(scheme)://\(names[0]):\(number)/"
      )
    }
    if request.head.path?.utf8.count ?? 0 > 1024 {
      return (.uriTooLong, "the address is too long")
    }
    if let site = request.headers[Self.site], site != "same-origin", site != "none" {
      return (.forbidden, "another site asked for this; open the address that cac review printed")
    }
    guard request.method != .get, request.method != .head else { return nil }
    guard request.method == .post else { return (.methodNotAllowed, "use GET or POST") }
    guard let origin = request.headers[.origin],
      origin.hasPrefix("\(scheme)://"),
      isOwn(String(origin.dropFirst(scheme.utf8.count + 3)), number)
    else {
      return (.forbidden, "another page sent this; reload the page of cac review")
    }
    let kind = request.headers[.contentType]?.lowercased().split(separator: ";").first
    guard kind?.trimmingCharacters(in: .whitespaces) == "application/json" else {
      return (.unsupportedMediaType, "the content has to be application/json")
    }
    return nil
  }

  /// Whether a name with its port is this server; browsers leave out the ports 80 and 443.
  private func isOwn(_ host: String, _ number: Int) -> Bool {
    let isUsual = number == (scheme == "https" ? 443 : 80)
    return names.contains { host == "\($0):\(number)" || isUsual && host == $0 }
  }

  /// The session's id of a request's cookie.
  func sessionID(of request: Request) -> String? {
    for field in request.headers[values: .cookie] {
      for part in field.split(separator: ";") {
        let pair = part.trimmingCharacters(in: .whitespaces).split(separator: "=", maxSplits: 1)
        if pair.count == 2, pair[0] == cookie { return String(pair[1]) }
      }
    }
    return nil
  }

  /// The cookie of a session; without an id, one that takes it away.
  func cookie(for id: String?) -> String {
    "\(cookie)=\(id ?? ""); Path=/; HttpOnly; SameSite=Strict"
      + (scheme == "https" ? "; Secure" : "") + (id == nil ? "; Max-Age=0" : "")
  }

  /// Adds what every answer says.
  func guarded(_ response: Response) -> Response {
    var response = response
    if response.headers[Self.securityPolicy] == nil {
      response.headers[Self.securityPolicy] =
        "default-src 'self'; img-src 'self' data: blob:; base-uri 'none'; form-action 'none'; "
        + "frame-ancestors 'none'"
    }
    response.headers[Self.referrerPolicy] = "no-referrer"
    response.headers[Self.options] = "nosniff"
    response.headers[Self.frames] = "DENY"
    response.headers[Self.openerPolicy] = "same-origin"
    response.headers[Self.resourcePolicy] = "same-origin"
    response.headers[.cacheControl] = "no-store"
    return response
  }
}

extension HTTPField.Name {
  /// A name that is known to be one.
  fileprivate init(known text: String) {
    guard let name = Self(text) else { preconditionFailure("\(text) is no name of a header") }
    self = name
  }
}
