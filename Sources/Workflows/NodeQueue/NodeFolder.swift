// SPDX-License-Identifier: Apache-2.0
import Files
package import Foundation
import Workflow

/// The folder of a node: what arrives, the studies, their results, and the queue.
///
/// Studies are called by the beginning of the SHA-256 of their UID, objects by that of theirs, so that no path,
/// which messages may name, tells who was examined.
package struct NodeFolder: Sendable {
  /// The folder itself.
  package let url: URL

  /// A node's folder.
  package init(_ url: URL) { self.url = url }

  /// Files that are arriving.
  package var incoming: URL { url.appendingPathComponent("incoming") }
  /// A folder for each study.
  package var studies: URL { url.appendingPathComponent("studies") }
  /// A folder for each result.
  package var results: URL { url.appendingPathComponent("results") }
  /// What is removed.
  package var trash: URL { url.appendingPathComponent("trash") }
  /// The queue.
  package var queue: URL { url.appendingPathComponent("queue.sqlite") }

  /// How a study is called in paths, logs and tables.
  package static func key(_ uid: String) -> String { String(Digest.sha256(uid).prefix(12)) }

  /// The folder of a study.
  package func study(_ key: String) -> URL { studies.appendingPathComponent(key) }

  /// The folder of the result of a study's objects as they were at a revision; it is complete or not there.
  package func result(_ key: String, revision: Int) -> URL {
    results.appendingPathComponent("\(key)-\(revision)")
  }

  /// The file of an object of a study.
  func object(_ uid: String, of key: String) -> URL {
    study(key).appendingPathComponent("\(Digest.sha256(uid).prefix(24)).dcm")
  }

  /// Makes what is missing, for this account's eyes only.
  package func create() throws {
    try Folder.create(url)
    guard chmod(url.path, 0o700) == 0 else {
      throw WorkflowError(
        .refused, "\(url.path): belongs to another account; name a folder of this one by --folder")
    }
    for folder in [incoming, studies, results, trash] { try Folder.create(folder) }
  }

  /// Removes the files that processes left behind which were ended while they worked.
  ///
  /// Only for whoever holds the folder's lock, before anything works.
  package func sweep() throws {
    for folder in [incoming, trash] {
      for name in try Folder.names(in: folder) {
        try Folder.remove(folder.appendingPathComponent(name))
      }
    }
    for name in try FileManager.default.contentsOfDirectory(atPath: results.path)
    where name.hasPrefix(StagedFile.prefix) {
      try Folder.remove(results.appendingPathComponent(name))
    }
  }

  /// Brings the names in a folder to the disk.
  package static func synchronise(_ folder: URL) throws {
    let descriptor = open(folder.path, O_RDONLY | O_CLOEXEC)
    defer { if descriptor >= 0 { close(descriptor) } }
    guard descriptor >= 0, fsync(descriptor) == 0 else {
      throw WorkflowError(
        .notEnoughSpace,
        "\(folder.path): cannot be brought to the disk (\(String(cString: strerror(errno))))")
    }
  }

  /// Brings the files of a folder and their names to the disk.
  package static func synchroniseFiles(in folder: URL) throws {
    for name in try Folder.names(in: folder) {
      try synchronise(folder.appendingPathComponent(name))
    }
    try synchronise(folder)
  }
}
