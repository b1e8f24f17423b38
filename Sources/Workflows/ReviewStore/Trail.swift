// SPDX-License-Identifier: Apache-2.0
import Files
import Foundation
import GRDB
package import Review
import Workflow

/// One row of the trail: who did what, when, what it was before and after, and why.
package struct TrailRow: Codable, Sendable, Hashable {
  /// The place in the trail, from 1.
  package let seq: Int64
  /// When, in UTC.
  package let time: String
  /// Who: the account, or "reader" where the store has none.
  package let user: String
  /// The study's name; `nil` for what is about accounts.
  package let study: String?
  /// The reading in the store.
  package let reading: Int64?
  /// The number of the action within the reading, from 1.
  package let version: Int?
  /// What was done.
  package let action: ReviewAction?
  /// What was done to the accounts, in words.
  package let account: String?
  /// What it did to the lesions.
  package let changes: [ReviewChange]
  /// Why.
  package let reason: String?
  /// The program with its version.
  package let program: String
  /// The model, with its version and sum, or what else the reading began with.
  package let model: String?
  /// The SHA-256 of the row before; empty for the first.
  package let previous: String
}

/// A row as it lies in the store.
package struct StoredRow: Sendable {
  /// The row's text, which is what the digest is of.
  package let line: String
  /// The SHA-256 of the row before and this row's text.
  package let hash: String
}

extension ReviewStore {
  private static var encoder: JSONEncoder {
    let encoder = JSONEncoder()
    encoder.outputFormatting = [.sortedKeys, .withoutEscapingSlashes]
    return encoder
  }

  /// The SHA-256 of a row: of the previous one's, a line break, and the row's text.
  static func hash(of line: String, after previous: String) -> String {
    Digest.sha256(previous + "\n" + line)
  }

  /// Adds one action to a reading; it is on the disk when this returns.
  ///
  /// - Parameters:
  ///   - version: how many actions the reading had for the one who acts.
  ///   - model: what the reading began with.
  /// - Throws: `StoreError.stale` where it has others by now.
  package func append(
    _ entry: ReviewEntry, changes: [ReviewChange], to reading: StoredReading, after version: Int,
    model: String? = nil
  ) throws {
    try write { db in
      let now =
        try Int.fetchOne(
          db, sql: "SELECT max(version) FROM trail WHERE reading = ?", arguments: [reading.id]) ?? 0
      guard now == version else {
        throw StoreError(
          .stale,
          "the reading was changed elsewhere, for example in another tab, so this change was not saved; "
            + "the page now shows the newest")
      }
      try insert(db, reading: reading.id, version: version + 1) { seq, previous in
        TrailRow(
          seq: seq, time: entry.time, user: entry.user, study: reading.study, reading: reading.id,
          version: version + 1, action: entry.action, account: nil, changes: changes,
          reason: entry.reason, program: "cac \(RunRecord.version)", model: model,
          previous: previous)
      }
    }
  }

  /// Adds a row about accounts.
  func append(_ db: Database, account sentence: String, by user: String) throws {
    try insert(db, reading: nil, version: nil) { seq, previous in
      TrailRow(
        seq: seq, time: Date.now.formatted(.iso8601), user: user, study: nil, reading: nil,
        version: nil, action: nil, account: sentence, changes: [], reason: nil,
        program: "cac \(RunRecord.version)", model: nil, previous: previous)
    }
  }

  private func insert(
    _ db: Database, reading: Int64?, version: Int?, _ row: (Int64, String) -> TrailRow
  ) throws {
    let last = try Row.fetchOne(db, sql: "SELECT seq, hash FROM trail ORDER BY seq DESC LIMIT 1")
    let seq: Int64 = (last?["seq"] ?? 0) + 1
    let previous: String = last?["hash"] ?? ""
    let line = String(decoding: try Self.encoder.encode(row(seq, previous)), as: UTF8.self)
    try db.execute(
      sql: """
        INSERT INTO trail (seq, reading, version, line, previous, hash) VALUES (?, ?, ?, ?, ?, ?)
        """,
      arguments: [
        seq, reading, version, line, previous, Self.hash(of: line, after: previous),
      ])
  }

  /// The actions of a reading, in order.
  package func entries(of reading: Int64) throws -> [ReviewEntry] {
    try rows(of: reading).compactMap { row in
      row.action.map { ReviewEntry($0, time: row.time, user: row.user, reason: row.reason) }
    }
  }

  /// The rows of a reading, in order.
  package func rows(of reading: Int64) throws -> [TrailRow] {
    let lines = try read {
      try String.fetchAll(
        $0, sql: "SELECT line FROM trail WHERE reading = ? ORDER BY version", arguments: [reading])
    }
    return try lines.map { try JSONDecoder().decode(TrailRow.self, from: Data($0.utf8)) }
  }

  /// The number of actions of a reading.
  package func version(of reading: Int64) throws -> Int {
    try read {
      try Int.fetchOne(
        $0, sql: "SELECT max(version) FROM trail WHERE reading = ?", arguments: [reading]) ?? 0
    }
  }

  /// All rows as they lie in the store.
  package func storedRows() throws -> [StoredRow] {
    try read {
      try Row.fetchAll($0, sql: "SELECT line, hash FROM trail ORDER BY seq").map {
        StoredRow(line: $0["line"], hash: $0["hash"])
      }
    }
  }

  /// The state of a reading: the replay of its actions.
  package func state(of reading: Int64, groups: CandidateGroups) throws -> ReviewState {
    var state = ReviewState()
    for entry in try entries(of: reading) {
      try state.apply(entry, groups: groups) { try proposal($0) }
    }
    return state
  }

  /// What a check of the trail found.
  package struct Verification: Sendable, Hashable, Codable {
    /// The number of rows.
    package let rows: Int
    /// The SHA-256 of the last row; empty without rows.
    package let head: String
  }

  /// Checks the chain: that each row's digest is that of its text after the row before, that rows
  /// count without a gap, that the columns say what the text says, and that proposals have their sums.
  ///
  /// - Throws: `StoreError.broken` with the first row that is wrong.
  package func verify() throws -> Verification {
    func broken(_ seq: Int64, _ detail: String) -> StoreError {
      StoreError(.broken, "\(url.path): row \(seq) of the trail \(detail); the trail was changed")
    }
    let rows = try read {
      try Row.fetchAll(
        $0, sql: "SELECT seq, reading, version, line, previous, hash FROM trail ORDER BY seq")
    }
    var previous = ""
    var versions: [Int64: Int] = [:]
    for (index, row) in rows.enumerated() {
      let (seq, line) = (row["seq"] as Int64, row["line"] as String)
      guard seq == Int64(index + 1) else { throw broken(Int64(index + 1), "is missing") }
      guard row["previous"] == previous, row["hash"] == Self.hash(of: line, after: previous) else {
        throw broken(seq, "does not have the digest that follows from its text and the row before")
      }
      guard let text = try? JSONDecoder().decode(TrailRow.self, from: Data(line.utf8)) else {
        throw broken(seq, "cannot be read")
      }
      guard text.seq == seq, text.reading == row["reading"], text.version == row["version"],
        text.previous == previous
      else { throw broken(seq, "does not say what its columns say") }
      if let reading = text.reading {
        guard text.version == (versions[reading] ?? 0) + 1 else {
          throw broken(seq, "does not follow the reading's last action")
        }
        versions[reading] = text.version
      }
      if case .propose(let sha) = text.action { _ = try proposal(sha) }
      previous = row["hash"]
    }
    return Verification(rows: rows.count, head: previous)
  }
}
