// SPDX-License-Identifier: Apache-2.0
import Files
import Foundation
import ReviewArguments
import Workflow

/// Where the server listens: on this computer alone, or with a certificate for others, too.
///
/// The server itself stays on 127.0.0.1. For others, `stunnel` of the system, with the system's OpenSSL
/// and its updates, takes TLS connections and hands them on.
struct Listening: Sendable {
  /// The names that an address may have, the one to be printed first.
  let names: [String]
  /// What others connect to; `nil` without TLS.
  let tunnel: Tunnel?

  /// Where the arguments say.
  ///
  /// - Parameter hasAccounts: whether the store has accounts. Others than this computer's own users are
  ///   let in by a password over TLS alone.
  /// - Throws: `WorkflowError` for an address of others without either, and for files that are missing.
  init(_ arguments: ReviewServe, hasAccounts: Bool) throws {
    let host = arguments.host
    let isOwn = ["127.0.0.1", "localhost", "::1"].contains(host)
    guard isOwn || arguments.certificate != nil else {
      throw WorkflowError(
        .refused,
        "--host \(host): other computers would read patients' images in clear; add --certificate and --key, "
          + "or pass the port through ssh: ssh -L \(arguments.port):127.0.0.1:\(arguments.port) HOST"
      )
    }
    guard isOwn || hasAccounts else {
      throw WorkflowError(
        .refused,
        "--host \(host): other computers are let in by accounts alone, and \(arguments.store) has none; "
          + "add one: cac review user add NAME --store \(arguments.store)")
    }
    let isAny = ["0.0.0.0", "::"].contains(host)
    guard !isAny || arguments.name != nil else {
      throw WorkflowError(
        .invalid,
        "--host \(host): is every address of this computer; say by --name what it is called")
    }
    let own = ["127.0.0.1", "localhost", "[::1]"]
    let address = host.contains(":") ? "[\(host)]" : host
    let called = ([arguments.name].compactMap(\.self) + (isAny || isOwn ? [] : [address]))
      .map { $0.lowercased() }
    names = called + own.filter { !called.contains($0) }
    guard let certificate = arguments.certificate, let key = arguments.key else {
      guard host == "127.0.0.1" || host == "localhost" else {
        throw WorkflowError(
          .invalid, "--host \(host): without a certificate, 127.0.0.1 is listened on")
      }
      tunnel = nil
      return
    }
    tunnel = try Tunnel(
      host: host, port: arguments.port, certificate: path(certificate), key: path(key))
  }

  /// What an address begins with.
  var scheme: String { tunnel == nil ? "http" : "https" }
}
