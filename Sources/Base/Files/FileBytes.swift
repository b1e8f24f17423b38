// SPDX-License-Identifier: Apache-2.0
public import Foundation

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
      return try Data(contentsOf: url)
    } catch {
      throw FileError(.denied, path: url.path, detail: "cannot read: permission denied or broken")
    }
  }
}
