// SPDX-License-Identifier: Apache-2.0
import ArgumentParser
import DICOMWeb
import Foundation
import NodeArguments

/// Some files were not stored.
enum Unfinished {
  static let status = ExitCode(3)
}

extension ConnectionOptions {
  /// The server of an address; `nil` for a text that is none.
  func server(_ peer: String?, _ web: WebOptions) throws -> WebServer? {
    guard let address = peer.flatMap(WebPeer.address) else { return nil }
    var server = WebServer(address)
    server.trusted = tlsTrust.map(path)
    server.certificate = tlsCertificate.map(path)
    server.key = tlsKey.map(path)
    server.timeout = timeout
    try web.identify(&server)
    return server
  }
}

extension WebOptions {
  /// Puts the token or password into a server.
  func identify(_ server: inout WebServer) throws {
    try server.identify(
      tokenFile: webTokenFile.map(path), user: webUser, passwordFile: webPasswordFile.map(path))
  }
}
