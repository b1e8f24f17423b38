// SPDX-License-Identifier: Apache-2.0
package import ArgumentParser
import DICOMResults
import Foundation

/// `cac fetch`: a study from another application, by C-GET, C-MOVE or WADO-RS.
package struct FetchCommand: AsyncParsableCommand, Sendable {
  package static let configuration = CommandConfiguration(
    commandName: "fetch",
    abstract: "Fetch a study from an archive (C-FIND, C-GET, C-MOVE; QIDO-RS, WADO-RS).",
    discussion: """
      A peer is named TITLE@HOST:PORT, or by the address of its DICOMweb. The folder is complete or not \
      there. Files hold what the archive sends, patients' names too. With --move-to, the archive sends the \
      study to an application that it knows by that title, such as cac listen.

      Examples:
        cac fetch ARCHIVE@10.0.0.7:104 --study 1.2.840.99.7 -o study_folder
        cac fetch ARCHIVE@10.0.0.7:104 --accession A17 -o study_folder
        cac fetch https://archive.example.org/dicom-web --accession A17 -o study_folder
        cac fetch ARCHIVE@10.0.0.7:104 --accession A17 --move-to CAC
      """)

  @Argument(help: "The peer as TITLE@HOST:PORT or https://….")
  package var peer: String
  @Option(help: "The study by its UID (StudyInstanceUID).")
  package var study: String?
  @Option(help: "Of the study, only this series (SeriesInstanceUID).")
  package var series: String?
  @Option(help: "The study by its accession number, where that names one only.")
  package var accession: String?
  @Option(name: .shortAndLong, help: "The folder for the objects, new or empty.")
  package var output: String?
  @Option(help: "Instead of a folder, the AE title that the archive sends the study to (C-MOVE).")
  package var moveTo: String?
  @OptionGroup package var connection: ConnectionOptions
  @OptionGroup package var web: WebOptions

  package init() {}

  package func validate() throws {
    guard WebPeer.address(peer) != nil || SendRequest.peer(peer) != nil else {
      throw ValidationError(
        "the peer must be named as ARCHIVE@10.0.0.7:104 or https://host/dicom-web, not \(peer)")
    }
    guard (study == nil) != (accession == nil), study != nil || series == nil else {
      throw ValidationError("give --study, with --series for one of its series, or --accession")
    }
    for (uid, name) in [(study, "study"), (series, "series")] {
      guard let uid, uid.wholeMatch(of: #/[0-9.]{1,64}/#) == nil else { continue }
      throw ValidationError("--\(name) must be a UID of digits and dots")
    }
    if let accession, accession.wholeMatch(of: #/[^*?\\\x00-\x1f]{1,16}/#) == nil {
      throw ValidationError("--accession must have 1 to 16 characters, no * and no ?")
    }
    guard (output == nil) != (moveTo == nil) else {
      throw ValidationError("name the folder by -o, or another application by --move-to")
    }
    if let moveTo {
      guard Titles.isTitle(moveTo) else {
        throw ValidationError("--move-to must have 1 to 16 characters of ASCII")
      }
      if WebPeer.isWeb(peer) {
        throw ValidationError(
          "--move-to is DICOM's own protocol; name the peer as ARCHIVE@10.0.0.7:104")
      }
    }
  }

  package func run() async throws {
    if WebPeer.isWeb(peer) { return try await NodeVerbs.run(.fetch(self)) }
    guard var request = SendRequest.peer(peer) else { return }
    connection.apply(to: &request)
    if let moveTo {
      let count = try request.move(
        study: study, series: series, accession: accession, to: moveTo)
      print("\(count) objects sent to \(moveTo)")
      return
    }
    guard let output else { return }
    let count = try request.fetch(
      study: study, series: series, accession: accession, to: path(output))
    print("\(count) objects in \(path(output).path)")
  }
}
