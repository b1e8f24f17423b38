// SPDX-License-Identifier: Apache-2.0
public import Foundation

#if canImport(Glibc)
  import Glibc
#elseif canImport(Musl)
  import Musl
#else
  import Darwin
#endif

/// Sole right to write into a folder, as long as this value lives.
///
/// The system gives the right back when the process ends, however it ends, so that nothing has to be
/// cleaned up after a crash. It binds only those who ask for it.
public final class FolderLock: Sendable {
  private let descriptor: Int32
  /// Whether the file system grants such rights; some network file systems do not.
  public let isHeld: Bool

  /// Takes the right for a folder that is there.
  ///
  /// - Throws: `FileError` where another process has it or the folder cannot be opened.
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

  /// Takes the right as soon as others give it back, which must be within a minute.
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

  /// Removes what an interrupted process left half-written in a folder below the one that is locked.
  ///
  /// Without the right nothing is removed, because the files may be another process's work.
  public func removeStaged(in folder: URL) throws {
    guard isHeld else { return }
    for name in try FileManager.default.contentsOfDirectory(atPath: folder.path)
    where name.hasPrefix(StagedFile.prefix) {
      try Folder.remove(folder.appendingPathComponent(name))
    }
  }

  deinit { close(descriptor) }
}
