// SPDX-License-Identifier: Apache-2.0
import DICOM
import DICOMObjects
import Files
package import Foundation
import Text
import Workflow

/// Sending files to another application: what `cac send` does.
package struct SendRequest: Sendable {
  private var peer: DICOMPeer

  /// The AE title that this program calls itself.
  package var calling: String {
    get { peer.calling }
    set { peer.calling = newValue }
  }
  /// Seconds to wait for a connection, and for each answer.
  package var timeout: Int {
    get { peer.timeout }
    set { peer.timeout = newValue }
  }
  /// The PEM file with the certificates that are trusted; TLS is used where it is named.
  package var trusted: URL? {
    get { peer.trusted }
    set { peer.trusted = newValue }
  }
  /// The PEM file with this side's certificate.
  package var certificate: URL? {
    get { peer.certificate }
    set { peer.certificate = newValue }
  }
  /// The PEM file with this side's key.
  package var key: URL? {
    get { peer.key }
    set { peer.key = newValue }
  }

  /// What became of the files.
  package struct Outcome: Sendable {
    /// How many the peer has.
    package let stored: Int
    /// The files that it has not, and why.
    package let failed: [(file: String, reason: String)]
    /// Files that are no DICOM.
    package let skipped: Int

    /// What became of some files.
    package init(stored: Int, failed: [(file: String, reason: String)], skipped: Int) {
      self.stored = stored
      self.failed = failed
      self.skipped = skipped
    }

    /// Whether the peer has all.
    package var isComplete: Bool { failed.isEmpty }

    /// What became of them, in words.
    package var text: String {
      ([
        "\(counted(stored, "object")) stored"
          + (skipped > 0 ? ", \(counted(skipped, "file")) passed over that are no DICOM" : "")
      ]
        + failed.map { "  \($0.file): \($0.reason)" }).joined(separator: "\n")
    }
  }

  /// The peer of a text like ARCHIVE@10.0.0.7:104; `nil` where it names none.
  package static func peer(_ text: String) -> SendRequest? {
    guard
      let match = text.wholeMatch(
        of: #/([^@\\]{1,16})@(\[[0-9a-fA-F:]+\]|[^@:\[\]]+):([0-9]{1,5})/#),
      let port = UInt16(match.3), port > 0
    else { return nil }
    let host = match.2.filter { $0 != "[" && $0 != "]" }
    return SendRequest(
      peer: DICOMPeer(title: String(match.1), host: host, port: port, calling: "CAC"))
  }

  /// Fetches a study, or one of its series, into a folder that is new or empty: complete or not at all.
  ///
  /// - Returns: How many objects there are.
  package func fetch(study: String?, series: String?, accession: String?, to folder: URL) throws
    -> Int
  {
    if Folder.isFolder(folder), try !Folder.names(in: folder).isEmpty {
      throw WorkflowError(.invalid, "\(folder.path): is not empty; name a new folder")
    }
    let query = Self.query(study: study, series: series, accession: accession)
    var count = 0
    try Folder.write(to: folder) { staged in
      count = try peer.fetch(query, into: staged)
      guard count > 0 else {
        throw WorkflowError(
          .missing, "\(peer.title) at \(peer.host):\(peer.port) has no such study or series")
      }
    }
    return count
  }

  /// Has the peer send a study, or one of its series, to an application that it knows by its AE title.
  ///
  /// - Returns: How many objects it sent.
  package func move(study: String?, series: String?, accession: String?, to title: String) throws
    -> Int
  {
    let query = Self.query(study: study, series: series, accession: accession)
    let count = try peer.move(query, to: title)
    guard count > 0 else {
      throw WorkflowError(
        .missing, "\(peer.title) at \(peer.host):\(peer.port) has no such study or series")
    }
    return count
  }

  private static func query(
    study: String?, series: String?, accession: String?
  ) -> DICOMPeer.Query {
    study.map { .study($0, series: series) } ?? .accession(accession ?? "")
  }

  /// Asks whether the peer answers; the sentence that it does.
  package func echo() throws -> String {
    try peer.echo()
    return "\(peer.title) at \(peer.host):\(peer.port) answers"
  }

  /// The DICOM files among some files and those of folders, and how many others there are.
  ///
  /// - Throws: `WorkflowError` where a path leads to nothing, or none is DICOM.
  package static func files(_ urls: [URL]) throws -> (found: [URL], skipped: Int) {
    var files: [URL] = []
    var skipped = 0
    func add(_ url: URL) throws {
      if Folder.isFolder(url) {
        for name in try Folder.names(in: url) { try add(url.appendingPathComponent(name)) }
      } else if DICOMCatalogue.isDICOM(url) {
        files.append(url)
      } else {
        guard Folder.isFile(url) else { throw WorkflowError(.missing, "\(url.path): no such file") }
        skipped += 1
      }
    }
    for url in urls { try add(url) }
    guard !files.isEmpty else {
      throw WorkflowError(.missing, "\(urls.first?.path ?? ""): holds no DICOM file to send")
    }
    return (files, skipped)
  }

  /// Sends files, and those of folders, in one association.
  package func send(_ urls: [URL]) throws -> Outcome {
    let (files, skipped) = try Self.files(urls)
    let outcomes = try peer.store(files)
    let failed: [(String, String)] = zip(files, outcomes).compactMap { file, outcome in
      switch outcome {
      case .stored: nil
      case .refused(let status):
        (
          file.lastPathComponent,
          "refused with status \(String(status, radix: 16, uppercase: true))"
        )
      case .unanswered: (file.lastPathComponent, "no answer; send it again")
      }
    }
    return Outcome(
      stored: outcomes.count { $0 == .stored }, failed: failed.map { (file: $0.0, reason: $0.1) },
      skipped: skipped)
  }
}
