// SPDX-License-Identifier: Apache-2.0
import AsyncHTTPClient
import Files
package import Foundation
import NIOCore
import NIOSSL
import Workflow

/// A server of DICOMweb (PS3.18), and how it is told who asks.
package struct WebServer: Sendable {
  /// The address in front of `/studies`.
  package var address: URL
  /// The PEM file with the certificates that are trusted; those of the system where it is `nil`.
  package var trusted: URL?
  /// The PEM files of this side's certificate and key.
  package var certificate: URL?
  /// The PEM file of this side's key.
  package var key: URL?
  /// Seconds to wait for a connection, and for each answer.
  package var timeout = 30
  /// What the header `Authorization` says; `nil` for none.
  package private(set) var authorization: String?

  /// A server that asks for nothing.
  package init(_ address: URL) { self.address = address }

  /// How it is called in messages: its address without what may be a secret.
  package var name: String {
    "\(address.scheme ?? "http")://\(address.host() ?? "")"
      + (address.port.map { ":\($0)" } ?? "") + address.path()
  }

  /// Reads the token or the password, from a file or from the environment.
  ///
  /// - Throws: `WorkflowError` where one is missing, cannot be read, or would be sent without encryption over a
  ///   network.
  package mutating func identify(
    tokenFile: URL?, user: String?, passwordFile: URL?,
    environment: [String: String] = ProcessInfo.processInfo.environment
  ) throws {
    authorization = nil
    if let user {
      let password = try passwordFile.map(Self.secret) ?? environment["CAC_WEB_PASSWORD"]
      guard let password else {
        throw WorkflowError(
          .missing,
          "--web-user \(user): no password; name its file by --web-password-file, or set CAC_WEB_PASSWORD"
        )
      }
      authorization = "Basic " + Data("\(user):\(password)".utf8).base64EncodedString()
    } else if let token = try tokenFile.map(Self.secret) ?? environment["CAC_WEB_TOKEN"],
      !token.isEmpty
    {
      authorization = "Bearer \(token)"
    }
    let isLocal = ["localhost", "127.0.0.1", "::1", "[::1]"].contains(address.host() ?? "")
    guard authorization == nil || address.scheme?.lowercased() == "https" || isLocal else {
      throw WorkflowError(
        .refused,
        "\(name): a token or password would be sent unencrypted; name an address that begins with https://"
      )
    }
  }

  /// The first line of a file.
  private static func secret(_ file: URL) throws -> String {
    guard let data = try? Data(contentsOf: file), data.count <= 65_536,
      let text = String(data: data, encoding: .utf8),
      let line = text.split(whereSeparator: \.isNewline).first
    else {
      throw WorkflowError(.missing, "\(file.path): holds no token or password that can be read")
    }
    return line.trimmingCharacters(in: .whitespaces)
  }

  /// The address of something below the server's own.
  func url(_ path: String, query: [(String, String)] = []) -> String {
    var text = address.absoluteString
    while text.hasSuffix("/") { text.removeLast() }
    text += path
    guard !query.isEmpty else { return text }
    let allowed = CharacterSet(
      charactersIn: "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789-._~")
    let words = query.map {
      "\($0.0)=\($0.1.addingPercentEncoding(withAllowedCharacters: allowed) ?? "")"
    }
    return text + "?" + words.joined(separator: "&")
  }

  /// The client's settings; redirections are not followed, so that no secret goes elsewhere.
  func configuration() throws -> HTTPClient.Configuration {
    var settings = HTTPClient.Configuration()
    settings.redirectConfiguration = .disallow
    settings.timeout = .init(
      connect: .seconds(Int64(timeout)), read: .seconds(Int64(timeout)))
    settings.httpVersion = .http1Only
    settings.tlsConfiguration = try tls()
    return settings
  }

  private func tls() throws -> TLSConfiguration {
    var tls = TLSConfiguration.makeClientConfiguration()
    tls.minimumTLSVersion = .tlsv12
    func readable(_ file: URL, _ what: String) -> WorkflowError {
      WorkflowError(.invalid, "\(file.path): holds no \(what) in PEM that can be read")
    }
    if let trusted {
      guard let found = try? NIOSSLCertificate.fromPEMFile(trusted.path), !found.isEmpty else {
        throw readable(trusted, "certificate")
      }
      tls.trustRoots = .certificates(found)
    }
    if let certificate, let key {
      guard let chain = try? NIOSSLCertificate.fromPEMFile(certificate.path), !chain.isEmpty else {
        throw readable(certificate, "certificate")
      }
      guard let found = try? NIOSSLPrivateKey(file: key.path, format: .pem) else {
        throw readable(key, "key")
      }
      tls.certificateChain = chain.map { .certificate($0) }
      tls.privateKey = .privateKey(found)
    }
    return tls
  }
}
