// SPDX-License-Identifier: Apache-2.0
import CProcess
import Files
import Foundation
import NodeQueue
import Workflow

#if canImport(Glibc)
  import Glibc
#elseif canImport(Musl)
  import Musl
#else
  import Darwin
#endif

/// Scores studies: by `cac dicom` in a process of its own, whose memory and faults end with it.
struct Scorer: Sendable {
  /// The first word of the arguments of the process that becomes `cac`.
  static let word = "--score"

  let queue: StudyQueue
  let rule: RetryRule
  let next: StudyStep
  let model: String?
  let further: [String]
  let cac: URL

  /// The hours after which a scoring is ended that does not end.
  private static let longest = 2.0

  /// Becomes `cac`, once it is sure to end with the program that started it.
  static func run(_ arguments: [String]) -> Never {
    guard arguments.count >= 3, let parent = Int32(arguments[1]) else { exit(2) }
    cprocess_confine(parent, 0)
    var words: [UnsafeMutablePointer<CChar>?] = arguments.dropFirst(2).map { strdup($0) }
    words.append(nil)
    execv(arguments[2], words)
    Log.say("cac: \(arguments[2]): cannot be run (\(String(cString: strerror(errno))))")
    exit(1)
  }

  /// Scores the next study that waits; false where there is none.
  func step() throws -> Bool {
    guard let job = try queue.claim(.score, rule: rule) else { return false }
    let result = queue.folder.result(job.key, revision: job.revision)
    let start = Date.now
    // The result may be there: made before the program was ended, and not noted.
    if !Folder.isFolder(result) {
      if let failure = try make(result, job) {
        return try fail(job, failure)
      }
      // Asked to end: the study waits for the next start.
      guard Folder.isFolder(result) else {
        try queue.putBack(job)
        return true
      }
    }
    let seconds = Int(Date.now.timeIntervalSince(start).rounded())
    if try queue.finish(job, next: next) {
      Log.say("study \(job.key): scored in \(seconds) s")
    } else {
      Log.say("study \(job.key): new images came while it was scored; the result is not used")
      try Folder.remove(result)
    }
    return true
  }

  private func fail(_ job: StudyJob, _ failure: StepFailure) throws -> Bool {
    let delay = try queue.fail(job, failure, rule: rule)
    Log.say(
      "study \(job.key): \(failure.sentence); "
        + (delay.map { "tried again in \(Int($0)) s" } ?? "given up"))
    return true
  }

  /// Makes a result; the reason where it cannot be made, `nil` where it is there or this program ends.
  private func make(_ result: URL, _ job: StudyJob) throws -> StepFailure? {
    let folder = queue.folder
    let staged = folder.results.appendingPathComponent("\(StagedFile.prefix)\(job.key)")
    let errors = folder.results.appendingPathComponent("\(StagedFile.prefix)\(job.key).log")
    defer {
      try? Folder.remove(staged)
      try? Folder.remove(errors)
    }
    try Folder.remove(staged)
    var arguments = [
      Self.word, "\(getpid())", cac.path, "dicom", folder.study(job.key).path, "-o", staged.path,
      "--stable-uids",
    ]
    if let model { arguments += ["--model", model] }
    let child = try Child.start(arguments + further, errors: errors)
    guard let end = wait(for: child) else { return nil }
    if case .exit(0) = end {
      do {
        try NodeFolder.synchroniseFiles(in: staged)
        try Folder.move(staged, to: result)
        try NodeFolder.synchronise(folder.results)
        return nil
      } catch { return .fault("\(error)") }
    }
    return .fault(Self.reason(end, errors))
  }

  /// How the process ended; `nil` where this program was asked to end, and ended it.
  private func wait(for child: Child) -> Child.End? {
    let limit = Date.now.addingTimeInterval(Self.longest * 3600)
    while true {
      if let end = child.end() { return end }
      if StopSignal.isAsked || Date.now > limit {
        child.send(SIGKILL)
        while child.end() == nil { usleep(10_000) }
        return StopSignal.isAsked ? nil : .signal(SIGKILL)
      }
      usleep(20_000)
    }
  }

  /// The last line that it complained with.
  private static func reason(_ end: Child.End, _ errors: URL) -> String {
    if case .signal(let number) = end {
      return "the scoring was ended by signal \(number) (memory?)"
    }
    let text = (try? String(contentsOf: errors, encoding: .utf8)) ?? ""
    let line = text.split(whereSeparator: \.isNewline).last { $0.hasPrefix("cac: ") }
    let sentence = line.map { String($0.dropFirst(5).prefix(500)) } ?? "cac dicom failed"
    return Log.withoutIdentifiers(sentence)
  }
}
