// SPDX-License-Identifier: Apache-2.0
import ArgumentParser
import DICOMResults

/// How another application is called by DICOM's own protocol.
struct ConnectionOptions: ParsableArguments {
  @Option(help: "The AE title that this program calls itself.")
  var calling = "CAC"
  @Option(help: "Seconds to wait for a connection, and for each answer.")
  var timeout = 30
  @Option(help: "TLS: a PEM file with the certificates that are trusted.")
  var tlsTrust: String?
  @Option(help: "TLS: a PEM file with this side's certificate.")
  var tlsCertificate: String?
  @Option(help: "TLS: a PEM file with this side's key.")
  var tlsKey: String?

  func validate() throws {
    guard calling.count <= 16, !calling.isEmpty, calling.allSatisfy(\.isASCII) else {
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
  func apply(to request: inout SendRequest) {
    request.calling = calling
    request.timeout = timeout
    request.trusted = tlsTrust.map(path)
    request.certificate = tlsCertificate.map(path)
    request.key = tlsKey.map(path)
  }
}
