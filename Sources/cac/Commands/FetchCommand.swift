// SPDX-License-Identifier: Apache-2.0
import ArgumentParser
import DICOMResults
import Foundation

/// `cac fetch`: a study from another application, by C-GET.
struct FetchCommand: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "fetch",
    abstract: "Fetch a study from an archive (C-FIND, C-GET).",
    discussion: """
      A peer is named TITLE@HOST:PORT. The folder is complete or not there. Files are named by the \
      identifiers of the objects and hold what the archive sends, patients' names too.

      Examples:
        cac fetch ARCHIVE@10.0.0.7:104 --study 1.2.840.99.7 -o study_folder
        cac fetch ARCHIVE@10.0.0.7:104 --accession A17 -o study_folder
      """)

  @Argument(help: "The peer as TITLE@HOST:PORT.")
  var peer: String
  @Option(help: "The study by its UID (StudyInstanceUID).")
  var study: String?
  @Option(help: "Of the study, only this series (SeriesInstanceUID).")
  var series: String?
  @Option(help: "The study by its accession number, where that names one only.")
  var accession: String?
  @Option(name: .shortAndLong, help: "The folder for the objects, new or empty.")
  var output: String
  @OptionGroup var connection: ConnectionOptions

  func validate() throws {
    guard SendRequest.peer(peer) != nil else {
      throw ValidationError("the peer must be named as ARCHIVE@10.0.0.7:104, not \(peer)")
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
  }

  func run() throws {
    guard var request = SendRequest.peer(peer) else { return }
    connection.apply(to: &request)
    let count = try request.fetch(
      study: study, series: series, accession: accession, to: path(output))
    print("\(count) objects in \(path(output).path)")
  }
}
