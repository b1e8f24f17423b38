// SPDX-License-Identifier: Apache-2.0
import Files
package import Foundation
import GRDB
package import Review
import Workflow

/// The file that keeps readings, accounts and the trail.
///
/// What `append` returned is on the disk: SQLite's write-ahead log with `synchronous=FULL`. Readings
/// are the replay of their rows; no table holds a state that could differ from the trail.
///
/// ```swift
/// let store = try ReviewStore(at: file)
/// let reading = try store.reading(study: "12", digest: digest, series: nil, user: "reader")
/// try store.append([entry], to: reading, after: 0, …)
/// ```
package final class ReviewStore: Sendable {
  /// The file.
  package let url: URL
  let queue: DatabaseQueue

  /// Opens a store, or makes a new one.
  ///
  /// - Throws: `StoreError` where the file is no store, of a newer version, or cannot be written.
  package init(at url: URL) throws {
    self.url = url
    var configuration = Configuration()
    configuration.busyMode = .timeout(10)
    configuration.prepareDatabase { db in
      try db.execute(sql: "PRAGMA synchronous = FULL")
      try db.execute(sql: "PRAGMA foreign_keys = ON")
    }
    queue = try Self.sentence(url) {
      let queue = try DatabaseQueue(path: url.path, configuration: configuration)
      try queue.writeWithoutTransaction { db in
        _ = try String.fetchOne(db, sql: "PRAGMA journal_mode = WAL")
      }
      try queue.write { try StoreSchema.prepare($0, path: url.path) }
      return queue
    }
    // Readings are about patients: other accounts of the machine need not see them.
    try? FileManager.default.setAttributes([.posixPermissions: 0o600], ofItemAtPath: url.path)
  }

  func read<Value>(_ body: (Database) throws -> Value) throws -> Value {
    try Self.sentence(url) { try queue.read(body) }
  }

  func write<Value>(_ body: (Database) throws -> Value) throws -> Value {
    try Self.sentence(url) { try queue.write(body) }
  }

  /// Turns SQLite's errors into sentences.
  private static func sentence<Value>(_ url: URL, _ body: () throws -> Value) throws -> Value {
    do { return try body() } catch let error as DatabaseError {
      switch error.resultCode {
      case .SQLITE_FULL:
        throw StoreError(
          .unwritable,
          "\(url.path): the disk is full, nothing was saved; free some space and do it again")
      case .SQLITE_READONLY, .SQLITE_CANTOPEN, .SQLITE_PERM, .SQLITE_IOERR:
        throw StoreError(
          .unwritable,
          "\(url.path): cannot be written (\(error.message ?? "no reason given")); check the folder "
            + "and its rights, or name another file by --store")
      case .SQLITE_NOTADB, .SQLITE_CORRUPT:
        throw StoreError(
          .unreadable, "\(url.path): is no store of cac review; name another file by --store")
      case .SQLITE_BUSY:
        throw StoreError(
          .unwritable, "\(url.path): another program keeps the store busy; try again")
      default:
        throw StoreError(.broken, "\(url.path): \(error.message ?? "\(error.resultCode)")")
      }
    }
  }
}

/// One reading of one study, as the store knows it.
package struct StoredReading: Hashable, Sendable {
  /// The number in the store.
  package let id: Int64
  /// The study's name.
  package let study: String
  /// The reader.
  package let user: String
  /// Whether it is an adjudication of other readings.
  package let isAdjudication: Bool
}

extension ReviewStore {
  /// The reading of a study by a user, made where there is none yet.
  ///
  /// - Throws: `StoreError.stale` where the store knows another scan by the study's name.
  package func reading(
    study: String, digest: String, series: String?, user: String, isAdjudication: Bool = false
  ) throws -> StoredReading {
    try write { db in
      let known = try Row.fetchOne(
        db, sql: "SELECT id, digest FROM study WHERE name = ?", arguments: [study])
      let id: Int64
      if let known {
        id = known["id"]
        guard known["digest"] == digest else {
          throw StoreError(
            .stale,
            "the scan is another one than the store knows by this name: its voxels differ; name another "
              + "store by --store, or give the study another name")
        }
      } else {
        try db.execute(
          sql: "INSERT INTO study (name, digest, series) VALUES (?, ?, ?)",
          arguments: [study, digest, series])
        id = db.lastInsertedRowID
      }
      let kind = isAdjudication ? "adjudication" : "reading"
      let found = try Int64.fetchOne(
        db, sql: "SELECT id FROM reading WHERE study = ? AND user = ? AND kind = ?",
        arguments: [id, user, kind])
      if let found {
        return StoredReading(id: found, study: study, user: user, isAdjudication: isAdjudication)
      }
      try db.execute(
        sql: "INSERT INTO reading (study, user, kind) VALUES (?, ?, ?)",
        arguments: [id, user, kind])
      return StoredReading(
        id: db.lastInsertedRowID, study: study, user: user, isAdjudication: isAdjudication)
    }
  }

  /// The readings of a study, or of all, in the order in which they were begun.
  package func readings(of study: String? = nil) throws -> [StoredReading] {
    try read { db in
      try Row.fetchAll(
        db,
        sql: """
          SELECT reading.id, study.name, reading.user, reading.kind FROM reading
          JOIN study ON study.id = reading.study
          WHERE ?1 IS NULL OR study.name = ?1 ORDER BY reading.id
          """, arguments: [study]
      ).map {
        StoredReading(
          id: $0["id"], study: $0["name"], user: $0["user"],
          isAdjudication: $0["kind"] == "adjudication")
      }
    }
  }

  /// The digest of the voxels of a study that the store knows.
  package func digest(of study: String) throws -> String? {
    try read {
      try String.fetchOne($0, sql: "SELECT digest FROM study WHERE name = ?", arguments: [study])
    }
  }

  /// Keeps a proposal; returns its SHA-256.
  package func keep(_ proposal: Proposal) throws -> String {
    let encoder = JSONEncoder()
    encoder.outputFormatting = [.sortedKeys]
    let content = try encoder.encode(proposal)
    let sha = Digest.sha256(content)
    try write {
      try $0.execute(
        sql: "INSERT OR IGNORE INTO proposal (sha256, content) VALUES (?, ?)",
        arguments: [sha, content])
    }
    return sha
  }

  /// A proposal by its SHA-256.
  ///
  /// - Throws: `StoreError.broken` where there is none, or its bytes have another sum.
  package func proposal(_ sha: String) throws -> Proposal {
    let content = try read {
      try Data.fetchOne(
        $0, sql: "SELECT content FROM proposal WHERE sha256 = ?", arguments: [sha])
    }
    guard let content, Digest.sha256(content) == sha else {
      throw StoreError(.broken, "\(url.path): the proposal \(sha.prefix(12)) is missing or changed")
    }
    return try JSONDecoder().decode(Proposal.self, from: content)
  }
}
