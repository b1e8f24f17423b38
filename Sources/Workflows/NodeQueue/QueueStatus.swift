// SPDX-License-Identifier: Apache-2.0
package import Foundation
import GRDB
import Text
import Workflow

/// What a node's queue holds.
package struct QueueStatus: Codable, Sendable, Hashable {
  /// A study that is not done.
  package struct Study: Codable, Sendable, Hashable {
    /// The beginning of the SHA-256 of its UID.
    package let study: String
    /// receiving, waiting, working, failed or dead.
    package let state: String
    /// What it waits for: receive, score or send.
    package let step: String
    /// Its images.
    package let images: Int
    /// How often the step was tried.
    package let attempts: Int
    /// Seconds since its state changed.
    package let seconds: Int
    /// Seconds to the next attempt, where one failed.
    package let nextAttempt: Int?
    /// What was wrong.
    package let problem: String?

    private enum CodingKeys: String, CodingKey {
      case study, state, step, images, attempts, seconds, problem
      case nextAttempt = "next_attempt"
    }
  }

  /// Studies whose images are still coming.
  package let receiving: Int
  /// Studies that wait for their turn.
  package let waiting: Int
  /// Studies that are worked on.
  package let working: Int
  /// Studies that are tried again later.
  package let failed: Int
  /// Studies that were given up.
  package let dead: Int
  /// Studies that are done, as long as they are kept.
  package let done: Int
  /// How many results were made of the studies that are kept.
  package let scorings: Int
  /// The studies that are not done, the oldest change first.
  package let studies: [Study]

  /// The table for a terminal.
  package var text: String {
    let counts = [
      (receiving, "receiving"), (waiting, "waiting"), (working, "working"), (failed, "failed"),
      (dead, "dead"), (done, "done"),
    ].map { "\(readable($0.0)) \($0.1)" }.joined(separator: ", ")
    guard !studies.isEmpty else { return counts }
    var table = TextTable(["study", "state", "step", "images", "attempts", "seconds"])
    let shown = studies.prefix(20)
    for study in shown {
      table.add([
        study.study, study.state, study.step, "\(study.images)", "\(study.attempts)",
        "\(study.seconds)",
      ])
    }
    let problems = shown.compactMap { study in study.problem.map { "\(study.study): \($0)" } }
    let rest = studies.count > 20 ? ["… and \(studies.count - 20) more"] : []
    return ([counts, table.text] + rest + problems).joined(separator: "\n")
  }
}

extension StudyQueue {
  /// What the queue holds.
  package func status(at time: Date = .now) throws -> QueueStatus {
    let now = time.timeIntervalSince1970
    return try read { db in
      var counts: [String: Int] = [:]
      var studies: [QueueStatus.Study] = []
      let rows = try Row.fetchCursor(
        db,
        sql: """
          SELECT key, step, working, attempts, failing, due, changed, died, problem,
            (SELECT count(*) FROM object WHERE study = study.id AND image) AS images
          FROM study WHERE step != 'done' ORDER BY changed, id
          """)
      while let row = try rows.next() {
        let study = Self.study(row, now)
        counts[study.state, default: 0] += 1
        studies.append(study)
      }
      func number(_ sql: String) throws -> Int { try Int.fetchOne(db, sql: sql) ?? 0 }
      return QueueStatus(
        receiving: counts["receiving"] ?? 0, waiting: counts["waiting"] ?? 0,
        working: counts["working"] ?? 0, failed: counts["failed"] ?? 0, dead: counts["dead"] ?? 0,
        done: try number("SELECT count(*) FROM study WHERE step = 'done'"),
        scorings: try number("SELECT coalesce(sum(scorings), 0) FROM study"), studies: studies)
    }
  }

  private static func study(_ row: Row, _ now: Double) -> QueueStatus.Study {
    let step: String = row["step"]
    let isFailing = (row["failing"] as Double?) != nil
    let state =
      switch step {
      case "receive": "receiving"
      case "dead": "dead"
      default: row["working"] == 1 ? "working" : isFailing ? "failed" : "waiting"
      }
    let due: Double = row["due"]
    let changed: Double = row["changed"]
    return QueueStatus.Study(
      study: row["key"], state: state, step: row["died"] ?? step, images: row["images"],
      attempts: row["attempts"], seconds: max(0, Int(now - changed)),
      nextAttempt: state == "failed" ? max(0, Int((due - now).rounded(.up))) : nil,
      problem: row["problem"])
  }

  /// Gives studies that were given up another chance, all or those named by the beginnings of their keys.
  ///
  /// - Returns: How many.
  /// - Throws: `WorkflowError` for a beginning that no such study has.
  package func retry(_ keys: [String] = [], at time: Date = .now) throws -> Int {
    let now = time.timeIntervalSince1970
    return try write { db in
      let dead = try String.fetchAll(db, sql: "SELECT key FROM study WHERE step = 'dead'")
      for key in keys where !dead.contains(where: { $0.hasPrefix(key) }) || key.isEmpty {
        throw WorkflowError(
          .missing, "no study that was given up begins with \(key); cac listen status lists them")
      }
      let chosen = dead.filter { key in keys.isEmpty || keys.contains { key.hasPrefix($0) } }
      for key in chosen {
        try db.execute(
          sql: """
            UPDATE study SET step = died, died = NULL, attempts = 0, failing = NULL, problem = NULL,
              due = ?1, changed = ?1 WHERE key = ?2
            """, arguments: [now, key])
      }
      return chosen.count
    }
  }

  /// Removes studies, their images and results, whose work ended some seconds ago; returns their keys.
  ///
  /// The files are out of the study's folder before its rows are gone, and an object that arrives meanwhile
  /// waits for both.
  package func expire(after seconds: Double, at time: Date = .now) throws -> [String] {
    let before = time.timeIntervalSince1970 - seconds
    let condition = "step IN ('done', 'dead') AND changed <= ?1 AND received <= ?1"
    let isAny = try read {
      try Bool.fetchOne(
        $0, sql: "SELECT EXISTS (SELECT 1 FROM study WHERE \(condition))", arguments: [before])
    }
    guard isAny == true else { return [] }
    let keys = try write { db in
      let keys = try String.fetchAll(
        db, sql: "SELECT key FROM study WHERE \(condition) LIMIT 20", arguments: [before])
      for key in keys {
        try throwAway(key)
        try db.execute(sql: "DELETE FROM study WHERE key = ?", arguments: [key])
      }
      return keys
    }
    for name in try FileManager.default.contentsOfDirectory(atPath: folder.trash.path) {
      try? FileManager.default.removeItem(at: folder.trash.appendingPathComponent(name))
    }
    return keys
  }

  private func throwAway(_ key: String) throws {
    let manager = FileManager.default
    var old = [folder.study(key)]
    for name in try manager.contentsOfDirectory(atPath: folder.results.path)
    where name.hasPrefix("\(key)-") {
      old.append(folder.results.appendingPathComponent(name))
    }
    for url in old where manager.fileExists(atPath: url.path) {
      let name = "\(url.lastPathComponent)-\(UInt32.random(in: 0 ... .max))"
      try manager.moveItem(at: url, to: folder.trash.appendingPathComponent(name))
    }
  }
}
