// SPDX-License-Identifier: Apache-2.0
import Files
import Foundation
import Torch

#if canImport(Glibc)
  import Glibc
#elseif canImport(Musl)
  import Musl
#else
  import Darwin
#endif

/// One of several processes that train a fold together.
///
/// Only process 0 writes the training's files. Each process leaves a note about its end in the folder by
/// which they meet, which the process that started them (`TrainingProcesses`) reads.
package struct TrainingProcess: Sendable {
  /// The number of the process, from 0.
  let rank: Int
  /// The number of processes.
  let count: Int
  /// The process that started it, without which it stops.
  let parent: Int32
  /// The folder by which the processes meet.
  let folder: URL

  /// How long a process waits for another one, in seconds: longer than writing a checkpoint to a slow
  /// disk takes.
  private static let timeout = 600.0

  init(rank: Int, count: Int, parent: Int32, folder: URL) {
    self.rank = rank
    self.count = count
    self.parent = parent
    self.folder = folder
  }

  /// A process of the command line's text "rank/count/parent:folder".
  package init?(_ text: String) {
    guard let colon = text.firstIndex(of: ":") else { return nil }
    let numbers = text[..<colon].split(separator: "/").compactMap { Int32($0) }
    guard numbers.count == 3, numbers[0] >= 0, numbers[0] < numbers[1] else { return nil }
    self.init(
      rank: Int(numbers[0]), count: Int(numbers[1]), parent: numbers[2],
      folder: URL(fileURLWithPath: String(text[text.index(after: colon)...])))
  }

  /// The text of the process on the command line.
  var text: String { "\(rank)/\(count)/\(parent):\(folder.path)" }

  /// Whether the process that started it has ended, and with it the lock of the fold's folder.
  var isOrphan: Bool { getppid() != parent }

  /// Joins the group of the processes.
  func join() throws -> ProcessGroup {
    try ProcessGroup(
      store: folder.appendingPathComponent("store"), rank: rank, size: count,
      timeout: Self.timeout)
  }

  /// Whether an error only says that another process did not answer.
  static func isPeerFailure(_ error: any Error) -> Bool {
    (error as? TorchError)?.code == .group
  }

  /// The notes that a process leaves for the one that started it.
  enum Note: String {
    /// The sentence about the result.
    case result
    /// The error of this process.
    case failure
    /// The error of this process where another one did not answer.
    case peerFailure = "peer-failure"
  }

  /// Leaves a note.
  func leave(_ note: Note, _ sentence: String) {
    // Without the note the parent still sees that the process failed.
    try? StagedFile.write(
      sentence, to: folder.appendingPathComponent("\(note.rawValue)-\(rank)"))
  }

  /// Leaves a note about an error that nothing has said yet.
  package func leaveFailure(_ error: any Error) {
    guard note(.failure) == nil, note(.peerFailure) == nil else { return }
    leave(.failure, "\(error)")
  }

  /// The note of a kind that the process left; `nil` where there is none.
  func note(_ note: Note) -> String? {
    try? String(
      contentsOf: folder.appendingPathComponent("\(note.rawValue)-\(rank)"), encoding: .utf8)
  }
}
