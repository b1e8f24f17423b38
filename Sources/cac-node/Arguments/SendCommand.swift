// SPDX-License-Identifier: Apache-2.0
package import ArgumentParser
import DICOMResults
import Foundation

/// `cac send`: objects to another application, by C-STORE or STOW-RS.
package struct SendCommand: AsyncParsableCommand, Sendable {
  package static let configuration = CommandConfiguration(
    commandName: "send",
    abstract: "Send DICOM files to an archive (C-STORE, STOW-RS), or ask if it answers (C-ECHO).",
    discussion: """
      A peer is named TITLE@HOST:PORT, or by the address of its DICOMweb. Files that were not stored are \
      listed, and end in status 3; sending them again is harmless.

      Examples:
        cac send --echo ARCHIVE@10.0.0.7:104
        cac send results ARCHIVE@10.0.0.7:104
        cac send results/seg.dcm results/sr.dcm ARCHIVE@10.0.0.7:104 --calling CAC
        cac send results https://archive.example.org/dicom-web --web-token-file token
      """)

  @Argument(help: "Files and folders to send, then the peer as TITLE@HOST:PORT or https://….")
  package var filesAndPeer: [String]
  @Flag(help: "Only ask whether the peer answers; no files.")
  package var echo = false
  @OptionGroup package var connection: ConnectionOptions
  @OptionGroup package var web: WebOptions

  package init() {}

  package func validate() throws {
    let peer = filesAndPeer.last ?? ""
    guard WebPeer.address(peer) != nil || SendRequest.peer(peer) != nil else {
      throw ValidationError(
        "the last word must name the peer, as ARCHIVE@10.0.0.7:104 or https://host/dicom-web, not \(peer)"
      )
    }
    guard echo == (filesAndPeer.count == 1) else {
      throw ValidationError(
        echo ? "--echo sends no files; name the peer alone" : "name the files before the peer")
    }
    if WebPeer.isWeb(peer), echo {
      throw ValidationError("--echo is DICOM's own protocol; name the peer as ARCHIVE@10.0.0.7:104")
    }
  }

  package func run() async throws {
    guard let peer = filesAndPeer.last else { return }
    if WebPeer.isWeb(peer) { return try await NodeVerbs.run(.send(self)) }
    guard var request = SendRequest.peer(peer) else { return }
    connection.apply(to: &request)
    if echo {
      print(try request.echo())
      return
    }
    let outcome = try request.send(filesAndPeer.dropLast().map(path))
    print(outcome.text)
    if !outcome.isComplete { throw ExitCode(3) }
  }
}
