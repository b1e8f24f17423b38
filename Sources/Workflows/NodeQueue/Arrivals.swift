// SPDX-License-Identifier: Apache-2.0
import Files
package import Foundation
import GRDB
import Workflow

extension StudyQueue {
  /// An object that arrived, complete and on the disk.
  package struct Arrival: Sendable {
    package var file: URL
    package var study: String
    package var instance: String
    /// Whether it is an image that a score is made of; other objects are kept beside them and change nothing.
    package var isImage: Bool
    /// Where its data set begins; the bytes before it differ from one sender to the next.
    package var offset: Int

    package init(file: URL, study: String, instance: String, isImage: Bool, offset: Int) {
      self.file = file
      self.study = study
      self.instance = instance
      self.isImage = isImage
      self.offset = offset
    }
  }

  /// What an arrival changed.
  package enum Novelty: Sendable {
    /// The study had no such object, or another content under its UID.
    case new
    /// The study has it already.
    case known
  }

  /// Keeps an object: its file in the study's folder, and a row in the queue.
  ///
  /// Both are on the disk before this returns. Of an object that the study has already, the file is removed.
  ///
  /// - Throws: `WorkflowError` or `FileError` where the disk is full or cannot be written.
  package func keep(_ arrival: Arrival, at time: Date = .now) throws -> Novelty {
    let bytes = try Data(contentsOf: arrival.file, options: .alwaysMapped)
    let digest = Digest.sha256(bytes.dropFirst(arrival.offset))
    let key = NodeFolder.key(arrival.study)
    let place = folder.object(arrival.instance, of: key)
    let novelty = try write { db in
      try enter(arrival, digest, key: key, place, at: time, in: db)
    }
    if novelty == .known { try Folder.remove(arrival.file) }
    return novelty
  }

  /// Within the transaction, so that a study that is being removed does not take the file with it.
  private func enter(
    _ arrival: Arrival, _ digest: String, key: String, _ place: URL, at time: Date, in db: Database
  ) throws -> Novelty {
    let now = time.timeIntervalSince1970
    try db.execute(
      sql: """
        INSERT INTO study (uid, key, step, received, changed) VALUES (?1, ?2, 'receive', ?3, ?3)
        ON CONFLICT (uid) DO UPDATE SET received = ?3
        """, arguments: [arrival.study, key, now])
    guard
      let id = try Int64.fetchOne(
        db, sql: "SELECT id FROM study WHERE uid = ?", arguments: [arrival.study])
    else { throw WorkflowError(.program, "the queue lost a study") }
    let known = try String.fetchOne(
      db, sql: "SELECT digest FROM object WHERE study = ? AND uid = ?",
      arguments: [id, arrival.instance])
    if known == digest, Folder.isFile(place) { return .known }
    try move(arrival.file, to: place)
    try db.execute(
      sql: "INSERT OR REPLACE INTO object (study, uid, image, digest) VALUES (?, ?, ?, ?)",
      arguments: [id, arrival.instance, arrival.isImage, digest])
    if arrival.isImage {
      try db.execute(
        sql: """
          UPDATE study SET step = 'receive', revision = revision + 1, working = 0, attempts = 0,
            failing = NULL, died = NULL, problem = NULL, changed = ? WHERE id = ?
          """, arguments: [now, id])
    }
    return .new
  }

  private func move(_ file: URL, to place: URL) throws {
    let study = place.deletingLastPathComponent()
    if !Folder.isFolder(study) {
      try Folder.create(study)
      try NodeFolder.synchronise(folder.studies)
    }
    try Folder.move(file, to: place)
    try NodeFolder.synchronise(study)
  }

  /// Takes studies that got nothing for some seconds to the next step: a score, or the end where no image came.
  ///
  /// - Returns: Their keys and how many images each has.
  package func complete(quiet: Double, at time: Date = .now) throws -> [(key: String, images: Int)]
  {
    let now = time.timeIntervalSince1970
    let waiting = try read {
      try Bool.fetchOne(
        $0,
        sql: "SELECT EXISTS (SELECT 1 FROM study WHERE step = 'receive' AND received <= ?)",
        arguments: [now - quiet])
    }
    guard waiting == true else { return [] }
    return try write { db in
      let rows = try Row.fetchAll(
        db,
        sql: """
          UPDATE study SET
            step = iif(revision > 0, 'score', 'done'), due = ?1, changed = ?1,
            problem = iif(revision > 0, NULL, 'holds no CT image')
          WHERE step = 'receive' AND received <= ?2
          RETURNING id, key
          """, arguments: [now, now - quiet])
      return try rows.map { row in
        let id: Int64 = row["id"]
        let images = try Int.fetchOne(
          db, sql: "SELECT count(*) FROM object WHERE study = ? AND image", arguments: [id])
        return (row["key"], images ?? 0)
      }
    }
  }
}
