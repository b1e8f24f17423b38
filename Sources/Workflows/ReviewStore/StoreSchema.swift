// SPDX-License-Identifier: Apache-2.0
import GRDB

/// The tables of a store and how older ones become it.
enum StoreSchema {
  /// The version that this program writes, kept as SQLite's `user_version`.
  static let version = 1
  /// SQLite's `application_id`: "CACr".
  static let applicationID = 0x4341_4372

  /// The statements that lead from a version to the next.
  ///
  /// Triggers refuse to change or delete a row of the trail, and to add one that does not follow the
  /// last: what SQL can do by mistake is stopped by SQL, and what is done to the file by other means
  /// breaks the chain of digests.
  static let migrations: [[String]] = [
    [
      """
      CREATE TABLE account (
        id INTEGER PRIMARY KEY, name TEXT NOT NULL UNIQUE COLLATE NOCASE,
        role TEXT NOT NULL CHECK (role IN ('reader', 'adjudicator', 'admin')),
        password TEXT NOT NULL, created TEXT NOT NULL) STRICT
      """,
      """
      CREATE TABLE study (
        id INTEGER PRIMARY KEY, name TEXT NOT NULL UNIQUE, digest TEXT NOT NULL, series TEXT) STRICT
      """,
      """
      CREATE TABLE reading (
        id INTEGER PRIMARY KEY, study INTEGER NOT NULL REFERENCES study,
        user TEXT NOT NULL, kind TEXT NOT NULL CHECK (kind IN ('reading', 'adjudication')),
        UNIQUE (study, user, kind)) STRICT
      """,
      "CREATE TABLE proposal (sha256 TEXT PRIMARY KEY, content BLOB NOT NULL) STRICT",
      """
      CREATE TABLE trail (
        seq INTEGER PRIMARY KEY, reading INTEGER REFERENCES reading, version INTEGER,
        line TEXT NOT NULL, previous TEXT NOT NULL, hash TEXT NOT NULL UNIQUE,
        UNIQUE (reading, version)) STRICT
      """,
      """
      CREATE TRIGGER trail_no_update BEFORE UPDATE ON trail
      BEGIN SELECT RAISE(ABORT, 'the trail is append-only'); END
      """,
      """
      CREATE TRIGGER trail_no_delete BEFORE DELETE ON trail
      BEGIN SELECT RAISE(ABORT, 'the trail is append-only'); END
      """,
      """
      CREATE TRIGGER trail_follows BEFORE INSERT ON trail
      WHEN NEW.seq IS NOT (SELECT coalesce(max(seq), 0) + 1 FROM trail)
        OR NEW.previous IS NOT coalesce((SELECT hash FROM trail ORDER BY seq DESC LIMIT 1), '')
      BEGIN SELECT RAISE(ABORT, 'a row of the trail follows the last'); END
      """,
      """
      CREATE TRIGGER proposal_no_update BEFORE UPDATE ON proposal
      BEGIN SELECT RAISE(ABORT, 'proposals do not change'); END
      """,
      """
      CREATE TRIGGER proposal_no_delete BEFORE DELETE ON proposal
      BEGIN SELECT RAISE(ABORT, 'proposals do not change'); END
      """,
      """
      CREATE TRIGGER reading_no_change BEFORE UPDATE ON reading
      BEGIN SELECT RAISE(ABORT, 'readings do not change hands'); END
      """,
      """
      CREATE TRIGGER reading_no_delete BEFORE DELETE ON reading
      BEGIN SELECT RAISE(ABORT, 'readings are kept'); END
      """,
    ]
  ]

  /// Makes a new store, brings an older one up to date, and refuses a newer one and other files.
  static func prepare(_ db: Database, path: String) throws {
    let found = try Int.fetchOne(db, sql: "PRAGMA user_version") ?? 0
    let application = try Int.fetchOne(db, sql: "PRAGMA application_id") ?? 0
    let tables = try Int.fetchOne(db, sql: "SELECT count(*) FROM sqlite_master") ?? 0
    guard tables == 0 || application == applicationID else {
      throw StoreError(
        .unreadable, "\(path): is a database of another program; name another file by --store")
    }
    guard found <= version else {
      throw StoreError(
        .unreadable,
        "\(path): was written by a newer cac (store version \(found), this one reads up to \(version)); "
          + "update cac, or name another file by --store")
    }
    guard found < version else { return }
    for (number, statements) in migrations.enumerated() where number >= found {
      for statement in statements { try db.execute(sql: statement) }
    }
    try db.execute(sql: "PRAGMA application_id = \(applicationID)")
    try db.execute(sql: "PRAGMA user_version = \(version)")
  }
}
