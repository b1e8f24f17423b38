// SPDX-License-Identifier: Apache-2.0
public import Foundation

#if canImport(Glibc)
  import Glibc
#elseif canImport(Musl)
  import Musl
#else
  import Darwin
#endif

/// A lock on a folder, held as long as this value lives: only one process at a time writes there.
///
/// ```swift
/// let lock = try FolderLock(folder)
/// defer { withExtendedLifetime(lock) {} }
/// ```
///
/// The system releases the lock when the process ends, however it ends, so that nothing has to be
/// cleaned up after a crash. The lock is advisory: it keeps out only processes that ask for it, too.
public final class FolderLock: Sendable {
  private let descriptor: Int32
  /// Whether the lock is held; some network file systems do not support locks.
  public let isHeld: Bool

  /// Locks a folder that exists.
  ///
  /// - Throws: `FileError` with the code `.busy` where another process holds the lock, or with the
  ///   system's reason where the folder cannot be opened.
  public init(_ folder: URL) throws {
    let opened = open(folder.path, O_RDONLY | O_CLOEXEC)
    guard opened >= 0 else {
      throw FileError.system(errno, path: folder.path, doing: "open this folder")
    }
    let result = flock(opened, LOCK_EX | LOCK_NB)
    guard result == 0 || errno != EWOULDBLOCK else {
      close(opened)
      throw FileError(
        .busy, path: folder.path,
        detail: "another process is writing here; wait until it has ended, or name another folder")
    }
    descriptor = opened
    isHeld = result == 0
  }

  /// Locks a folder as soon as other processes have released it; gives up after a minute.
  public static func waiting(for folder: URL) throws -> FolderLock {
    for _ in 0..<600 {
      do {
        return try FolderLock(folder)
      } catch let error as FileError where error.code == .busy {
        usleep(100_000)
      }
    }
    return try FolderLock(folder)
  }

  /// Removes the unfinished files of an interrupted process from a folder below the locked one.
  ///
  /// Where the lock is not held nothing is removed, because another process may be writing the files.
  public func removeStaged(in folder: URL) throws {
    guard isHeld else { return }
    for name in try FileManager.default.contentsOfDirectory(atPath: folder.path)
    where name.hasPrefix(StagedFile.prefix) {
      try Folder.remove(folder.appendingPathComponent(name))
    }
  }

  deinit {
    // A child that is being started has a copy of the descriptor until it runs its program; closing
    // alone would leave the lock with it.
    _ = flock(descriptor, LOCK_UN)
    close(descriptor)
  }
}
