// SPDX-License-Identifier: Apache-2.0
public import Foundation

#if canImport(Glibc)
  import Glibc
#elseif canImport(Musl)
  import Musl
#else
  import Darwin
#endif

/// The content of files.
public enum FileBytes {
  /// All bytes of a file.
  ///
  /// - Throws: `FileError` with the code `.missing` where there is no regular file, and `.denied`
  ///   where it cannot be read.
  public static func read(_ url: URL) throws -> Data {
    guard Folder.isFile(url) else {
      throw FileError(
        .missing, path: url.path,
        detail: Folder.isFolder(url) ? "is a folder, a file was expected" : "no such file")
    }
    do {
      guard !RawFileName.isEscaped(url.path) else { return try readRaw(url) }
      return try Data(contentsOf: url)
    } catch {
      throw FileError(.denied, path: url.path, detail: "cannot read: permission denied or broken")
    }
  }

  /// Reads a file whose path is not UTF-8, which Foundation cannot open.
  private static func readRaw(_ url: URL) throws -> Data {
    let descriptor = url.withSystemPath { open($0, O_RDONLY | O_CLOEXEC) }
    guard descriptor >= 0 else { throw FileError.system(errno, path: url.path, doing: "read") }
    return try FileHandle(fileDescriptor: descriptor, closeOnDealloc: true).readToEnd() ?? Data()
  }
}
