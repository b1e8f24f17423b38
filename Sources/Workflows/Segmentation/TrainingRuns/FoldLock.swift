// SPDX-License-Identifier: Apache-2.0
import Files
import Foundation
import Workflow

/// A lock of a folder, which only one run may train into, as long as this value lives.
///
/// Besides the system's lock a file names the process that holds it, for the messages of others. Where a
/// network file system grants no locks, that file alone is the lock.
final class FoldLock: Sendable {
  private struct Owner: Codable {
    var process: Int32
    var host: String
  }

  private let lock: FolderLock
  private let file: URL

  /// Makes and locks a folder.
  ///
  /// - Parameter subject: what is trained there, for messages.
  /// - Throws: `WorkflowError` where another run holds the lock.
  init(_ folder: URL, of subject: String = "this fold") throws {
    try Folder.create(folder)
    file = folder.appendingPathComponent(".training.json")
    let owner = try? JSONFile.read(Owner.self, from: file)
    let current = Owner(
      process: ProcessInfo.processInfo.processIdentifier, host: ProcessInfo.processInfo.hostName)
    do {
      lock = try FolderLock(folder)
    } catch let error as FileError where error.code == .busy {
      let who = owner.map { "process \($0.process) on \($0.host)" } ?? "another process"
      throw WorkflowError(
        .refused,
        "\(folder.path): \(who) is training \(subject); wait until it has ended, or stop it "
          + "with Ctrl-C, which saves its work")
    }
    if !lock.isHeld, let owner, owner.host != current.host || kill(owner.process, 0) == 0 {
      throw WorkflowError(
        .refused,
        "\(folder.path): process \(owner.process) on \(owner.host) seems to train \(subject), and "
          + "this file system grants no locks; if it has ended, remove \(file.path)")
    }
    try lock.removeStaged(in: folder)
    try JSONFile.write(current, to: file)
  }

  deinit { try? FileManager.default.removeItem(at: file) }
}
