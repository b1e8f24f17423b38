// SPDX-License-Identifier: Apache-2.0
public import Foundation

#if canImport(Glibc)
  import Glibc
#elseif canImport(Musl)
  import Musl
#else
  import Darwin
#endif

/// Writes files under a temporary name beside the final one and renames them, so that a file is either
/// complete or absent.
///
/// ```swift
/// try StagedFile.write("id,agatston\n", to: url)
/// ```
public enum StagedFile {
  /// The beginning of the names of unfinished files and folders.
  public static let prefix = ".staged-"

  /// A temporary name beside a file or folder, which keeps the endings of its name.
  static func temporary(beside url: URL) -> URL {
    url.deletingLastPathComponent().appendingPathComponent(
      "\(prefix)\(getpid())-\(UInt32.random(in: 0 ... .max))-\(url.lastPathComponent)")
  }

  /// Writes data to a temporary file beside `url`, flushes it to the disk and renames it.
  ///
  /// Missing folders of the path are made.
  ///
  /// - Throws: `FileError` with the system's reason; then the temporary file is removed and an earlier
  ///   file at `url` stays as it was.
  public static func write(_ data: Data, to url: URL) throws {
    try write(to: url) { staged in
      try data.withUnsafeBytes { try writeBytes([$0], to: staged) }
    }
  }

  /// Writes pieces of memory one after the other, in the same way as data.
  public static func write(_ pieces: [UnsafeRawBufferPointer], to url: URL) throws {
    try write(to: url) { staged in try writeBytes(pieces, to: staged) }
  }

  /// Gives a file a second name at `url`, as if it had been copied; false where the file system
  /// cannot.
  ///
  /// Files that are only ever replaced, never changed, can share their bytes like this.
  public static func link(_ file: URL, to url: URL) -> Bool {
    let staged = temporary(beside: url)
    guard systemLink(file.path, staged.path) == 0 else { return false }
    // Renaming one name of a file over another does nothing and leaves both.
    defer { unlink(staged.path) }
    return rename(staged.path, url.path) == 0
  }

  /// Writes UTF-8 text, in the same way as data.
  public static func write(_ text: String, to url: URL) throws {
    try write(Data(text.utf8), to: url)
  }

  /// Lets `body` make a file under a temporary name beside `url`, then gives it its name.
  ///
  /// The temporary name keeps the file's endings (`.nii.gz`), because some libraries choose the
  /// format by them.
  public static func write(to url: URL, using body: (URL) throws -> Void) throws {
    try InputFiles.requireOther(than: url)
    try Folder.create(url.deletingLastPathComponent())
    let staged = temporary(beside: url)
    do {
      try body(staged)
      guard rename(staged.path, url.path) == 0 else {
        throw FileError.system(errno, path: url.path, doing: "write")
      }
    } catch {
      unlink(staged.path)
      throw error
    }
  }

  /// Writes bytes to a new file and flushes them, with the system's reason on failure.
  private static func writeBytes(_ pieces: [UnsafeRawBufferPointer], to url: URL) throws {
    let descriptor = open(url.path, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0o644)
    guard descriptor >= 0 else {
      throw FileError.system(errno, path: url.deletingLastPathComponent().path, doing: "write here")
    }
    for bytes in pieces {
      var offset = 0
      while offset < bytes.count {
        let count = systemWrite(descriptor, UnsafeRawBufferPointer(rebasing: bytes[offset...]))
        if count < 0 {
          if errno == EINTR { continue }
          let reason = errno
          close(descriptor)
          throw FileError.system(reason, path: url.path, doing: "write")
        }
        offset += count
      }
    }
    // A full disk may show itself only here, when delayed allocation is resolved.
    guard close(descriptor) == 0 else {
      throw FileError.system(errno, path: url.path, doing: "write")
    }
  }
}

/// `write(2)`, named apart from the methods above.
private func systemWrite(_ descriptor: Int32, _ bytes: UnsafeRawBufferPointer) -> Int {
  write(descriptor, bytes.baseAddress, bytes.count)
}

/// `link(2)`, named apart from the method above.
private func systemLink(_ old: String, _ new: String) -> Int32 { link(old, new) }
