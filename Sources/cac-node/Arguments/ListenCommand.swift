// SPDX-License-Identifier: Apache-2.0
package import ArgumentParser
import DICOMResults
import Foundation
import Text

/// `cac listen`: a DICOM node that scores what it is sent and sends the results back.
///
/// The arguments are described here for both programs: `cac`, which knows its verbs and their help, and
/// `cac-node`, which has the server and the queue. What a verb does is `NodeVerbs.handler`.
package struct ListenCommand: AsyncParsableCommand {
  package static let configuration = CommandConfiguration(
    commandName: "listen",
    abstract: "A DICOM node: receives studies, scores them, and sends the results to an archive.",
    discussion: """
      Objects are taken by C-STORE, and acknowledged when they are on the disk. A study that got nothing new \
      for --quiet seconds is scored as cac dicom does, and its Segmentation, report, PDF and pictures are sent \
      to --to. What is to be done lies in a queue that outlives the program, a full disk and an archive that is \
      down. Ctrl-C or SIGTERM ends.

      Examples:
        cac listen --to ARCHIVE@127.0.0.1:4242
        cac listen --host 0.0.0.0 --port 11112 --allow SCANNER@10.0.0.7 --to ARCHIVE@10.0.0.8:104
        cac listen status --json
        cac listen retry
      Research software, not a medical device.
      """,
    subcommands: [ListenServe.self, ListenStatus.self, ListenRetry.self],
    defaultSubcommand: ListenServe.self)

  package init() {}
}

/// `cac listen`: the node.
package struct ListenServe: AsyncParsableCommand, Sendable {
  package static let configuration = CommandConfiguration(
    commandName: "serve", abstract: "Receive, score and send (the default).")

  @Option(help: "The node's AE title, which callers must name.")
  package var title = "CAC"
  @Option(help: "The address to listen at; 0.0.0.0 or :: for all, with --allow.")
  package var host = "127.0.0.1"
  @Option(help: "The port; 0 takes a free one.")
  package var port = 11112
  @Option(
    help: """
      Who may call: TITLE, TITLE@ADDRESS or *@ADDRESS, where an address may be a network as 10.0.0.0/24; \
      may be repeated. (default: anyone who reaches a loopback address)
      """)
  package var allow: [String] = []
  @Option(help: "The folder for studies, results and the queue; made where there is none.")
  package var folder = "cac-node"
  @Option(
    help: """
      Where results are sent: TITLE@HOST:PORT, or the address of a DICOMweb. Without it they stay in the \
      folder.
      """)
  package var to: String?
  @Option(help: "A model folder, or a model in one file (default: the default model).")
  package var model: String?
  @Option(help: "Seconds without a new object after which a study is complete.")
  package var quiet = 30.0
  @Option(help: "Associations at once; further callers wait.")
  package var associations = 16
  @Option(help: "The largest PDU in bytes.")
  package var maxPdu = 131_072
  @Option(help: "Seconds to wait for a peer's bytes.")
  package var timeout = 30
  @Option(help: "Megabytes of the disk that stay free; objects are refused before (status A700).")
  package var reserve = 1024
  @Option(help: "Days that studies and results are kept after the work on them.")
  package var keep = 7.0
  @Option(help: "Seconds to the second attempt of a step that failed; doubles up to an hour.")
  package var pause = 10.0
  @Option(help: "TLS: a PEM file with the node's certificate; callers must use TLS.")
  package var tlsCertificate: String?
  @Option(help: "TLS: a PEM file with the key of the certificate.")
  package var tlsKey: String?
  @Option(help: "TLS: a PEM file with the certificates that vouch for callers, who must show one.")
  package var tlsTrust: String?
  @Option(
    help: """
      TLS to the peer of --to: a PEM file with the certificates that are trusted. For https:// without it, \
      those of the system.
      """)
  package var toTrust: String?
  @OptionGroup package var web: WebOptions
  @Argument(parsing: .postTerminator, help: "Further arguments of cac dicom.")
  package var scoring: [String] = []

  package init() {}

  package func validate() throws {
    guard Titles.isTitle(title) else {
      throw ValidationError("--title must have 1 to 16 characters of ASCII")
    }
    if let to, WebPeer.address(to) == nil, SendRequest.peer(to) == nil {
      throw ValidationError(
        "--to must name a peer, as ARCHIVE@10.0.0.7:104 or https://host/dicom-web, not \(to)")
    }
    try validateNumbers()
    guard (tlsCertificate == nil) == (tlsKey == nil), tlsTrust == nil || tlsKey != nil else {
      throw ValidationError(
        "--tls-certificate and --tls-key go together; --tls-trust needs both")
    }
    if allow.isEmpty, !["127.0.0.1", "::1"].contains(host) {
      throw ValidationError(
        "--host \(host) is reached from elsewhere; say by --allow who may call")
    }
  }

  private func validateNumbers() throws {
    for (name, value, range) in [
      ("port", port, 0...65535), ("associations", associations, 1...256),
      ("max-pdu", maxPdu, 4096...131_072), ("timeout", timeout, 1...3600),
      ("reserve", reserve, 1...10_000_000),
    ] where !range.contains(value) {
      throw ValidationError(
        "--\(name) must be from \(range.lowerBound) to \(range.upperBound), not \(value)")
    }
    for (name, value, range) in [
      ("quiet", quiet, 0.1...86_400), ("keep", keep, 0...3650), ("pause", pause, 0.1...3600),
    ] where !range.contains(value) {
      throw ValidationError(
        "--\(name) must be from \(readable(range.lowerBound)) to \(readable(range.upperBound)), not \(value)"
      )
    }
  }

  package func run() async throws { try await NodeVerbs.run(.listen(self)) }
}

/// `cac listen status`: what the queue holds.
package struct ListenStatus: AsyncParsableCommand, Sendable {
  package static let configuration = CommandConfiguration(
    commandName: "status",
    abstract: "Say what is arriving, waiting, worked on, failed, given up and done.",
    discussion: """
      Studies are called by the first 12 digits of the SHA-256 of their UID: \
      printf %s 1.2.840.99.7 | sha256sum

      Example: cac listen status --json
      """)

  @Option(help: "The node's folder.")
  package var folder = "cac-node"
  @Flag(help: "As JSON.")
  package var json = false

  package init() {}
  package func run() async throws { try await NodeVerbs.run(.status(self)) }
}

/// `cac listen retry`: another chance for what was given up.
package struct ListenRetry: AsyncParsableCommand, Sendable {
  package static let configuration = CommandConfiguration(
    commandName: "retry", abstract: "Try again what was given up; the node may be running.",
    discussion: """
      Example: cac listen retry 3fa9c1d2
      """)

  @Argument(help: "The beginnings of the studies' names; all without one.")
  package var studies: [String] = []
  @Option(help: "The node's folder.")
  package var folder = "cac-node"

  package init() {}
  package func run() async throws { try await NodeVerbs.run(.retry(self)) }
}
