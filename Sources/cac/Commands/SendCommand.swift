// SPDX-License-Identifier: Apache-2.0
import ArgumentParser
import DICOMResults
import Foundation

/// `cac send`: objects to another application, by C-STORE.
struct SendCommand: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "send",
    abstract: "Send DICOM files to an archive (C-STORE), or ask whether it answers (C-ECHO).",
    discussion: """
      A peer is named TITLE@HOST:PORT. Files that were not stored are listed, and end in status 3; sending \
      them again is harmless.

      Examples:
        cac send --echo ARCHIVE@10.0.0.7:104
        cac send results ARCHIVE@10.0.0.7:104
        cac send results/seg.dcm results/sr.dcm ARCHIVE@10.0.0.7:104 --calling CAC
      """)

  @Argument(help: "Files and folders to send, then the peer as TITLE@HOST:PORT.")
  var filesAndPeer: [String]
  @Flag(help: "Only ask whether the peer answers; no files.")
  var echo = false
  @OptionGroup var connection: ConnectionOptions

  func validate() throws {
    guard filesAndPeer.last.flatMap(SendRequest.peer) != nil else {
      throw ValidationError(
        "the last word must name the peer, as ARCHIVE@10.0.0.7:104, not \(filesAndPeer.last ?? "")")
    }
    guard echo == (filesAndPeer.count == 1) else {
      throw ValidationError(
        echo ? "--echo sends no files; name the peer alone" : "name the files before the peer")
    }
  }

  func run() throws {
    guard var request = filesAndPeer.last.flatMap(SendRequest.peer) else { return }
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
