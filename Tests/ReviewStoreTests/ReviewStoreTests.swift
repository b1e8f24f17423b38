// SPDX-License-Identifier: Apache-2.0
import Foundation
import GRDB
import Review
import TestSupport
import Testing

@testable import ReviewStore

@Suite struct ReviewStoreTests {
  private let folder: TemporaryFolder
  private let url: URL

  init() throws {
    folder = try TemporaryFolder()
    url = folder.file("test.cacreview")
  }

  private func entry(_ action: ReviewAction) -> ReviewEntry {
    ReviewEntry(action, time: "2026-01-01T00:00:00.000Z", user: "reader")
  }

  /// A store with a few rows.
  private func filled() throws -> (ReviewStore, StoredReading) {
    let store = try ReviewStore(at: url)
    let reading = try store.reading(study: "12", digest: "abc", series: nil, user: "reader")
    for version in 0..<4 {
      try store.append(
        entry(.pick(voxel: [version, 2, 3], scope: .group, label: .right)), changes: [],
        to: reading, after: version)
    }
    return (store, reading)
  }

  /// The database without the store's own care.
  private func raw(_ sql: String) throws {
    let queue = try DatabaseQueue(path: url.path)
    try queue.write { try $0.execute(sql: sql) }
    try queue.close()
  }

  @Test func `what was appended is there when the store is opened again`() throws {
    let (_, reading) = try filled()
    let store = try ReviewStore(at: url)
    #expect(try store.readings() == [reading])
    #expect(try store.entries(of: reading.id).count == 4)
    #expect(try store.verify().rows == 4)
  }

  @Test(arguments: [0, 3, 5]) func `a save that did not see the newest action is refused`(
    version: Int
  ) throws {
    let (store, reading) = try filled()
    let error = #expect(throws: StoreError.self) {
      try store.append(entry(.undo), changes: [], to: reading, after: version)
    }
    #expect(error?.code == .stale)
    #expect(try store.verify().rows == 4)
  }

  @Test(
    arguments: [
      "UPDATE trail SET line = replace(line, '2026', '2025') WHERE seq = 2",
      "DELETE FROM trail WHERE seq = 4", "DELETE FROM trail",
      "INSERT INTO trail (seq, line, previous, hash) VALUES (9, '{}', '', 'x')",
      "INSERT INTO trail (seq, line, previous, hash) VALUES (5, '{}', 'y', 'x')",
      "DELETE FROM reading", "UPDATE reading SET user = 'other'",
    ]) func `SQL cannot change, delete or slip in a row of the trail`(sql: String) throws
  {
    _ = try filled()
    #expect(throws: DatabaseError.self) { try raw(sql) }
    #expect(try ReviewStore(at: url).verify().rows == 4)
  }

  @Test(
    arguments: [
      "UPDATE trail SET line = replace(line, 'RCA', 'LAD') WHERE seq = 2",
      "UPDATE trail SET hash = 'ff' WHERE seq = 3", "DELETE FROM trail WHERE seq = 2",
      "UPDATE trail SET version = 9 WHERE seq = 4", "UPDATE trail SET reading = NULL WHERE seq = 4",
      "UPDATE trail SET previous = '' WHERE seq = 2",
    ]) func `a trail that was changed without its triggers does not verify`(sql: String) throws
  {
    _ = try filled()
    for trigger in ["trail_no_update", "trail_no_delete", "trail_follows"] {
      try raw("DROP TRIGGER \(trigger)")
    }
    try raw(sql)
    let error = #expect(throws: StoreError.self) { try ReviewStore(at: url).verify() }
    #expect(error?.code == .broken)
  }

  @Test func `a trail cut at its end verifies, and another digest of its head tells`() throws {
    let (store, _) = try filled()
    let head = try store.verify().head
    try raw("DROP TRIGGER trail_no_delete")
    try raw("DELETE FROM trail WHERE seq = 4")
    let cut = try ReviewStore(at: url)
    #expect(try cut.verify().head != head)
    #expect(try !cut.storedRows().contains { $0.hash == head })
  }

  @Test func `a store of a newer version, another database and another file are refused`() throws {
    _ = try filled()
    try raw("PRAGMA user_version = 99")
    let newer = #expect(throws: StoreError.self) { try ReviewStore(at: url) }
    #expect(newer?.description.contains("newer") == true)
    let other = folder.file("other.db")
    let queue = try DatabaseQueue(path: other.path)
    try queue.write { try $0.execute(sql: "CREATE TABLE t (x)") }
    try queue.close()
    #expect(throws: StoreError.self) { try ReviewStore(at: other) }
    let text = folder.file("text")
    try Data(repeating: 65, count: 5000).write(to: text)
    #expect(throws: StoreError.self) { try ReviewStore(at: text) }
    #expect(throws: StoreError.self) {
      try ReviewStore(at: URL(filePath: "/nonexistent/folder/x.cacreview"))
    }
  }

  @Test func `another scan of the same name is not given the old readings`() throws {
    let (store, _) = try filled()
    let error = #expect(throws: StoreError.self) {
      try store.reading(study: "12", digest: "other", series: nil, user: "reader")
    }
    #expect(error?.code == .stale)
  }

  @Test func `a full disk is said and nothing is half kept`() throws {
    let (store, reading) = try filled()
    try store.queue.writeWithoutTransaction { db in
      let pages = try Int.fetchOne(db, sql: "PRAGMA page_count") ?? 0
      try db.execute(sql: "PRAGMA max_page_count = \(pages)")
    }
    var kept = 4
    var failure: StoreError?
    for version in 4..<400 where failure == nil {
      do {
        try store.append(
          entry(.assess(quality: [], text: String(repeating: "x", count: 1500))), changes: [],
          to: reading, after: version)
        kept += 1
      } catch { failure = error as? StoreError }
    }
    #expect(failure?.code == .unwritable && failure?.description.contains("full") == true)
    #expect(try store.verify().rows == kept)
    #expect(try store.version(of: reading.id) == kept)
  }

  @Test func `a proposal is found by its digest and cannot be changed`() throws {
    let store = try ReviewStore(at: url)
    let proposal = Proposal(
      origin: .model,
      parts: [.init(voxels: VoxelSet(indices: [1, 2, 9], columns: 5), label: .right, chance: 0.7)],
      source: "a model")
    let sha = try store.keep(proposal)
    #expect(try store.keep(proposal) == sha)
    #expect(try store.proposal(sha) == proposal)
    #expect(throws: DatabaseError.self) { try raw("UPDATE proposal SET content = x'00'") }
    #expect(throws: StoreError.self) { try store.proposal("0000") }
  }

  @Test func `passwords are kept as Argon2id and tell right from wrong`() throws {
    let store = try ReviewStore(at: url)
    try store.add(Account(name: "ana", role: .adjudicator), password: "long enough", by: "root")
    #expect(try store.account(name: "ana", password: "long enough")?.role == .adjudicator)
    #expect(try store.account(name: "ANA", password: "long enough")?.name == "ana")
    for (name, password) in [("ana", "long enougH"), ("ana", ""), ("ben", "long enough")] {
      #expect(try store.account(name: name, password: password) == nil)
    }
    let kept = try store.read { try String.fetchOne($0, sql: "SELECT password FROM account") }
    #expect(kept?.hasPrefix("$argon2id$v=19$m=65536,t=3,p=4$") == true)
    #expect(try store.verify().rows == 1)
  }

  @Test(
    arguments: [
      ("ben", "short"), ("", "long enough"), ("reader", "long enough"), ("a/b", "long enough"),
      (" ben", "long enough"), ("ana", "long enough"), ("<b>", "long enough"),
    ]) func `accounts without a proper name or password are refused`(name: String, password: String)
    throws
  {
    let store = try ReviewStore(at: url)
    try store.add(Account(name: "ana", role: .reader), password: "long enough", by: "root")
    #expect(throws: StoreError.self) {
      try store.add(Account(name: name, role: .reader), password: password, by: "root")
    }
    #expect(try store.accounts().count == 1)
  }

  @Test func `the store's file is for its owner alone`() throws {
    _ = try filled()
    let mode = try FileManager.default.attributesOfItem(atPath: url.path)[.posixPermissions] as? Int
    #expect(mode == 0o600)
  }
}
