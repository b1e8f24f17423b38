// SPDX-License-Identifier: Apache-2.0
package import ArgumentParser
package import DICOMResults
package import Foundation

/// How another application is called by DICOM's own protocol.
package struct ConnectionOptions: ParsableArguments, Sendable {
  @Option(help: "The AE title that this program calls itself.")
  package var calling = "CAC"
  @Option(help: "Seconds to wait for a connection, and for each answer.")
  package var timeout = 30
  @Option(help: "TLS: a PEM file with the certificates that are trusted.")
  package var tlsTrust: String?
  @Option(help: "TLS: a PEM file with this side's certificate.")
  package var tlsCertificate: String?
  @Option(help: "TLS: a PEM file with this side's key.")
  package var tlsKey: String?

  package init() {}

  package func validate() throws {
    guard Titles.isTitle(calling) else {
      throw ValidationError("--calling must have 1 to 16 characters of ASCII")
    }
    guard (1...3600).contains(timeout) else {
      throw ValidationError("--timeout must be from 1 to 3600 seconds, not \(timeout)")
    }
    guard (tlsCertificate == nil) == (tlsKey == nil), tlsTrust != nil || tlsKey == nil else {
      throw ValidationError("--tls-certificate and --tls-key go together, and with --tls-trust")
    }
  }

  /// Puts the options into a request.
  package func apply(to request: inout SendRequest) {
    request.calling = calling
    request.timeout = timeout
    request.trusted = tlsTrust.map(path)
    request.certificate = tlsCertificate.map(path)
    request.key = tlsKey.map(path)
  }
}

/// How a server of DICOMweb is told who asks.
///
/// Secrets are read from files or the environment, never from the command line, which other accounts see.
package struct WebOptions: ParsableArguments, Sendable {
  @Option(
    help: """
      DICOMweb: a file with the bearer token. (default: $CAC_WEB_TOKEN, if set)
      """)
  package var webTokenFile: String?
  @Option(help: "DICOMweb: the user's name, for Basic authentication.")
  package var webUser: String?
  @Option(
    help: """
      DICOMweb: a file with the user's password. (default: $CAC_WEB_PASSWORD)
      """)
  package var webPasswordFile: String?

  package init() {}

  package func validate() throws {
    if webTokenFile != nil, webUser != nil {
      throw ValidationError("--web-token-file and --web-user exclude each other; give one")
    }
    if webPasswordFile != nil, webUser == nil {
      throw ValidationError("--web-password-file needs --web-user")
    }
  }
}

/// AE titles (PS3.5, 6.2): up to 16 characters of ASCII, no backslash, no control characters.
package enum Titles {
  /// Whether a text is one.
  package static func isTitle(_ text: String) -> Bool {
    (1...16).contains(text.count) && text.first != " " && text.last != " "
      && text.unicodeScalars.allSatisfy { (32...126).contains($0.value) && $0 != "\\" }
  }
}

/// Peers by their web address.
package enum WebPeer {
  /// The address of a server of DICOMweb; `nil` for a text that is none.
  package static func address(_ text: String) -> URL? {
    guard isWeb(text), let url = URL(string: text), let host = url.host(), !host.isEmpty,
      url.query() == nil, url.user() == nil
    else { return nil }
    return url
  }

  /// Whether a text means one.
  package static func isWeb(_ text: String) -> Bool {
    ["http://", "https://"].contains { text.lowercased().hasPrefix($0) }
  }
}

/// The file URL of a path as the user typed it, relative paths from the current folder.
func path(_ text: String) -> URL { URL(fileURLWithPath: text) }
