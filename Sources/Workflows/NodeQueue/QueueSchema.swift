// SPDX-License-Identifier: Apache-2.0
import GRDB
import Workflow

/// The tables of a node's queue.
enum QueueSchema {
  /// The version that this program writes, kept as SQLite's `user_version`.
  static let version = 1
  /// SQLite's `application_id`: "CACn".
  static let applicationID = 0x4341_436E

  private static let statements = [
    """
    CREATE TABLE study (
      id INTEGER PRIMARY KEY, uid TEXT NOT NULL UNIQUE, key TEXT NOT NULL UNIQUE,
      step TEXT NOT NULL CHECK (step IN ('receive', 'score', 'send', 'done', 'dead')),
      revision INTEGER NOT NULL DEFAULT 0, scorings INTEGER NOT NULL DEFAULT 0,
      working INTEGER NOT NULL DEFAULT 0, attempts INTEGER NOT NULL DEFAULT 0,
      failing REAL, due REAL NOT NULL DEFAULT 0,
      received REAL NOT NULL, changed REAL NOT NULL,
      died TEXT CHECK (died IN ('score', 'send')), problem TEXT) STRICT
    """,
    "CREATE INDEX study_by_step ON study (step, due)",
    """
    CREATE TABLE object (
      study INTEGER NOT NULL REFERENCES study ON DELETE CASCADE, uid TEXT NOT NULL,
      image INTEGER NOT NULL, digest TEXT NOT NULL, PRIMARY KEY (study, uid)) STRICT, WITHOUT ROWID
    """,
  ]

  /// Makes a new queue, and refuses that of a newer program and other files.
  static func prepare(_ db: Database, path: String) throws {
    guard try !isReady(db, path: path) else { return }
    for statement in statements { try db.execute(sql: statement) }
    try db.execute(sql: "PRAGMA application_id = \(applicationID)")
    try db.execute(sql: "PRAGMA user_version = \(version)")
  }

  /// Whether the tables are there; false for an empty file.
  static func isReady(_ db: Database, path: String) throws -> Bool {
    let found = try Int.fetchOne(db, sql: "PRAGMA user_version") ?? 0
    let application = try Int.fetchOne(db, sql: "PRAGMA application_id") ?? 0
    let tables = try Int.fetchOne(db, sql: "SELECT count(*) FROM sqlite_master") ?? 0
    if tables == 0 { return false }
    guard application == applicationID else {
      throw WorkflowError(
        .invalid, "\(path): is a database of another program; name another folder by --folder")
    }
    guard found <= version else {
      throw WorkflowError(
        .invalid,
        "\(path): was written by a newer cac (version \(found), this one reads up to \(version)); update cac"
      )
    }
    return true
  }
}
