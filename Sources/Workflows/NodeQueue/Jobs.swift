// SPDX-License-Identifier: Apache-2.0
package import Foundation
import GRDB

/// A step of a study that someone works on.
package struct StudyJob: Sendable, Hashable {
  let id: Int64
  /// How the study is called.
  package let key: String
  /// What is to be done: `score` or `send`.
  package let step: StudyStep
  /// The state of its images that it is about.
  package let revision: Int
  /// The number of this attempt, from 1.
  package let attempt: Int
}

/// How often a step is tried, and when again.
package struct RetryRule: Sendable, Hashable {
  /// Seconds to the second attempt; each further pause is twice the one before, up to an hour.
  package var pause: Double
  /// Attempts after which the step is given up.
  package var attempts: Int
  /// Seconds from the first failure on in which a peer that cannot be reached is tried without counting.
  package var patience: Double

  /// The usual rule: 10 seconds, 8 attempts, three days.
  package init(pause: Double = 10, attempts: Int = 8, patience: Double = 259_200) {
    self.pause = pause
    self.attempts = attempts
    self.patience = patience
  }

  /// Seconds after an attempt, by its number from 1.
  package func delay(after attempt: Int) -> Double {
    min(pause * pow(2, Double(min(attempt, 30) - 1)), max(3600, pause))
  }
}

/// Why a step failed.
package enum StepFailure: Sendable, Hashable {
  /// It may do next time; attempts are counted.
  case fault(String)
  /// The other side cannot be reached; only time is counted.
  case unreachable(String)
  /// It will not do next time either.
  case final(String)

  /// The sentence.
  package var sentence: String {
    switch self {
    case .fault(let text), .unreachable(let text), .final(let text): text
    }
  }
}

extension StudyQueue {
  /// Takes the next study that waits for a step and is due; `nil` where there is none.
  ///
  /// The attempt counts from here on, so that a study which ends the program each time is given up, too.
  package func claim(
    _ step: StudyStep, rule: RetryRule = RetryRule(), at time: Date = .now
  ) throws -> StudyJob? {
    let now = time.timeIntervalSince1970
    let select = """
      SELECT id, key, revision, attempts FROM study WHERE step = ? AND working = 0 AND due <= ?
      ORDER BY due, id LIMIT 1
      """
    let isAny = try read {
      try Row.fetchOne($0, sql: select, arguments: [step.rawValue, now]) != nil
    }
    guard isAny else { return nil }
    return try write { db in
      while let row = try Row.fetchOne(db, sql: select, arguments: [step.rawValue, now]) {
        let (id, attempts): (Int64, Int) = (row["id"], row["attempts"])
        // A peer that cannot be reached for long uses up attempts without being at fault.
        if step == .score, attempts >= rule.attempts {
          try bury(
            id, step, "the program ended \(attempts) times while it was scored", now, in: db)
          continue
        }
        try db.execute(
          sql: "UPDATE study SET working = 1, attempts = attempts + 1, changed = ? WHERE id = ?",
          arguments: [now, id])
        return StudyJob(
          id: id, key: row["key"], step: step, revision: row["revision"], attempt: attempts + 1)
      }
      return nil
    }
  }

  /// Notes that a job is done; false where new images came meanwhile, so that it is not.
  @discardableResult
  package func finish(_ job: StudyJob, next: StudyStep, at time: Date = .now) throws -> Bool {
    let now = time.timeIntervalSince1970
    return try write { db in
      try db.execute(
        sql: """
          UPDATE study SET step = ?1, working = 0, attempts = 0, failing = NULL, problem = NULL, due = ?2,
            changed = ?2, scorings = scorings + ?3
          WHERE id = ?4 AND step = ?5 AND revision = ?6 AND working = 1
          """,
        arguments: [
          next.rawValue, now, job.step == .score ? 1 : 0, job.id, job.step.rawValue, job.revision,
        ])
      return db.changesCount == 1
    }
  }

  /// Notes that a job failed: it is tried again later, or given up.
  ///
  /// - Returns: Seconds to the next attempt; `nil` where it was given up, or new images came meanwhile.
  @discardableResult
  package func fail(
    _ job: StudyJob, _ failure: StepFailure, rule: RetryRule, at time: Date = .now
  ) throws -> Double? {
    let now = time.timeIntervalSince1970
    return try write { db in
      guard
        let row = try Row.fetchOne(
          db,
          sql: """
            SELECT failing FROM study WHERE id = ? AND step = ? AND revision = ? AND working = 1
            """, arguments: [job.id, job.step.rawValue, job.revision])
      else { return nil }
      let since: Double = row["failing"] ?? now
      let isOver =
        switch failure {
        case .final: true
        case .fault: job.attempt >= rule.attempts
        case .unreachable: now - since >= rule.patience
        }
      guard !isOver else {
        try bury(job.id, job.step, failure.sentence, now, in: db)
        return nil
      }
      let delay = rule.delay(after: job.attempt)
      try db.execute(
        sql: """
          UPDATE study SET working = 0, failing = ?, due = ?, changed = ?, problem = ? WHERE id = ?
          """, arguments: [since, now + delay, now, failure.sentence, job.id])
      return delay
    }
  }

  /// Puts back a job that was not begun or broken off by this program's own end; it is no attempt.
  package func putBack(_ job: StudyJob) throws {
    try write {
      try $0.execute(
        sql: """
          UPDATE study SET working = 0, attempts = max(0, attempts - 1)
          WHERE id = ? AND step = ? AND revision = ? AND working = 1
          """, arguments: [job.id, job.step.rawValue, job.revision])
    }
  }

  /// Forgets who worked on what; for whoever holds the folder's lock, before anything works.
  ///
  /// Studies that were arriving wait anew: nobody could send while no program was there.
  package func recover(at time: Date = .now) throws {
    try write {
      try $0.execute(sql: "UPDATE study SET working = 0 WHERE working = 1")
      try $0.execute(
        sql: "UPDATE study SET received = ? WHERE step = 'receive'",
        arguments: [time.timeIntervalSince1970])
    }
  }

  /// Gives the studies back that wait for a step and are marked as worked on; for the only worker of that step,
  /// when it could not note how its work ended.
  package func release(_ step: StudyStep) throws {
    try write {
      try $0.execute(
        sql: "UPDATE study SET working = 0 WHERE working = 1 AND step = ?",
        arguments: [step.rawValue])
    }
  }

  private func bury(
    _ id: Int64, _ step: StudyStep, _ problem: String, _ now: Double, in db: Database
  ) throws {
    try db.execute(
      sql: """
        UPDATE study SET step = 'dead', died = ?, working = 0, changed = ?, problem = ? WHERE id = ?
        """, arguments: [step.rawValue, now, problem, id])
  }
}
