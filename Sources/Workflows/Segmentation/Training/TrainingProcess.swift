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
/// Number 0 writes; each says in the folder by which they meet what went wrong, and the process that
/// started them (`TrainingProcesses`) tells it on.
package struct TrainingProcess: Sendable {
  /// Its number, from 0.
  let rank: Int
  /// How many there are.
  let count: Int
  /// Who started it; without that process it ends.
  let parent: Int32
  /// Where they meet.
  let folder: URL

  /// How long one waits for another, in seconds: longer than a checkpoint takes on a slow disk.
  private static let patience = 600.0

  init(rank: Int, count: Int, parent: Int32, folder: URL) {
    self.rank = rank
    self.count = count
    self.parent = parent
    self.folder = folder
  }

  /// A process as it is told on the command line: "rank/count/parent:folder".
  package init?(_ text: String) {
    guard let colon = text.firstIndex(of: ":") else { return nil }
    let numbers = text[..<colon].split(separator: "/").compactMap { Int32($0) }
    guard numbers.count == 3, numbers[0] >= 0, numbers[0] < numbers[1] else { return nil }
    self.init(
      rank: Int(numbers[0]), count: Int(numbers[1]), parent: numbers[2],
      folder: URL(fileURLWithPath: String(text[text.index(after: colon)...])))
  }

  /// How it is told on the command line.
  var text: String { "\(rank)/\(count)/\(parent):\(folder.path)" }

  /// Whether it has lost the process that started it, and with it the right to the fold's folder.
  var isOrphan: Bool { getppid() != parent }

  /// Comes together with the others.
  func join() throws -> ProcessGroup {
    try ProcessGroup(
      store: folder.appendingPathComponent("store"), rank: rank, size: count,
      timeout: Self.patience)
  }

  /// Whether an error only says that another process did not answer.
  static func isLoss(_ error: any Error) -> Bool {
    (error as? TorchError)?.code == .group
  }

  /// What a process leaves for the one that started it.
  enum Note: String {
    /// The result's sentence.
    case result
    /// What went wrong.
    case failure
    /// What went wrong with another process, as this one saw it.
    case loss
  }

  func leave(_ note: Note, _ sentence: String) {
    // Without this note the parent still knows that the process has failed.
    try? StagedFile.write(
      sentence, to: folder.appendingPathComponent("\(note.rawValue)-\(rank)"))
  }

  func note(_ note: Note) -> String? {
    try? String(
      contentsOf: folder.appendingPathComponent("\(note.rawValue)-\(rank)"), encoding: .utf8)
  }
}
