// SPDX-License-Identifier: Apache-2.0
import Files
import Foundation
import GRDB
import Workflow

/// The durable queue of a node: which studies arrive, wait, are worked on, are done or given up.
///
/// What a method returned from is on the disk (SQLite's write-ahead log with `synchronous=FULL`). Several
/// processes use it at once: one for each association, one that works. A study goes through
///
///     receive → score → send → done
///
/// by the methods of `StudyQueue` alone; a step that fails is tried again later, and in the end given up
/// (`dead`). An image that is new, or has other content than before, takes its study back to `receive`, and what
/// is made of the earlier images then is not used.
package final class StudyQueue: Sendable {
  /// Where files are.
  package let folder: NodeFolder
  let database: DatabaseQueue

  /// Opens the queue of a node, or makes a new one.
  ///
  /// - Throws: `WorkflowError` where the file is no queue, of a newer version, or cannot be written.
  package init(_ folder: NodeFolder) throws {
    self.folder = folder
    let path = folder.queue.path
    var configuration = Configuration()
    configuration.busyMode = .timeout(30)
    configuration.prepareDatabase { db in
      try db.execute(sql: "PRAGMA synchronous = FULL")
      try db.execute(sql: "PRAGMA foreign_keys = ON")
    }
    database = try Self.sentence(path) {
      let queue = try DatabaseQueue(path: path, configuration: configuration)
      if try queue.read({ try QueueSchema.isReady($0, path: path) }) { return queue }
      try queue.writeWithoutTransaction { db in
        _ = try String.fetchOne(db, sql: "PRAGMA journal_mode = WAL")
      }
      try queue.write { try QueueSchema.prepare($0, path: path) }
      return queue
    }
    // Identifiers of studies are nobody else's business.
    chmod(path, 0o600)
  }

  func read<Value>(_ body: (Database) throws -> Value) throws -> Value {
    try Self.sentence(folder.queue.path) { try database.read(body) }
  }

  func write<Value>(_ body: (Database) throws -> Value) throws -> Value {
    try Self.sentence(folder.queue.path) { try database.write(body) }
  }

  /// Turns SQLite's errors into sentences.
  private static func sentence<Value>(_ path: String, _ body: () throws -> Value) throws -> Value {
    do { return try body() } catch let error as DatabaseError {
      switch error.resultCode {
      case .SQLITE_FULL:
        throw WorkflowError(.notEnoughSpace, "\(path): the disk is full; free some space")
      case .SQLITE_READONLY, .SQLITE_CANTOPEN, .SQLITE_PERM, .SQLITE_IOERR:
        throw WorkflowError(
          .refused,
          "\(path): cannot be used (\(error.message ?? "no reason given")); check the folder and its rights"
        )
      case .SQLITE_NOTADB, .SQLITE_CORRUPT:
        throw WorkflowError(
          .invalid, "\(path): is no queue of cac listen; name another folder by --folder")
      case .SQLITE_BUSY:
        throw WorkflowError(.refused, "\(path): another program keeps the queue busy; try again")
      default:
        throw WorkflowError(.program, "\(path): \(error.message ?? "\(error.resultCode)")")
      }
    }
  }
}

/// What a study waits for.
package enum StudyStep: String, Sendable, CaseIterable {
  /// Its images are still arriving.
  case receive
  /// To be scored.
  case score
  /// Its result, to be sent.
  case send
  /// All is done.
  case done
  /// Given up, until someone asks for another attempt.
  case dead
}
