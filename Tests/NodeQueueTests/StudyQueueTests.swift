// SPDX-License-Identifier: Apache-2.0
import Foundation
import GRDB
import TestSupport
import Testing
import Workflow

@testable import NodeQueue

@Suite struct StudyQueueTests {
  private let temporary: TemporaryFolder
  private let node: NodeFolder
  private let start = Date(timeIntervalSince1970: 1_700_000_000)
  private static let study = "1.2.840.99.7"

  init() throws {
    temporary = try TemporaryFolder()
    node = NodeFolder(temporary.file("node"))
    try node.create()
  }

  private func time(_ seconds: Double) -> Date { start.addingTimeInterval(seconds) }

  /// An object as a receiving process leaves it: a file in the folder of what arrives.
  @discardableResult
  private func arrive(
    _ instance: String, content: String = "voxels", header: String = "head", image: Bool = true,
    study: String = Self.study, at seconds: Double = 0, in queue: StudyQueue
  ) throws -> StudyQueue.Novelty {
    let file = node.incoming.appendingPathComponent("\(UUID().uuidString).dcm")
    try Data((header + content).utf8).write(to: file)
    return try queue.keep(
      StudyQueue.Arrival(
        file: file, study: study, instance: instance, isImage: image, offset: header.utf8.count),
      at: time(seconds))
  }

  /// A study of two images that waits for its score.
  private func complete() throws -> StudyQueue {
    let queue = try StudyQueue(node)
    try arrive("1", in: queue)
    try arrive("2", in: queue)
    #expect(try queue.complete(quiet: 5, at: time(6)).map(\.images) == [2])
    return queue
  }

  private func state(_ queue: StudyQueue, at seconds: Double = 10) throws -> String? {
    try queue.status(at: time(seconds)).studies.first?.state
  }

  @Test func `a study goes from its first image to its end, each step once`() throws {
    let queue = try complete()
    let key = NodeFolder.key(Self.study)
    let score = try #require(try queue.claim(.score, at: time(7)))
    #expect(score.key == key && score.attempt == 1)
    #expect(try queue.claim(.score, at: time(8)) == nil)
    #expect(try state(queue) == "working")
    #expect(try queue.finish(score, next: .send, at: time(9)))
    #expect(try queue.claim(.score, at: time(9)) == nil)
    let send = try #require(try queue.claim(.send, at: time(9)))
    #expect(try queue.finish(send, next: .done, at: time(9)))
    let status = try queue.status(at: time(10))
    #expect(status.done == 1 && status.scorings == 1 && status.studies.isEmpty)
    // A job that is done cannot be done again.
    #expect(try !queue.finish(score, next: .send, at: time(11)))
    #expect(try queue.status(at: time(11)).scorings == 1)
  }

  @Test
  func `a study waits as long as images come, and objects that are no images do not restart it`()
    throws
  {
    let queue = try StudyQueue(node)
    try arrive("1", at: 0, in: queue)
    try arrive("2", at: 4, in: queue)
    #expect(try queue.complete(quiet: 5, at: time(8)).isEmpty)
    #expect(try queue.complete(quiet: 5, at: time(9)).count == 1)
    let score = try #require(try queue.claim(.score, at: time(9)))
    try arrive("report", image: false, at: 10, in: queue)
    #expect(try queue.finish(score, next: .done, at: time(11)))
  }

  @Test func `what was kept is there with its file when the queue is opened again`() throws {
    let queue = try StudyQueue(node)
    #expect(try arrive("1", in: queue) == .new)
    let file = node.object("1", of: NodeFolder.key(Self.study))
    #expect(try String(contentsOf: file, encoding: .utf8) == "headvoxels")
    #expect(try FileManager.default.contentsOfDirectory(atPath: node.incoming.path).isEmpty)
    let again = try StudyQueue(node)
    #expect(try again.status(at: time(1)).receiving == 1)
    #expect(try again.complete(quiet: 5, at: time(6)).map(\.images) == [1])
  }

  @Test func `the same image again changes nothing, whatever header its sender gives the file`()
    throws
  {
    let queue = try complete()
    let score = try #require(try queue.claim(.score, at: time(7)))
    #expect(try arrive("2", header: "another head", at: 8, in: queue) == .known)
    #expect(try FileManager.default.contentsOfDirectory(atPath: node.incoming.path).isEmpty)
    #expect(try queue.finish(score, next: .done, at: time(9)))
    try arrive("1", at: 20, in: queue)
    #expect(try queue.complete(quiet: 5, at: time(100)).isEmpty)
    #expect(try queue.claim(.score, at: time(100)) == nil)
  }

  @Test(arguments: [("3", "voxels"), ("2", "other voxels")])
  func `an image that is new or other takes the study back, and the score at hand is not used`(
    instance: String, content: String
  ) throws {
    let queue = try complete()
    let score = try #require(try queue.claim(.score, at: time(7)))
    #expect(try arrive(instance, content: content, at: 8, in: queue) == .new)
    #expect(try !queue.finish(score, next: .send, at: time(9)))
    #expect(try queue.fail(score, .fault("x"), rule: RetryRule(), at: time(9)) == nil)
    #expect(try state(queue) == "receiving")
    #expect(try queue.complete(quiet: 5, at: time(14)).count == 1)
    let second = try #require(try queue.claim(.score, at: time(14)))
    #expect(second.revision == score.revision + 1 && second.attempt == 1)
  }

  @Test func `an image whose file is gone is kept anew`() throws {
    let queue = try complete()
    try FileManager.default.removeItem(at: node.object("2", of: NodeFolder.key(Self.study)))
    #expect(try arrive("2", in: queue) == .new)
  }

  @Test func `a program that was killed between steps takes up what it had begun`() throws {
    var queue = try complete()
    let score = try #require(try queue.claim(.score, at: time(7)))
    // Killed while it scores.
    queue = try StudyQueue(node)
    #expect(try queue.claim(.score, at: time(8)) == nil)
    try queue.recover()
    let again = try #require(try queue.claim(.score, at: time(8)))
    #expect(again.revision == score.revision && again.attempt == 2)
    #expect(try queue.finish(again, next: .send, at: time(9)))
    // Killed while it sends.
    _ = try queue.claim(.send, at: time(9))
    queue = try StudyQueue(node)
    try queue.recover()
    let send = try #require(try queue.claim(.send, at: time(10)))
    #expect(try queue.finish(send, next: .done, at: time(10)))
    #expect(try queue.status(at: time(10)).scorings == 1)
  }

  @Test func `a study whose sender could not reach the node is not complete when it starts again`()
    throws
  {
    let queue = try StudyQueue(node)
    try arrive("1", in: queue)
    try queue.recover(at: time(1000))
    #expect(try queue.complete(quiet: 5, at: time(1004)).isEmpty)
    #expect(try queue.complete(quiet: 5, at: time(1005)).count == 1)
  }

  @Test func `a study that ends the program each time is given up`() throws {
    let queue = try complete()
    let rule = RetryRule(attempts: 3)
    for attempt in 1...3 {
      #expect(try queue.claim(.score, rule: rule, at: time(7))?.attempt == attempt)
      try queue.recover()
    }
    #expect(try queue.claim(.score, rule: rule, at: time(7)) == nil)
    let status = try queue.status(at: time(8))
    #expect(status.dead == 1 && status.studies[0].problem?.contains("3 times") == true)
  }

  @Test func `a worker that could not note its end gives its own step's studies back`() throws {
    let queue = try complete()
    _ = try queue.claim(.score, at: time(7))
    try queue.release(.send)
    #expect(try queue.claim(.score, at: time(8)) == nil)
    try queue.release(.score)
    #expect(try queue.claim(.score, at: time(8))?.attempt == 2)
  }

  @Test func `a job that was put back is no attempt`() throws {
    let queue = try complete()
    for _ in 0..<20 {
      try queue.putBack(try #require(try queue.claim(.score, at: time(7))))
    }
    #expect(try queue.claim(.score, at: time(7))?.attempt == 1)
  }

  @Test func `pauses double up to an hour`() {
    let rule = RetryRule(pause: 10)
    #expect([1, 2, 3, 4].map(rule.delay) == [10, 20, 40, 80])
    #expect(rule.delay(after: 9) == 2560 && rule.delay(after: 10) == 3600)
    #expect(rule.delay(after: 1_000_000) == 3600)
  }

  @Test func `a fault is tried again after a pause, and given up after so many attempts`() throws {
    let queue = try complete()
    let rule = RetryRule(pause: 10, attempts: 2)
    let first = try #require(try queue.claim(.score, rule: rule, at: time(10)))
    #expect(try queue.fail(first, .fault("no room"), rule: rule, at: time(10)) == 10)
    let study = try #require(try queue.status(at: time(12)).studies.first)
    #expect(study.state == "failed" && study.nextAttempt == 8 && study.problem == "no room")
    #expect(try queue.claim(.score, rule: rule, at: time(19)) == nil)
    let second = try #require(try queue.claim(.score, rule: rule, at: time(20)))
    #expect(try queue.fail(second, .fault("no room"), rule: rule, at: time(21)) == nil)
    #expect(try state(queue, at: 22) == "dead")
    #expect(try queue.claim(.score, rule: rule, at: time(10_000)) == nil)
  }

  @Test func `a peer that is down is tried for days, without counting attempts`() throws {
    let queue = try complete()
    let rule = RetryRule(pause: 10, attempts: 2, patience: 100_000)
    let score = try #require(try queue.claim(.score, at: time(7)))
    try queue.finish(score, next: .send, at: time(7))
    var (now, attempts) = (7.0, 0)
    while let job = try queue.claim(.send, rule: rule, at: time(now)) {
      attempts += 1
      guard let delay = try queue.fail(job, .unreachable("down"), rule: rule, at: time(now)) else {
        break
      }
      now += delay
    }
    #expect(attempts > 20 && now >= 100_000)
    #expect(try state(queue, at: now) == "dead")
  }

  @Test func `a failure that will stay is final at once`() throws {
    let queue = try complete()
    let score = try #require(try queue.claim(.score, at: time(7)))
    #expect(try queue.fail(score, .final("no scan"), rule: RetryRule(), at: time(7)) == nil)
    #expect(try queue.status(at: time(8)).dead == 1)
  }

  @Test func `what was given up gets another chance at the step where it failed`() throws {
    let queue = try complete()
    let score = try #require(try queue.claim(.score, at: time(7)))
    try queue.finish(score, next: .send, at: time(7))
    let send = try #require(try queue.claim(.send, at: time(7)))
    try queue.fail(send, .final("refused"), rule: RetryRule(), at: time(7))
    #expect(throws: WorkflowError.self) { try queue.retry(["zz"]) }
    #expect(throws: WorkflowError.self) { try queue.retry([""]) }
    #expect(try queue.retry([String(score.key.prefix(4))], at: time(8)) == 1)
    #expect(try queue.retry(at: time(8)) == 0)
    let again = try #require(try queue.claim(.send, at: time(8)))
    #expect(again.attempt == 1 && again.revision == score.revision)
  }

  @Test func `a study without an image is done and says why`() throws {
    let queue = try StudyQueue(node)
    try arrive("report", image: false, in: queue)
    #expect(try queue.complete(quiet: 5, at: time(6)).map(\.images) == [0])
    #expect(try queue.claim(.score, at: time(7)) == nil)
    #expect(try queue.status(at: time(7)).done == 1)
    // Its images may come later.
    try arrive("1", at: 20, in: queue)
    #expect(try queue.complete(quiet: 5, at: time(26)).count == 1)
    #expect(try queue.claim(.score, at: time(26)) != nil)
  }

  @Test func `studies are removed with their files, and only when nothing came for long`() throws {
    let queue = try complete()
    let key = NodeFolder.key(Self.study)
    #expect(try queue.expire(after: 10, at: time(1000)).isEmpty)
    let score = try #require(try queue.claim(.score, at: time(7)))
    let result = node.result(key, revision: score.revision)
    try FileManager.default.createDirectory(at: result, withIntermediateDirectories: true)
    try queue.finish(score, next: .done, at: time(8))
    #expect(try queue.expire(after: 10, at: time(17)).isEmpty)
    try arrive("1", at: 17, in: queue)
    #expect(try queue.expire(after: 10, at: time(26)).isEmpty)
    #expect(try queue.expire(after: 10, at: time(27)) == [key])
    for folder in [node.studies, node.results, node.trash] {
      #expect(try FileManager.default.contentsOfDirectory(atPath: folder.path).isEmpty)
    }
    #expect(try queue.status(at: time(28)).done == 0)
    #expect(try arrive("1", at: 30, in: queue) == .new)
  }

  @Test func `many processes keep objects at once, and none is lost`() async throws {
    let node = node
    try await withThrowingTaskGroup(of: Void.self) { group in
      for sender in 0..<8 {
        group.addTask {
          // A connection of its own, as each association has.
          let queue = try StudyQueue(node)
          for number in 0..<12 {
            let file = node.incoming.appendingPathComponent("\(sender)-\(number).dcm")
            try Data("x\(sender).\(number)".utf8).write(to: file)
            _ = try queue.keep(
              .init(
                file: file, study: "1.\(number % 4)", instance: "\(sender).\(number)",
                isImage: true, offset: 1))
          }
        }
      }
      try await group.waitForAll()
    }
    let done = try StudyQueue(node).complete(quiet: 5, at: .now.addingTimeInterval(60))
    #expect(done.count == 4 && done.allSatisfy { $0.images == 24 })
  }

  @Test func `paths and status tell no identifier, and others may not look`() throws {
    let queue = try complete()
    let status = String(decoding: try JSONEncoder().encode(queue.status()), as: UTF8.self)
    #expect(!status.contains(Self.study))
    let paths = try FileManager.default.subpathsOfDirectory(atPath: node.url.path)
    #expect(!paths.contains { $0.contains(Self.study) })
    let rights = try FileManager.default.attributesOfItem(atPath: node.url.path)
    #expect(rights[.posixPermissions] as? Int == 0o700)
  }

  @Test func `the table of the status names what failed, and ends after 20 lines`() throws {
    let queue = try StudyQueue(node)
    for number in 0..<25 { try arrive("1", study: "1.\(number)", in: queue) }
    _ = try queue.complete(quiet: 5, at: time(6))
    let job = try #require(try queue.claim(.score, at: time(6)))
    try queue.fail(job, .fault("no room"), rule: RetryRule(), at: time(5))
    let text = try queue.status(at: time(7)).text
    #expect(text.hasPrefix("0 receiving, 24 waiting, 0 working, 1 failed, 0 dead, 0 done"))
    #expect(text.contains("\(job.key): no room") && text.contains("… and 5 more"))
  }

  @Test func `another database, a newer queue and no database are refused with a sentence`() throws
  {
    let path = node.queue.path
    var database: DatabaseQueue? = try DatabaseQueue(path: path)
    try database?.write { try $0.execute(sql: "CREATE TABLE x (y)") }
    database = nil
    #expect(throws: WorkflowError.self) { try StudyQueue(node) }
    try FileManager.default.removeItem(atPath: path)
    _ = try StudyQueue(node)
    database = try DatabaseQueue(path: path)
    try database?.write { try $0.execute(sql: "PRAGMA user_version = 99") }
    database = nil
    #expect(throws: WorkflowError.self) { try StudyQueue(node) }
    for name in ["", "-wal", "-shm"] { try? FileManager.default.removeItem(atPath: path + name) }
    try Data(repeating: 7, count: 5000).write(to: node.queue)
    #expect(throws: WorkflowError.self) { try StudyQueue(node) }
  }
}
